//! Stages 9 and 11, second half: a component changes the mapped request, and the mapped answer.

use super::asked::{Shown, ask};
use super::body::Collected;
use super::deliver;
use crate::exchange::{Exchange, Refusal};
use crate::generation::Attached;
use crate::guard::Guarded;
use bytes::Bytes;
use edgewit_mapping::query;
use edgewit_plugin::{Change, PluginResponse, RequestChanges, RequestOutcome, ResponseChanges};
use http::{HeaderMap, HeaderName, HeaderValue};
use pingora_http::{RequestHeader, ResponseHeader};
use std::borrow::Cow;
use std::sync::Arc;

/// What the gateway says in its own name.
const GATEWAY_HEADERS: [&str; 4] =
    ["x-amzn-apigateway-api-id", "x-amzn-trace-id", "expect", "http2-settings"];

/// What a transform makes of a request.
pub(super) enum Outcome {
    /// The integration is asked.
    Forward(RequestChanges),
    /// The client has its answer.
    Answer(Box<ResponseHeader>, Bytes),
}

/// Asks what to change of the request. Where the answer comes `at_once`, the instance waits for it.
///
/// # Errors
/// 413 for a body that is larger than what the transform may see, 500 when it fails.
pub(super) async fn request(
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    body: &Collected,
    at_once: bool,
) -> Result<Outcome, Refusal> {
    let body = body.seen(attached.entry.request_body).map_err(|most| Refusal::too_large(most as u64))?;
    let shown = Shown { body, ..Shown::default() };
    let called =
        ask(&attached.entry, &attached.breaker, header, exchange, shown, |plugin, request| async move {
            if at_once {
                let (outcome, waiting) = plugin.rewrite_request_and_wait(request).await?;
                return Ok((outcome, Some(Box::new(waiting))));
            }
            Ok((plugin.rewrite_request(request).await?, None))
        });
    match called.await? {
        Guarded::Answered((RequestOutcome::Forward(mut changes), waiting)) => {
            exchange.waiting = waiting;
            exchange.handed_on = changes.hand_on.take();
            Ok(Outcome::Forward(changes))
        }
        Guarded::Answered((RequestOutcome::Respond(answer), _)) => {
            let (header, body) = deliver::of_plugin(answer)?;
            Ok(Outcome::Answer(header, body))
        }
        Guarded::PassedOver => Ok(Outcome::Forward(RequestChanges::default())),
        Guarded::Failed(error) => Err(failed(exchange, error.as_ref())),
    }
}

/// Asks what to change of a whole answer, and changes it.
///
/// # Errors
/// As [`opening`].
pub(super) async fn response(
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    response: Box<ResponseHeader>,
    body: Bytes,
) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
    let (response, replaced) = opening(attached, header, exchange, response, &body, true).await?;
    Ok((response, replaced.unwrap_or(body)))
}

/// Asks what to change of an answer whose body begins with `bytes`, or is that where it is `whole`. The head is changed,
/// and comes with the body that the answer is to have in place of its own.
///
/// # Errors
/// 500 when the transform fails, or may not see as much as the answer has.
pub(super) async fn opening(
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    response: Box<ResponseHeader>,
    bytes: &Bytes,
    whole: bool,
) -> Result<(Box<ResponseHeader>, Option<Bytes>), Refusal> {
    let seen = attached.entry.response_body.seen(bytes, whole).map_err(|_| Refusal::internal())?;
    let answer = Arc::new(Answer { header: response, body: seen });
    let mut waiting = exchange.waiting.take();
    let called =
        ask(&attached.entry, &attached.breaker, header, exchange, Shown::default(), |plugin, request| {
            let answer = Arc::clone(&answer) as Arc<dyn PluginResponse>;
            let waiting = waiting.take().map(|waiting| *waiting);
            async move { plugin.rewrite_response(waiting, request, answer).await }
        });
    let called = called.await?;
    let Ok(answer) = Arc::try_unwrap(answer) else { return Err(Refusal::internal()) };
    match called {
        Guarded::Answered(changes) => changed(answer.header, changes, exchange.template.is_none()),
        Guarded::PassedOver => Ok((answer.header, None)),
        Guarded::Failed(error) => Err(failed(exchange, error.as_ref())),
    }
}

/// Changes the head of an answer that Pingora relays.
///
/// # Errors
/// As [`opening`], and for a transform that has another body for what passes byte by byte; the exchange keeps what the
/// client gets.
pub(super) async fn relayed(
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    response: &mut ResponseHeader,
) -> pingora_error::Result<()> {
    let Some(stage) = exchange.stage().map(Arc::clone) else { return Ok(()) };
    let route = exchange.found.and_then(|found| stage.routes.get(found.route));
    let Some(attached) = route.and_then(|route| route.transform.as_ref()) else { return Ok(()) };
    let answer = Box::new(response.clone());
    let refusal = match Box::pin(opening(attached, header, exchange, answer, &Bytes::new(), false)).await {
        Ok((changed, None)) => {
            *response = *changed;
            return Ok(());
        }
        Ok((_, Some(_))) => no_other_body(exchange),
        Err(refusal) => refusal,
    };
    exchange.refusal = Some(refusal);
    pingora_error::Error::e_explain(pingora_error::ErrorType::InternalError, "a transform failed")
}

/// A WebSocket and a gRPC call have no body that another could stand for.
pub(super) fn no_other_body(exchange: &mut Exchange) -> Refusal {
    exchange.integration.error = Some("transform: another body for what passes byte by byte".into());
    Refusal::internal()
}

fn failed(exchange: &mut Exchange, error: Option<&edgewit_plugin::PluginError>) -> Refusal {
    let why = error.map_or_else(|| "the transform's breaker is open".to_owned(), ToString::to_string);
    exchange.integration.error = Some(format!("transform: {why}").into());
    match error {
        Some(edgewit_plugin::PluginError::PoolExhausted { .. }) => Refusal::busy(),
        _ => Refusal::internal(),
    }
}

fn changed(
    mut header: Box<ResponseHeader>,
    changes: ResponseChanges,
    passed_on: bool,
) -> Result<(Box<ResponseHeader>, Option<Bytes>), Refusal> {
    if let Some(status) = changes.status {
        header.set_status(status).map_err(|_| Refusal::internal())?;
    }
    super::names::edit(&mut header, |headers| {
        if passed_on && changes.body.is_some() {
            // These told of the body that was. What is mapped for a template's answer was meant for it.
            for name in [http::header::CONTENT_ENCODING, http::header::ETAG, http::header::CONTENT_RANGE] {
                headers.remove(name);
            }
        }
        for change in changes.headers {
            one(headers, change);
        }
    });
    Ok((header, changes.body.map(Bytes::from)))
}

fn one(headers: &mut HeaderMap, change: Change<HeaderName, HeaderValue>) {
    match change {
        Change::Set(name, value) => {
            headers.insert(name, value);
        }
        Change::Append(name, value) => {
            headers.append(name, value);
        }
        Change::Remove(name) => {
            headers.remove(name);
        }
    }
}

/// Changes path, query and headers of what is sent to an integration.
///
/// # Errors
/// When the changed target is no legal one.
pub(super) fn apply(changes: &RequestChanges, request: &mut RequestHeader) -> pingora_error::Result<()> {
    if changes.path.is_some() || !changes.query.is_empty() {
        let path = changes.path.as_deref().unwrap_or(request.uri.path()).to_owned();
        let query = changed_query(request.uri.query().unwrap_or(""), &changes.query);
        let mut target = path.into_bytes();
        if !query.is_empty() {
            target.push(b'?');
            target.extend_from_slice(&query);
        }
        request.set_raw_path(&target)?;
    }
    for change in &changes.headers {
        let (Change::Set(name, _) | Change::Append(name, _) | Change::Remove(name)) = change;
        // There is one Host, and a message without it is none (RFC 9112, section 3.2).
        let host = name == http::header::HOST;
        let owned = GATEWAY_HEADERS.contains(&name.as_str()) || host && !matches!(change, Change::Set(..));
        if owned {
            tracing::debug!(%name, "a transform may not change this header");
            continue;
        }
        match change {
            Change::Set(name, value) => request.insert_header(name.clone(), value.clone())?,
            Change::Append(name, value) => {
                request.append_header(name.clone(), value.clone())?;
            }
            Change::Remove(name) => {
                request.remove_header(name);
            }
        }
    }
    Ok(())
}

fn changed_query(raw: &str, changes: &[Change<String, String>]) -> Vec<u8> {
    let mut pairs: Vec<(String, String)> = query::pairs(raw)
        .map(|(name, value)| (query::decode(name).into_owned(), query::decode(value).into_owned()))
        .collect();
    for change in changes {
        match change {
            Change::Set(name, value) => {
                let at = pairs.iter().position(|(known, _)| known == name).unwrap_or(pairs.len());
                pairs.retain(|(known, _)| known != name);
                pairs.insert(at.min(pairs.len()), (name.clone(), value.clone()));
            }
            Change::Append(name, value) => pairs.push((name.clone(), value.clone())),
            Change::Remove(name) => pairs.retain(|(known, _)| known != name),
        }
    }
    let mut out = Vec::new();
    for (name, value) in pairs {
        query::push_pair(name.as_bytes(), value.as_bytes(), &mut out);
    }
    out
}

/// An integration's answer while a transform looks at it.
struct Answer {
    header: Box<ResponseHeader>,
    body: Option<(Bytes, bool)>,
}

impl PluginResponse for Answer {
    fn status(&self) -> u16 {
        self.header.status.as_u16()
    }

    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.header.headers.get_all(name).iter().next_back()?;
        Some(String::from_utf8_lossy(value.as_bytes()))
    }

    fn header_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        for value in self.header.headers.get_all(name) {
            each(&String::from_utf8_lossy(value.as_bytes()));
        }
    }

    fn header_names(&self, each: &mut dyn FnMut(&str)) {
        self.header.headers.keys().for_each(|name| each(name.as_str()));
    }

    fn body(&self) -> Option<(Cow<'_, [u8]>, bool)> {
        self.body.as_ref().map(|(bytes, whole)| (Cow::Borrowed(&**bytes), *whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_changes_step_by_step() {
        let set = |n: &str, v: &str| Change::Set(n.to_owned(), v.to_owned());
        let changes =
            [set("a", "x y"), Change::Append("b".to_owned(), "2".to_owned()), Change::Remove("c".to_owned())];
        assert_eq!(changed_query("a=1&a=2&c=3&b=1", &changes), b"a=x%20y&b=1&b=2");
        assert_eq!(changed_query("", &[set("n", "&")]), b"n=%26");
    }
}
