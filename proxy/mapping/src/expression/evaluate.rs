//! Evaluation of mapping sources.

use super::{RequestSource, ResponseSource};
use crate::context::{Context, ContextVariable};
use crate::json_path::JsonPath;
use crate::source::{RequestParameters, ResponseParameters, StageVariables};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;

/// What an expression gives. Values are bytes because header values need not be UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Values<'a> {
    /// Missing or empty: the target is left out.
    #[default]
    None,
    /// One value, not empty.
    One(Cow<'a, [u8]>),
    /// Two values or more, from a multi-value query source; the target is repeated.
    Many(Vec<Cow<'a, [u8]>>),
}

impl<'a> Values<'a> {
    fn one(value: impl Into<Cow<'a, [u8]>>) -> Self {
        let value = value.into();
        if value.is_empty() { Self::None } else { Self::One(value) }
    }

    fn borrowed(value: Option<&'a [u8]>) -> Self {
        value.map_or(Self::None, Self::one)
    }

    /// Whether the target is to be left out.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let values = match self {
            Self::None => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values.as_slice(),
        };
        values.iter().map(|value| &**value)
    }

    /// The values joined with `,`, for targets that hold one value; `None` when there is none.
    pub fn joined(self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::None => None,
            Self::One(value) => Some(value),
            Self::Many(values) => Some(Cow::Owned(values.join(&b','))),
        }
    }
}

/// A body expression met a body that begins like JSON and is none.
///
/// On a request this is 400 `Invalid JSON in request body`, on a response 500 `Internal server error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body begins like JSON but does not parse as JSON")]
pub struct InvalidBodyJson;

/// Everything a request expression can reach.
pub struct RequestScope<'a> {
    request: &'a dyn RequestParameters,
    context: &'a dyn Context,
    stage_variables: &'a dyn StageVariables,
    body: Body<'a>,
}

impl<'a> RequestScope<'a> {
    /// A scope over these views; nothing is read yet.
    pub fn new(
        request: &'a dyn RequestParameters,
        context: &'a dyn Context,
        stage_variables: &'a dyn StageVariables,
    ) -> Self {
        Self { request, context, stage_variables, body: Body::default() }
    }
}

/// Everything a response expression can reach.
pub struct ResponseScope<'a> {
    response: &'a dyn ResponseParameters,
    context: &'a dyn Context,
    stage_variables: &'a dyn StageVariables,
    body: Body<'a>,
}

impl<'a> ResponseScope<'a> {
    /// A scope over these views; nothing is read yet.
    pub fn new(
        response: &'a dyn ResponseParameters,
        context: &'a dyn Context,
        stage_variables: &'a dyn StageVariables,
    ) -> Self {
        Self { response, context, stage_variables, body: Body::default() }
    }
}

impl RequestSource {
    /// The value of the expression.
    ///
    /// # Errors
    /// Only for body expressions, see [`InvalidBodyJson`].
    pub fn evaluate<'s>(&'s self, scope: &'s RequestScope<'_>) -> Result<Values<'s>, InvalidBodyJson> {
        let request = scope.request;
        Ok(match self {
            Self::Path(name) => Values::borrowed(request.path(name).map(str::as_bytes)),
            Self::Query(name) => match request.query(name) {
                None => Values::None,
                Some(Cow::Borrowed(value)) => Values::one(value.as_bytes()),
                Some(Cow::Owned(value)) => Values::one(value.into_bytes()),
            },
            Self::MultiQuery(name) => {
                let mut values: Vec<Cow<'_, [u8]>> = Vec::new();
                request.query_all(name, &mut |value| values.push(Cow::Owned(value.as_bytes().to_vec())));
                if values.len() > 1 {
                    Values::Many(values)
                } else {
                    values.pop().map_or(Values::None, Values::one)
                }
            }
            Self::Header(name) => Values::borrowed(request.header(name)),
            Self::MultiHeader(name) => join_headers(|each| request.headers(name, each)),
            Self::Body => Values::one(scope.body.get(request.body())?.text),
            Self::BodyPath(path) => path_values(path, scope.body.get(request.body())?),
            Self::Context(variable) => context_value(scope.context, variable),
            Self::StageVariable(name) => Values::borrowed(scope.stage_variables.get(name).map(str::as_bytes)),
            Self::Static(value) => Values::one(value.as_bytes()),
        })
    }
}

impl ResponseSource {
    /// The value of the expression.
    ///
    /// # Errors
    /// Only for body expressions, see [`InvalidBodyJson`].
    pub fn evaluate<'s>(&'s self, scope: &'s ResponseScope<'_>) -> Result<Values<'s>, InvalidBodyJson> {
        let response = scope.response;
        Ok(match self {
            Self::Header(name) => Values::borrowed(response.header(name)),
            Self::MultiHeader(name) => join_headers(|each| response.headers(name, each)),
            Self::Body => Values::one(scope.body.get(response.body())?.text),
            Self::BodyPath(path) => {
                let body = scope.body.get(response.body())?;
                match path_values(path, body) {
                    Values::None => in_error_message(path, body),
                    found => found,
                }
            }
            Self::Context(variable) => context_value(scope.context, variable),
            Self::StageVariable(name) => Values::borrowed(scope.stage_variables.get(name).map(str::as_bytes)),
            Self::Static(value) => Values::one(value.as_bytes()),
        })
    }
}

/// The body of a message, trimmed, and its JSON, parsed when first needed.
#[derive(Default)]
struct Body<'a>(OnceCell<Result<ParsedBody<'a>, InvalidBodyJson>>);

struct ParsedBody<'a> {
    /// Trimmed, `{}` when empty.
    text: &'a [u8],
    /// `None` when the text does not begin like JSON.
    json: Option<Value>,
}

impl<'a> Body<'a> {
    fn get(&self, body: Option<&'a [u8]>) -> Result<&ParsedBody<'a>, InvalidBodyJson> {
        self.0.get_or_init(|| ParsedBody::parse(body.unwrap_or_default())).as_ref().map_err(|error| *error)
    }
}

impl<'a> ParsedBody<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, InvalidBodyJson> {
        let text = match body.trim_ascii() {
            [] => b"{}".as_slice(),
            text => text,
        };
        let json = match text.first() {
            Some(b'{' | b'[' | b'"' | b'\'') => {
                Some(serde_json::from_slice(text).map_err(|_| InvalidBodyJson)?)
            }
            _ => None,
        };
        Ok(Self { text, json })
    }
}

fn path_values<'s>(path: &JsonPath, body: &'s ParsedBody<'_>) -> Values<'s> {
    match body.json.as_ref().and_then(|json| path.find(json)) {
        None => Values::None,
        Some(Cow::Borrowed(value)) => json_text(value),
        Some(Cow::Owned(value)) => owned_text(&value),
    }
}

/// What a path finds that steps into an `errorMessage` which is itself JSON, as functions make it to say more than one
/// thing.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html>.
fn in_error_message<'s>(path: &JsonPath, body: &ParsedBody<'_>) -> Values<'s> {
    let Some(Value::Object(members)) = &body.json else { return Values::None };
    let Some(text) = members.get("errorMessage").and_then(Value::as_str) else { return Values::None };
    let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) else {
        return Values::None;
    };
    let mut members = members.clone();
    members.insert("errorMessage".to_owned(), inner);
    let body = Value::Object(members);
    path.find(&body).map_or(Values::None, |found| owned_text(&found))
}

fn owned_text<'s>(value: &Value) -> Values<'s> {
    match json_text(value) {
        Values::One(text) => Values::One(Cow::Owned(text.into_owned())),
        _ => Values::None,
    }
}

/// A string without quotes, anything else as JSON text, `null` as no value.
fn json_text(value: &Value) -> Values<'_> {
    match value {
        Value::Null => Values::None,
        Value::String(text) => Values::one(text.as_bytes()),
        Value::Bool(true) => Values::one(b"true".as_slice()),
        Value::Bool(false) => Values::one(b"false".as_slice()),
        other => Values::one(other.to_string().into_bytes()),
    }
}

fn context_value<'s>(context: &dyn Context, variable: &ContextVariable) -> Values<'s> {
    let mut value = Vec::new();
    if context.write(variable, &mut value) { Values::one(value) } else { Values::None }
}

fn join_headers<'s>(headers: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Values<'s> {
    let mut joined = Vec::new();
    let mut first = true;
    headers(&mut |value| {
        if !first {
            joined.push(b',');
        }
        first = false;
        joined.extend_from_slice(value);
    });
    Values::one(joined)
}
