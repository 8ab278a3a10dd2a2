//! The left-hand sides of parameter mappings, and declared method parameters.

use super::parse::{ExpressionError, parameter_name};

/// Where a request mapping puts its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RequestTarget {
    /// `integration.request.header.NAME`.
    Header(String),
    /// `integration.request.querystring.NAME`.
    Query(String),
    /// `integration.request.path.NAME`.
    Path(String),
}

impl RequestTarget {
    /// Parses `integration.request.{path|querystring|header}.NAME`.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        const EXPECTED: &str = "integration.request.{path|querystring|header}.NAME";
        let (kind, name) = kind_and_name(text, "integration.request.", EXPECTED)?;
        match kind {
            "header" => Ok(Self::Header(name)),
            "querystring" => Ok(Self::Query(name)),
            "path" => Ok(Self::Path(name)),
            _ => Err(ExpressionError::new(text, "integration.request.".len(), EXPECTED)),
        }
    }
}

/// Where a response mapping puts its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResponseTarget {
    /// `method.response.header.NAME`.
    Header(String),
}

impl ResponseTarget {
    /// Parses `method.response.header.NAME`.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        const EXPECTED: &str = "method.response.header.NAME";
        match kind_and_name(text, "method.response.", EXPECTED)? {
            ("header", name) => Ok(Self::Header(name)),
            _ => Err(ExpressionError::new(text, "method.response.".len(), EXPECTED)),
        }
    }
}

/// Where a gateway response puts its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GatewayResponseTarget {
    /// `gatewayresponse.header.NAME`.
    Header(String),
    /// `gatewayresponse.path.NAME` and `gatewayresponse.querystring.NAME`: accepted, without effect.
    WithoutEffect,
}

impl GatewayResponseTarget {
    /// Parses `gatewayresponse.{header|path|querystring}.NAME`.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        const EXPECTED: &str = "gatewayresponse.{header|path|querystring}.NAME";
        match kind_and_name(text, "gatewayresponse.", EXPECTED)? {
            ("header", name) => Ok(Self::Header(name)),
            ("path" | "querystring", _) => Ok(Self::WithoutEffect),
            _ => Err(ExpressionError::new(text, "gatewayresponse.".len(), EXPECTED)),
        }
    }
}

/// A declared method request parameter, also the form of cache keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MethodParameter {
    /// `method.request.header.NAME`.
    Header(String),
    /// `method.request.querystring.NAME`.
    Query(String),
    /// `method.request.path.NAME`.
    Path(String),
}

impl MethodParameter {
    /// Parses `method.request.{path|querystring|header}.NAME`.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        const EXPECTED: &str = "method.request.{path|querystring|header}.NAME";
        let (kind, name) = kind_and_name(text, "method.request.", EXPECTED)?;
        match kind {
            "header" => Ok(Self::Header(name)),
            "querystring" => Ok(Self::Query(name)),
            "path" => Ok(Self::Path(name)),
            _ => Err(ExpressionError::new(text, "method.request.".len(), EXPECTED)),
        }
    }
}

/// Splits `PREFIX KIND . NAME`.
fn kind_and_name<'a>(
    text: &'a str,
    prefix: &str,
    expected: &'static str,
) -> Result<(&'a str, String), ExpressionError> {
    let rest = text.strip_prefix(prefix).ok_or_else(|| ExpressionError::new(text, 0, expected))?;
    let (kind, name) =
        rest.split_once('.').ok_or_else(|| ExpressionError::new(text, prefix.len(), expected))?;
    Ok((kind, parameter_name(text, name)?))
}
