//! What is wrong with a template, and what went wrong while it was rendered.

use std::fmt;

/// A place in a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is no template. API Gateway answers 500 with such a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: found {found}, expected {expected}")]
pub struct SyntaxError {
    /// Where, in the template; for what stands in a quoted text, the place of its quote.
    pub place: Place,
    /// What was found.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

/// Why a rendering ended without output. API Gateway answers 500.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct RenderError {
    /// The reference, directive or call that failed; for what stands in a quoted text, the place of its quote.
    pub place: Place,
    /// What it is, for decisions.
    pub kind: RenderErrorKind,
    /// What was found and what was expected, for an execution log. May show the beginning, at most 80 characters,
    /// of a text that the template made a pattern, path, number, JSON or encoded text of.
    pub message: String,
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RenderErrorKind {
    /// More than [`output_bytes`](crate::RenderLimits::output_bytes).
    OutputBytes,
    /// More than [`foreach_iterations`](crate::RenderLimits::foreach_iterations).
    ForeachIterations,
    /// More than [`define_depth`](crate::RenderLimits::define_depth).
    DefineDepth,
    /// More than [`steps`](crate::RenderLimits::steps).
    Steps,
    /// More than [`value_bytes`](crate::RenderLimits::value_bytes).
    ValueBytes,
    /// More than [`value_depth`](crate::RenderLimits::value_depth).
    ValueDepth,
    /// A regular expression that cannot be used, or is larger than its limit.
    Regex,
    /// A text that is no JSONPath.
    JsonPath,
    /// A text for `$util.parseJson` that is no JSON.
    Json,
    /// An index outside of a text or list, where Java throws an exception.
    Index,
    /// An argument a Java method would throw an exception for.
    Argument,
}

/// A failure without its place, which the renderer adds.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: RenderErrorKind,
    pub(crate) message: String,
}

impl Fault {
    #[cold]
    pub(crate) fn new(kind: RenderErrorKind, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { kind, message: message.into() })
    }

    /// More than a limit allows.
    #[cold]
    pub(crate) fn above(kind: RenderErrorKind, limit: impl fmt::Display, unit: &str) -> Box<Self> {
        Self::new(kind, format!("found more than the limit, expected at most {limit} {unit}"))
    }
}

/// The result of whatever can fail while rendering.
pub(crate) type Outcome<T> = Result<T, Box<Fault>>;

/// A text as a message shows it: short, and on one line.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{}`", short.escape_debug())
}
