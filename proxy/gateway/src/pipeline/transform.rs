//! Stages 9 and 11, second half: a component changes the mapped request, and the mapped answer.

use super::asked::{Shown, ask};
use super::deliver;
use crate::config::BodyAccess;
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
    body: &Bytes,
    at_once: bool,
) -> Result<Outcome, Refusal> {
    let body = seen(attached.entry.request_body, body).map_err(|most| Refusal::too_large(most as u64))?;
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

/// Asks what to change of the answer, and changes it.
///
/// # Errors
/// 500 when the transform fails, or may not see as much as the answer has.
pub(super) async fn response(
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    response: Box<ResponseHeader>,
    body: Bytes,
) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
    let seen = seen(attached.entry.response_body, &body).map_err(|_| Refusal::internal())?;
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
        Guarded::Answered(changes) => changed(answer.header, body, changes, exchange.template.is_none()),
        Guarded::PassedOver => Ok((answer.header, body)),
        Guarded::Failed(error) => Err(failed(exchange, error.as_ref())),
    }
}

fn failed(exchange: &mut Exchange, error: Option<&edgewit_plugin::PluginError>) -> Refusal {
    let why = error.map_or_else(|| "the transform's breaker is open".to_owned(), ToString::to_string);
    exchange.integration.error = Some(format!("transform: {why}").into());
    match error {
        Some(edgewit_plugin::PluginError::PoolExhausted { .. }) => Refusal::busy(),
        _ => Refusal::internal(),
    }
}

/// As much of a body as a plugin may see, and whether that is all of it; the limit where there is more than may be.
fn seen(access: BodyAccess, body: &Bytes) -> Result<Option<(Bytes, bool)>, usize> {
    match access {
        BodyAccess::None => Ok(None),
        BodyAccess::First(most) if body.len() > most => Ok(Some((body.slice(..most), false))),
        BodyAccess::Whole(most) if body.len() > most => Err(most),
        BodyAccess::First(_) | BodyAccess::Whole(_) => Ok(Some((body.clone(), true))),
    }
}

fn changed(
    mut header: Box<ResponseHeader>,
    body: Bytes,
    changes: ResponseChanges,
    passed_on: bool,
) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
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
    Ok((header, changes.body.map_or(body, Bytes::from)))
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

    #[test]
    fn a_body_is_seen_as_far_as_declared() {
        let body = Bytes::from_static(b"12345");
        assert_eq!(seen(BodyAccess::None, &body), Ok(None));
        assert_eq!(seen(BodyAccess::First(4), &body), Ok(Some((Bytes::from_static(b"1234"), false))));
        assert_eq!(seen(BodyAccess::First(5), &body), Ok(Some((body.clone(), true))));
        assert_eq!(seen(BodyAccess::Whole(5), &body), Ok(Some((body.clone(), true))));
        assert_eq!(seen(BodyAccess::Whole(4), &body), Err(4));
    }
}
