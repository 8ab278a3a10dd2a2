//! What a template computes with: Java's strings, numbers, lists and maps.
//!
//! Lists and maps are references, as in Java: a copy of a [`Value`] names the same list. They live in a [`Heap`]
//! until the rendering ends, so that neither a cycle nor a deep value is ever dropped by recursion.

pub(crate) mod equality;
pub(crate) mod heap;
pub(crate) mod map;
pub(crate) mod number;
pub(crate) mod print;
pub(crate) mod texts;

pub(crate) use heap::{Heap, List, ListId, MapId};
pub(crate) use map::Map;
pub(crate) use texts::{Keeper, Texts};

use crate::source::ParameterKind;
use crate::template::Node;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    /// A variable that was never set, and whatever is asked of it.
    Undefined,
    /// `null`, also of JSON, and a member that is not there.
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    /// A `BigInteger` or `BigDecimal`, as Java prints it.
    Big(&'a str),
    Text(&'a str),
    List(ListId),
    Map(MapId),
    /// An entry of a map: a list of its key and value.
    Entry(ListId),
    /// The variables of `$context` whose names begin with this and a dot.
    Context(&'a str),
    /// What `#define` has named.
    Block(&'a [Node]),
    Object(Object),
}

/// What API Gateway puts into every template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    Input,
    Util,
    Context,
    StageVariables,
    /// `$input.params()`.
    Parameters,
    /// `$input.params().header` and its like.
    ParametersOf(ParameterKind),
    /// `$foreach` of the loop at this depth, from 0.
    Loop(usize),
}

/// Values are copied at every turn: three words, with nothing but the tag in the first.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Value<'_>>() == 24);

impl<'a> Value<'a> {
    pub(crate) const EMPTY: Self = Self::Text("");

    /// A count of things in memory, as a Java `int`.
    pub(crate) fn count(count: usize) -> Self {
        Self::Int(i32::try_from(count).unwrap_or(i32::MAX))
    }

    pub(crate) fn as_text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Undefined and null, which API Gateway treats alike nearly everywhere.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    /// Only `false` is false: not null, not an empty text, not zero.
    pub(crate) fn is_true(&self) -> bool {
        !matches!(self, Self::Bool(false))
    }
}
