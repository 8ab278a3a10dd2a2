//! What transforms and firewalls answered, checked before anybody acts on it.

use http::{HeaderName, HeaderValue, StatusCode};

use crate::bindings::{inspect, rewrite};
use crate::text;

/// Changes, headers and labels in one answer.
const ENTRIES: usize = 250;
/// Bytes of a label.
const LABEL_BYTES: usize = 256;

/// A JSON event for a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The event.
    pub json: String,
    /// The function's name.
    pub function_name: String,
    /// The ARN it was called by.
    pub function_arn: String,
}

/// A function's own word that it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionFailure {
    /// `errorType`, printable.
    pub error_type: String,
    /// `errorMessage`, as it is: not for a log before [`printable_line`](crate::printable_line) has seen it.
    pub error_message: String,
}

/// What is to become of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// It goes on, changed.
    Forward(RequestChanges),
    /// The client gets this.
    Respond(PluginAnswer),
}

/// What to change of a request. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestChanges {
    /// Path for the integration; begins with `/`, legal in a URI, without a query.
    pub path: Option<String>,
    /// Values for placeholders of the integration's URI.
    pub path_parameters: Vec<(String, String)>,
    /// Steps on the decoded query parameters.
    pub query: Vec<Change<String, String>>,
    /// Steps on the headers; none frames the message.
    pub headers: Vec<Change<HeaderName, HeaderValue>>,
    /// The new body.
    pub body: Option<Vec<u8>>,
    /// What the answer's side of the transform gets to see.
    pub hand_on: Option<Vec<u8>>,
}

/// What to change of an answer. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseChanges {
    /// The new status.
    pub status: Option<StatusCode>,
    /// Steps on the headers; none frames the message.
    pub headers: Vec<Change<HeaderName, HeaderValue>>,
    /// The new body.
    pub body: Option<Vec<u8>>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<N, V> {
    /// Replaces every value.
    Set(N, V),
    /// Adds one.
    Append(N, V),
    /// Removes every value.
    Remove(N),
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginAnswer {
    /// 200 to 599.
    pub status: StatusCode,
    /// None frames the message.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a firewall found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectFinding {
    /// What to do.
    pub verdict: InspectVerdict,
    /// Printable labels.
    pub labels: Vec<String>,
}

/// What a firewall wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectVerdict {
    /// Go on.
    Allow,
    /// Stop, with this answer or the gateway's own.
    Block(Option<PluginAnswer>),
    /// Go on, counted.
    Count,
    /// Look at the body first.
    ReadBody,
}

impl RequestOutcome {
    pub(crate) fn check(outcome: rewrite::RequestOutcome) -> Result<Self, String> {
        match outcome {
            rewrite::RequestOutcome::Forward(changes) => {
                if let Some(path) = &changes.path {
                    let legal = path.starts_with('/')
                        && !path.contains(['?', '#'])
                        && path.parse::<http::uri::PathAndQuery>().is_ok();
                    if !legal {
                        return Err(format!("path {path:?} is no path of a URI"));
                    }
                }
                few(changes.query.len(), "changes of the query")?;
                let query = changes
                    .query
                    .into_iter()
                    .map(|change| match change {
                        rewrite::Change::Set((name, value)) => Change::Set(name, value),
                        rewrite::Change::Append((name, value)) => Change::Append(name, value),
                        rewrite::Change::Remove(name) => Change::Remove(name),
                    })
                    .collect();
                let headers = header_changes(changes.headers)?;
                few(changes.path_parameters.len(), "path parameters")?;
                Ok(Self::Forward(RequestChanges {
                    path: changes.path,
                    path_parameters: changes.path_parameters,
                    query,
                    headers,
                    body: changes.body,
                    hand_on: changes.hand_on,
                }))
            }
            rewrite::RequestOutcome::Respond(answer) => {
                answered(answer.status, 200, &answer.headers, answer.body).map(Self::Respond)
            }
        }
    }
}

impl ResponseChanges {
    pub(crate) fn check(changes: rewrite::ResponseChanges) -> Result<Self, String> {
        let status = changes.status.map(|found| status(found, 200)).transpose()?;
        Ok(Self { status, headers: header_changes(changes.headers)?, body: changes.body })
    }
}

impl InspectFinding {
    /// `head`: the body may still be asked for.
    pub(crate) fn check(finding: inspect::Finding, head: bool) -> Result<Self, String> {
        few(finding.labels.len(), "labels")?;
        if let Some(long) = finding.labels.iter().find(|label| label.len() > LABEL_BYTES) {
            return Err(format!("a label of {} bytes, expected at most {LABEL_BYTES}", long.len()));
        }
        let verdict = match finding.verdict {
            inspect::Verdict::Allow => InspectVerdict::Allow,
            inspect::Verdict::Count => InspectVerdict::Count,
            inspect::Verdict::ReadBody if head => InspectVerdict::ReadBody,
            inspect::Verdict::ReadBody => return Err("`read-body` about a body that was read".to_owned()),
            inspect::Verdict::Block(answer) => InspectVerdict::Block(
                answer
                    .map(|answer| answered(answer.status, 400, &answer.headers, answer.body))
                    .transpose()?,
            ),
        };
        let labels = finding.labels.iter().map(|label| text::printable_line(label)).collect();
        Ok(Self { verdict, labels })
    }
}

fn answered(
    found: u16,
    least: u16,
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Result<PluginAnswer, String> {
    few(headers.len(), "headers")?;
    let headers = headers
        .iter()
        .map(|(name, value)| Ok((header_name(name)?, header_value(name, value)?)))
        .collect::<Result<_, String>>()?;
    Ok(PluginAnswer { status: status(found, least)?, headers, body })
}

fn status(found: u16, least: u16) -> Result<StatusCode, String> {
    let legal = (least..=599).contains(&found).then(|| StatusCode::from_u16(found).ok()).flatten();
    legal.ok_or_else(|| format!("status {found}, expected {least} to 599"))
}

fn header_changes(changes: Vec<rewrite::Change>) -> Result<Vec<Change<HeaderName, HeaderValue>>, String> {
    few(changes.len(), "changes of headers")?;
    changes
        .into_iter()
        .map(|change| {
            Ok(match change {
                rewrite::Change::Set((name, value)) => {
                    Change::Set(header_name(&name)?, header_value(&name, &value)?)
                }
                rewrite::Change::Append((name, value)) => {
                    Change::Append(header_name(&name)?, header_value(&name, &value)?)
                }
                rewrite::Change::Remove(name) => Change::Remove(header_name(&name)?),
            })
        })
        .collect()
}

/// A legal header name that does not frame the message or belong to the connection (RFC 9110, section 7.6.1).
fn header_name(name: &str) -> Result<HeaderName, String> {
    let legal = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header name"))?;
    let frames = [
        "connection",
        "content-length",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    if frames.contains(&legal.as_str()) {
        return Err(format!("header `{legal}` is the node's"));
    }
    Ok(legal)
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(value).map_err(|_| format!("the value of header {name:?} has illegal characters"))
}

fn few(found: usize, what: &str) -> Result<(), String> {
    if found <= ENTRIES { Ok(()) } else { Err(format!("{found} {what}, expected at most {ENTRIES}")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn changes(headers: Vec<rewrite::Change>) -> rewrite::ResponseChanges {
        rewrite::ResponseChanges { status: None, headers, body: None }
    }

    #[test]
    fn headers_that_frame_or_split_a_message_are_refused() {
        let set = |name: &str, value: &str| {
            ResponseChanges::check(changes(vec![rewrite::Change::Set((name.into(), value.into()))]))
        };
        assert!(set("x-a", "b").is_ok());
        assert_eq!(set("Content-Length", "1").unwrap_err(), "header `content-length` is the node's");
        assert_eq!(set("x a", "1").unwrap_err(), r#""x a" is no header name"#);
        assert!(set("x-a", "b\r\nc: d").unwrap_err().contains("illegal characters"));
        let many = vec![rewrite::Change::Remove("x".into()); ENTRIES + 1];
        assert!(ResponseChanges::check(changes(many)).is_err());
    }

    #[test]
    fn statuses_are_final_ones() {
        for (found, fits) in [(199, false), (200, true), (599, true), (600, false), (101, false)] {
            let changed = rewrite::ResponseChanges { status: Some(found), headers: vec![], body: None };
            assert_eq!(ResponseChanges::check(changed).is_ok(), fits, "{found}");
        }
    }

    #[test]
    fn a_path_is_one_of_a_uri() {
        for (path, fits) in [("/a%20b", true), ("a", false), ("/a?b", false), ("/a b", false)] {
            let changes = rewrite::RequestChanges {
                path: Some(path.into()),
                path_parameters: vec![],
                query: vec![],
                headers: vec![],
                body: None,
                hand_on: None,
            };
            let outcome = RequestOutcome::check(rewrite::RequestOutcome::Forward(changes));
            assert_eq!(outcome.is_ok(), fits, "{path}");
        }
    }
}
