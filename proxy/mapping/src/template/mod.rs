//! Templates that only substitute: bodies of gateway responses and access-log formats.
//!
//! These are not mapping templates: directives, method calls and `$input` are printed as they stand.
//!
//! Sources: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>.

mod named;
mod parse;
pub(crate) mod reference;
#[cfg(test)]
mod tests;

pub use named::named;

use crate::context::{Context, ContextVariable};
use crate::escape::Escaping;
use crate::source::{RequestParameters, StageVariables};
use std::ops::Range;

/// Longest access-log format, in bytes (3 KB).
pub const MAX_ACCESS_LOG_FORMAT_BYTES: usize = 3 * 1024;

/// Longest template of a gateway response, in bytes (300 KB).
pub const MAX_TEMPLATE_BYTES: usize = 300 * 1024;

/// What a template may refer to, and what stands for a missing value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `$context.*`, `$stageVariables.*`, `$method.request.{header|querystring|path}.*`; missing values are empty.
    GatewayResponse,
    /// `$context.*` in one line; missing values are `-`.
    ///
    /// In a format that is a JSON object or an XML element, values are escaped so that no client can add fields;
    /// in any format, control characters are escaped so that no client can add lines.
    AccessLog,
}

/// Why a template was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found {found} at byte {offset}, expected {expected}")]
pub struct TemplateError {
    /// Byte offset into the template, from 0.
    pub offset: usize,
    /// What was found.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

/// A compiled template.
#[derive(Clone, Debug)]
pub struct SubstitutionTemplate {
    text: Box<str>,
    pieces: Box<[Piece]>,
    dialect: Dialect,
}

/// A part of a template, in order of appearance.
#[derive(Clone, Debug)]
enum Piece {
    Literal(Range<usize>),
    Context(ContextVariable, Escaping),
    StageVariable(String),
    Header(String),
    Query(String),
    Path(String),
}

impl SubstitutionTemplate {
    /// Compiles a template.
    ///
    /// # Errors
    /// When the template is longer than the dialect allows; and, for access logs, when it has several lines or
    /// neither `$context.requestId` nor `$context.extendedRequestId`.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, TemplateError> {
        parse::template(text, dialect)
    }

    /// Appends the text of the template to `out`. Access-log lines get no line end.
    pub fn render(
        &self,
        context: &dyn Context,
        request: &dyn RequestParameters,
        stage_variables: &dyn StageVariables,
        out: &mut Vec<u8>,
    ) {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(range) => out.extend_from_slice(&self.text.as_bytes()[range.clone()]),
                Piece::Context(variable, escaping) => self.render_context(context, variable, *escaping, out),
                Piece::StageVariable(name) => {
                    out.extend_from_slice(stage_variables.get(name).unwrap_or_default().as_bytes());
                }
                Piece::Header(name) => out.extend_from_slice(request.header(name).unwrap_or_default()),
                Piece::Query(name) => {
                    if let Some(value) = request.query(name) {
                        out.extend_from_slice(value.as_bytes());
                    }
                }
                Piece::Path(name) => out.extend_from_slice(request.path(name).unwrap_or_default().as_bytes()),
            }
        }
    }

    fn render_context(
        &self,
        context: &dyn Context,
        variable: &ContextVariable,
        escaping: Escaping,
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        let written = context.write(variable, out);
        if self.dialect != Dialect::AccessLog {
            return;
        }
        if !written {
            out.truncate(start);
        }
        if out.len() == start {
            let root_mapping = written && *variable == ContextVariable::CustomDomainBasePathMatched;
            out.extend_from_slice(if root_mapping { b"(none)" } else { b"-" });
            return;
        }
        escaping.apply_from(start, out);
    }

    /// The `$context` variables the template refers to, in order of appearance.
    pub fn context_variables(&self) -> impl Iterator<Item = &ContextVariable> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Context(variable, _) => Some(variable),
            _ => None,
        })
    }

    /// The whole text, when the template refers to nothing.
    pub fn as_static(&self) -> Option<&str> {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Literal(_))).then_some(&*self.text)
    }
}
