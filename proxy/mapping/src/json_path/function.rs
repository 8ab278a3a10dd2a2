//! Functions that may end a path.

use serde_json::{Number, Value};

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
    pub(super) fn apply(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Length, Value::Array(items)) => Some(items.len().into()),
            (Self::Length, Value::Object(members)) => Some(members.len().into()),
            (Self::Keys, Value::Object(members)) => Some(members.keys().map(String::as_str).collect()),
            (Self::Length | Self::Keys, _) => None,
            (_, Value::Array(items)) => self.aggregate(items),
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "the count of a list in memory is far below 2^52")]
    fn aggregate(self, items: &[Value]) -> Option<Value> {
        let numbers: Vec<f64> = items.iter().filter_map(Value::as_f64).collect();
        if numbers.is_empty() {
            return None;
        }
        let count = numbers.len() as f64;
        let sum: f64 = numbers.iter().sum();
        let result = match self {
            Self::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Sum => sum,
            Self::Avg => sum / count,
            Self::Stddev => {
                let mean = sum / count;
                (numbers.iter().map(|n| (n - mean) * (n - mean)).sum::<f64>() / count).sqrt()
            }
            Self::Length | Self::Keys => return None,
        };
        Number::from_f64(result).map(Value::Number)
    }
}
