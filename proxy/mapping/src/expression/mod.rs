//! Parameter mapping expressions: `method.request.header.X`, `context.stage`, `'text'` and their kin.
//!
//! An expression is parsed when a stage is compiled and evaluated per request against a scope, which parses the
//! body at most once and only when an expression steps into it.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping-sources.html>.

mod evaluate;
mod parse;
mod target;
#[cfg(test)]
mod tests;

pub use evaluate::{InvalidBodyJson, RequestScope, ResponseScope, Values};
pub(crate) use parse::excerpt;
pub use parse::{ExpressionError, MAX_EXPRESSION_BYTES};
pub use target::{GatewayResponseTarget, MethodParameter, RequestTarget, ResponseTarget};

use crate::context::ContextVariable;
use crate::json_path::JsonPath;

/// The right-hand side of `integration.request.*`, of an identity source, or of `gatewayresponse.header.*`.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestSource {
    /// `method.request.path.NAME`: the value as routed, percent-encoded.
    Path(String),
    /// `method.request.querystring.NAME`: the last value.
    Query(String),
    /// `method.request.multivaluequerystring.NAME`: all values.
    MultiQuery(String),
    /// `method.request.header.NAME`: the last value; the name is case-sensitive.
    Header(String),
    /// `method.request.multivalueheader.NAME`: all values joined with `,`.
    MultiHeader(String),
    /// `method.request.body`: the trimmed body, `{}` when empty.
    Body,
    /// `method.request.body.PATH`, evaluated as `$.PATH`.
    BodyPath(JsonPath),
    /// `context.NAME`.
    Context(ContextVariable),
    /// `stageVariables.NAME`.
    StageVariable(String),
    /// `'text'`, without the quotes.
    Static(String),
}

/// The right-hand side of `method.response.header.*`.
#[derive(Clone, Debug, PartialEq)]
pub enum ResponseSource {
    /// `integration.response.header.NAME`: the last value.
    Header(String),
    /// `integration.response.multivalueheader.NAME`: all values joined with `,`.
    MultiHeader(String),
    /// `integration.response.body`: the trimmed body, `{}` when empty.
    Body,
    /// `integration.response.body.PATH`, evaluated as `$.PATH`.
    BodyPath(JsonPath),
    /// `context.NAME`.
    Context(ContextVariable),
    /// `stageVariables.NAME`.
    StageVariable(String),
    /// `'text'`, without the quotes.
    Static(String),
}

impl RequestSource {
    /// Whether evaluation needs the request body.
    pub fn reads_body(&self) -> bool {
        matches!(self, Self::Body | Self::BodyPath(_))
    }

    /// The same source with a stage variable replaced by its value, so that evaluation does not look it up.
    #[must_use]
    pub fn bind(self, variables: &dyn crate::StageVariables) -> Self {
        match self {
            Self::StageVariable(name) => Self::Static(variables.get(&name).unwrap_or_default().to_owned()),
            other => other,
        }
    }
}

impl ResponseSource {
    /// Whether evaluation needs the response body.
    pub fn reads_body(&self) -> bool {
        matches!(self, Self::Body | Self::BodyPath(_))
    }

    /// The same source with a stage variable replaced by its value, so that evaluation does not look it up.
    #[must_use]
    pub fn bind(self, variables: &dyn crate::StageVariables) -> Self {
        match self {
            Self::StageVariable(name) => Self::Static(variables.get(&name).unwrap_or_default().to_owned()),
            other => other,
        }
    }
}
