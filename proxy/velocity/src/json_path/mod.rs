//! JSONPath in the Jayway dialect, over values of a template.
//!
//! `$`, `.name`, `['name']`, `['a','b']`, `[0]`, `[-1]`, `[0,2]`, `[1:3]`, `*`, `..`, filters `[?(@.price < 10)]` and
//! the functions `length() min() max() avg() stddev() sum() keys()` at the end.
//! A *definite* path names one place and gives its value or nothing; any other path gives a list, maybe empty.
//!
//! Source: <https://github.com/json-path/JsonPath>, which API Gateway's documentation points to.

mod filter;
mod find;
mod function;
mod parse;
mod parse_filter;

use crate::error::Outcome;
use crate::value::{Heap, Value};
use filter::Filter;
use function::Function;

/// Longest path, in bytes.
const MAX_PATH_BYTES: usize = 4 * 1024;

/// Most steps in one path, those of its filters included.
const MAX_STEPS: usize = 128;

/// Deepest nesting of parentheses and filters in one path.
const MAX_FILTER_DEPTH: usize = 16;

/// A compiled path.
#[derive(Debug)]
pub(crate) struct JsonPath {
    steps: Box<[Step]>,
    function: Option<Function>,
}

#[derive(Debug)]
enum Step {
    /// `.name` or `['name']`.
    Name(Box<str>),
    /// `['a','b']`.
    Names(Box<[Box<str>]>),
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
    Filter(Filter),
}

impl JsonPath {
    /// Compiles a path; the error says what was found and what was expected.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parse::path(text)
    }

    /// Whether the path names one place, so that its result is a value and not a list.
    fn is_definite(&self) -> bool {
        let last = self.steps.len().saturating_sub(1);
        self.steps.iter().enumerate().all(|(at, step)| match step {
            Step::Name(_) | Step::Index(_) => true,
            // At the end several names give one object.
            Step::Names(_) => at == last,
            Step::Indices(_) | Step::Slice(..) | Step::Any | Step::Descend | Step::Filter(_) => false,
        })
    }

    /// What the path finds. A definite path gives the very value that is there, so that a template can change it.
    pub(crate) fn find<'a>(&self, root: &Value<'a>, heap: &mut Heap<'a>) -> Outcome<Option<Value<'a>>> {
        self.find_from(root, root, heap)
    }

    /// `root` is `$`, also in filters; `start` is what the path begins at.
    fn find_from<'a>(
        &self,
        start: &Value<'a>,
        root: &Value<'a>,
        heap: &mut Heap<'a>,
    ) -> Outcome<Option<Value<'a>>> {
        let found = if self.is_definite() {
            find::one(self, start, heap)?
        } else {
            let found = find::many(self, start, root, heap)?;
            Some(Value::List(heap.new_list(found, true)?))
        };
        match (self.function, found) {
            (Some(function), Some(found)) => function.apply(&found, heap),
            (_, found) => Ok(found),
        }
    }
}
