//! JSONPath as mapping expressions use it: the Jayway dialect, not RFC 9535.
//!
//! `$`, `.name`, `['name']`, `['a','b']`, `[0]`, `[-1]`, `[0,2]`, `[1:3]`, `*`, `..`, filters `[?(@.price < 10)]`
//! and the functions `length() min() max() sum() avg() stddev() keys()` at the end.
//! A *definite* path names one place and gives its value or nothing; any other path gives a list, maybe empty.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping-sources.html>,
//! which names JSONPath, and <https://github.com/json-path/JsonPath> for the dialect.

mod filter;
mod find;
mod function;
mod parse;
mod parse_filter;
#[cfg(test)]
mod tests;

pub use parse::JsonPathError;

use function::Function;
use serde_json::Value;
use std::borrow::Cow;

/// Longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 2 * 1024;

/// Most steps (`.name`, `[0]`, `..`, …) in one path, filters included.
pub const MAX_STEPS: usize = 64;

/// Deepest nesting of parentheses and filters in one path.
pub const MAX_FILTER_DEPTH: usize = 16;

/// Most values one evaluation may visit; a path that needs more finds nothing. Definite paths do not count.
pub const MAX_VISITS: usize = 100_000;

/// Largest list one evaluation may copy together, in bytes of its texts plus 32 per value; a path that
/// gives more finds nothing. The value of a definite path is not copied and not limited.
pub const MAX_RESULT_BYTES: usize = 1024 * 1024;

/// What a value counts beside its text.
const NODE_BYTES: usize = 32;

/// A compiled path.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    steps: Box<[Step]>,
    function: Option<Function>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// `.name` or `['name']`.
    Name(String),
    /// `['a','b']`.
    Names(Box<[String]>),
    /// `[0]`; negative counts from the end.
    Index(i64),
    /// `[0,2]`.
    Indices(Box<[i64]>),
    /// `[1:3]`.
    Slice(Option<i64>, Option<i64>),
    /// `.*` or `[*]`.
    Any,
    /// `..` before the step it applies to.
    Descend,
    /// `[?(…)]`.
    Filter(filter::Filter),
}

impl JsonPath {
    /// Compiles a path that begins with `$`.
    ///
    /// # Errors
    /// When the text is not a path of the dialect, or exceeds [`MAX_PATH_BYTES`], [`MAX_STEPS`] or
    /// [`MAX_FILTER_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        parse::path(text)
    }

    /// Whether the path names one place, so that its result is a value and not a list.
    pub fn is_definite(&self) -> bool {
        let last = self.steps.len().saturating_sub(1);
        self.steps.iter().enumerate().all(|(at, step)| match step {
            Step::Name(_) | Step::Index(_) => true,
            // At the end several names give one object.
            Step::Names(_) => at == last,
            Step::Indices(_) | Step::Slice(..) | Step::Any | Step::Descend | Step::Filter(_) => false,
        })
    }

    /// What the path finds in `root`: the value of a definite path, a list for any other.
    pub fn find<'a>(&self, root: &'a Value) -> Option<Cow<'a, Value>> {
        find::find(self, root)
    }
}
