//! Parsing of mapping sources.

use super::{RequestSource, ResponseSource};
use crate::context::{ContextVariable, Place};
use crate::json_path::JsonPath;
use crate::template::reference;

/// Longest expression accepted, in bytes. Static values such as CORS header lists are the long ones.
pub const MAX_EXPRESSION_BYTES: usize = 8 * 1024;

/// Why a mapping expression was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found {found} at character {offset}, expected {expected}")]
pub struct ExpressionError {
    /// Byte offset into the expression, from 0.
    pub offset: usize,
    /// What stands there.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

impl ExpressionError {
    pub(super) fn new(text: &str, offset: usize, expected: impl Into<String>) -> Self {
        let rest = text.get(offset..).unwrap_or_default();
        let found = if rest.is_empty() { "the end".to_owned() } else { format!("`{}`", excerpt(rest)) };
        Self { offset, found, expected: expected.into() }
    }
}

/// The beginning of a text, short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    const MAX_EXCERPT_CHARS: usize = 60;
    match text.char_indices().nth(MAX_EXCERPT_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Checks a parameter name that ends `text`: `[a-zA-Z0-9._$-]+`.
pub(super) fn parameter_name(text: &str, name: &str) -> Result<String, ExpressionError> {
    let start = text.len() - name.len();
    let bad =
        name.bytes().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$' | b'-')));
    match bad {
        Some(at) => {
            Err(ExpressionError::new(text, start + at, "a name of letters, digits, `.`, `_`, `$` and `-`"))
        }
        None if name.is_empty() => Err(ExpressionError::new(text, start, "a parameter name")),
        None => Ok(name.to_owned()),
    }
}

const REQUEST_FORMS: &str = "method.request.{path|querystring|multivaluequerystring|header|multivalueheader}.NAME, \
     method.request.body[.JSONPATH], context.NAME, stageVariables.NAME or 'text'";
const RESPONSE_FORMS: &str = "integration.response.{header|multivalueheader}.NAME, \
     integration.response.body[.JSONPATH], context.NAME, stageVariables.NAME or 'text'";
const GATEWAY_RESPONSE_FORMS: &str = "method.request.{path|querystring|multivaluequerystring|header|multivalueheader}.NAME, \
     context.NAME, stageVariables.NAME or 'text'";

impl RequestSource {
    /// Parses the right-hand side of an `integration.request.*` mapping.
    ///
    /// # Errors
    /// When the text is of no known form, its name has other characters, or its JSONPath does not parse.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if let Some(common) = Common::parse(text, Place::Mapping, REQUEST_FORMS)? {
            return Ok(common.into());
        }
        if let Some(path) = body_path(text, "method.request.body")? {
            return Ok(path.map_or(Self::Body, Self::BodyPath));
        }
        method_request(text, REQUEST_FORMS)
    }

    /// Parses the right-hand side of a `gatewayresponse.header.*` mapping, which cannot reach the body.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    pub fn parse_for_gateway_response(text: &str) -> Result<Self, ExpressionError> {
        match Common::parse(text, Place::GatewayResponse, GATEWAY_RESPONSE_FORMS)? {
            Some(common) => Ok(common.into()),
            None => method_request(text, GATEWAY_RESPONSE_FORMS),
        }
    }
}

impl ResponseSource {
    /// Parses the right-hand side of a `method.response.header.*` mapping.
    ///
    /// # Errors
    /// When the text is of no known form, its name has other characters, or its JSONPath does not parse.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if let Some(common) = Common::parse(text, Place::Mapping, RESPONSE_FORMS)? {
            return Ok(match common {
                Common::Context(variable) => Self::Context(variable),
                Common::StageVariable(name) => Self::StageVariable(name),
                Common::Static(value) => Self::Static(value),
            });
        }
        if let Some(path) = body_path(text, "integration.response.body")? {
            return Ok(path.map_or(Self::Body, Self::BodyPath));
        }
        const PREFIX: &str = "integration.response.";
        let rest = text.strip_prefix(PREFIX).ok_or_else(|| ExpressionError::new(text, 0, RESPONSE_FORMS))?;
        let unknown = || ExpressionError::new(text, PREFIX.len(), RESPONSE_FORMS);
        let (kind, name) = rest.split_once('.').ok_or_else(unknown)?;
        match kind {
            "header" => Ok(Self::Header(parameter_name(text, name)?)),
            "multivalueheader" => Ok(Self::MultiHeader(parameter_name(text, name)?)),
            _ => Err(unknown()),
        }
    }
}

/// The forms that requests and responses share.
enum Common {
    Context(ContextVariable),
    StageVariable(String),
    Static(String),
}

impl From<Common> for RequestSource {
    fn from(common: Common) -> Self {
        match common {
            Common::Context(variable) => Self::Context(variable),
            Common::StageVariable(name) => Self::StageVariable(name),
            Common::Static(value) => Self::Static(value),
        }
    }
}

impl Common {
    fn parse(text: &str, place: Place, forms: &'static str) -> Result<Option<Self>, ExpressionError> {
        if text.len() > MAX_EXPRESSION_BYTES {
            let found = format!("{} bytes", text.len());
            let expected = format!("at most {MAX_EXPRESSION_BYTES} bytes");
            return Err(ExpressionError { offset: MAX_EXPRESSION_BYTES, found, expected });
        }
        if let Some(rest) = text.strip_prefix('\'') {
            return match rest.strip_suffix('\'') {
                Some(inner) => Ok(Some(Self::Static(inner.to_owned()))),
                None => Err(ExpressionError::new(text, text.len(), "a closing `'`")),
            };
        }
        if let Some(name) = text.strip_prefix("context.") {
            let (parsed, used) = reference::dotted_name(name, reference::Hyphens::Allowed);
            if used < name.len() || used == 0 {
                return Err(ExpressionError::new(
                    text,
                    "context.".len() + used,
                    "a `$context` variable name",
                ));
            }
            return Ok(Some(Self::Context(ContextVariable::parse_in(&parsed, place))));
        }
        if let Some(name) = text.strip_prefix("stageVariables.") {
            let bad = name.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'_'));
            return match bad {
                Some(at) => {
                    let expected = "a stage variable name of letters, digits and `_`";
                    Err(ExpressionError::new(text, "stageVariables.".len() + at, expected))
                }
                None if name.is_empty() => {
                    Err(ExpressionError::new(text, text.len(), "a stage variable name"))
                }
                None => Ok(Some(Self::StageVariable(name.to_owned()))),
            };
        }
        if text.is_empty() {
            return Err(ExpressionError::new(text, 0, forms));
        }
        Ok(None)
    }
}

/// `Some(None)` for the whole body, `Some(path)` for a part of it, `None` when the text is about something else.
fn body_path(text: &str, prefix: &str) -> Result<Option<Option<JsonPath>>, ExpressionError> {
    let Some(rest) = text.strip_prefix(prefix) else { return Ok(None) };
    if rest.is_empty() {
        return Ok(Some(None));
    }
    if !rest.starts_with(['.', '[']) {
        return Ok(None);
    }
    match JsonPath::parse(&format!("${rest}")) {
        Ok(path) => Ok(Some(Some(path))),
        Err(error) => Err(ExpressionError {
            // The leading `$` is not part of the expression.
            offset: prefix.len() + error.offset.saturating_sub(1),
            found: error.found,
            expected: error.expected,
        }),
    }
}

fn method_request(text: &str, forms: &'static str) -> Result<RequestSource, ExpressionError> {
    const PREFIX: &str = "method.request.";
    let rest = text.strip_prefix(PREFIX).ok_or_else(|| ExpressionError::new(text, 0, forms))?;
    let unknown = || ExpressionError::new(text, PREFIX.len(), forms);
    let (kind, name) = rest.split_once('.').ok_or_else(unknown)?;
    let make = match kind {
        "path" => RequestSource::Path as fn(String) -> RequestSource,
        "querystring" => RequestSource::Query,
        "multivaluequerystring" => RequestSource::MultiQuery,
        "header" => RequestSource::Header,
        "multivalueheader" => RequestSource::MultiHeader,
        _ => return Err(unknown()),
    };
    Ok(make(parameter_name(text, name)?))
}
