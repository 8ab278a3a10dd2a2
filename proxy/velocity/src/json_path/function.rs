//! Functions that may end a path.

use crate::error::Outcome;
use crate::value::{Heap, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Min,
    Max,
    Sum,
    Avg,
    Stddev,
    Keys,
}

impl Function {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "length" | "size" => Self::Length,
            "min" => Self::Min,
            "max" => Self::Max,
            "sum" => Self::Sum,
            "avg" => Self::Avg,
            "stddev" => Self::Stddev,
            "keys" => Self::Keys,
            _ => return None,
        })
    }

    /// The result, or nothing where the value is of the wrong kind.
    pub(super) fn apply<'a>(self, value: &Value<'a>, heap: &mut Heap<'a>) -> Outcome<Option<Value<'a>>> {
        Ok(match (self, value) {
            (Self::Length, Value::List(id)) => Some(Value::count(heap.list(*id).items.len())),
            (Self::Length, Value::Map(id)) => Some(Value::count(heap.map(*id).len())),
            (Self::Keys, Value::Map(id)) => {
                let keys = heap.map(*id).entries().iter().map(|(key, _)| *key).collect();
                Some(Value::List(heap.new_list(keys, true)?))
            }
            (Self::Length | Self::Keys, _) => None,
            (_, Value::List(id)) => {
                let items = &heap.list(*id).items;
                let numbers: Vec<f64> = items.iter().filter_map(Value::as_double).collect();
                heap.spend(numbers.len())?;
                self.aggregate(&numbers).map(Value::Double)
            }
            _ => None,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "the count of a list in memory is far below 2^52")]
    fn aggregate(self, numbers: &[f64]) -> Option<f64> {
        if numbers.is_empty() {
            return None;
        }
        let count = numbers.len() as f64;
        let sum: f64 = numbers.iter().sum();
        match self {
            Self::Min => numbers.iter().copied().reduce(f64::min),
            Self::Max => numbers.iter().copied().reduce(f64::max),
            Self::Sum => Some(sum),
            Self::Avg => Some(sum / count),
            Self::Stddev => {
                let squares: f64 = numbers.iter().map(|number| number * number).sum();
                Some((squares / count - sum * sum / count / count).max(0.0).sqrt())
            }
            Self::Length | Self::Keys => None,
        }
    }
}
