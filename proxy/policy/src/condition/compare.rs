//! Values in conditions, compiled, and how a request's value is held against them.

use super::operator::{Kind, Order};
use super::{date, network::Network};
use crate::ConditionKeys;
use crate::pattern::{Case, Pattern, Syntax};

/// A value as the policy gives it.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    Text(Pattern, Case),
    Like(Pattern),
    Number(f64, Order),
    /// Milliseconds since 1970.
    Date(i64, Order),
    Bool(bool),
    Network(Network),
    Arn(Box<[Pattern; 6]>),
    /// An ARN that is a variable as a whole, known per request.
    OpenArn(Pattern),
}

impl Expected {
    /// `None` when the text is no value for the operator.
    pub(super) fn parse(kind: Kind, text: &str, variables: bool) -> Option<Self> {
        let plain = Syntax { wildcards: false, variables };
        let wild = Syntax { wildcards: true, variables };
        Some(match kind {
            Kind::String => Self::Text(Pattern::parse(text, plain), Case::Sensitive),
            Kind::StringIgnoreCase => Self::Text(Pattern::parse(text, plain), Case::Ignored),
            Kind::StringLike => Self::Like(Pattern::parse(text, wild)),
            Kind::Numeric(order) => Self::Number(number(text)?, order),
            Kind::Date(order) => Self::Date(date::milliseconds(text)?, order),
            Kind::Bool => Self::Bool(boolean(text)?),
            Kind::Binary => {
                let plain = Syntax { wildcards: false, variables: false };
                let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
                if !text.bytes().all(base64) {
                    return None;
                }
                Self::Text(Pattern::parse(text, plain), Case::Sensitive)
            }
            Kind::IpAddress => Self::Network(Network::parse(text)?),
            Kind::Arn => match arn_parts(text) {
                Some(parts) => Self::Arn(Box::new(parts.map(|part| Pattern::parse(part, wild)))),
                None if text == "*" => Self::Like(Pattern::parse(text, wild)),
                None if variables && text.starts_with("${") => Self::OpenArn(Pattern::parse(text, plain)),
                None => return None,
            },
            Kind::Null => return None,
        })
    }

    pub(super) fn matches(&self, found: &str, keys: &dyn ConditionKeys) -> bool {
        match self {
            Self::Text(pattern, case) => pattern.matches(found, *case, keys),
            Self::Like(pattern) => pattern.matches(found, Case::Sensitive, keys),
            Self::Number(expected, order) => {
                number(found).and_then(|found| found.partial_cmp(expected)).is_some_and(|o| order.accepts(o))
            }
            Self::Date(expected, order) => {
                date::milliseconds(found).is_some_and(|found| order.accepts(found.cmp(expected)))
            }
            Self::Bool(expected) => boolean(found) == Some(*expected),
            Self::Network(network) => found.parse().is_ok_and(|address| network.contains(address)),
            Self::Arn(parts) => match arn_parts(found) {
                None => false,
                Some(found) => parts
                    .iter()
                    .zip(found)
                    .all(|(pattern, part)| pattern.matches(part, Case::Sensitive, keys)),
            },
            Self::OpenArn(pattern) => pattern.text(keys).is_some_and(|text| text == found),
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// `arn:partition:service:region:account:resource`; wildcards do not reach over a part, the last part may hold `:`.
///
/// The colons within `${…}` do not separate.
fn arn_parts(text: &str) -> Option<[&str; 6]> {
    let mut parts = [""; 6];
    let mut rest = text;
    for part in &mut parts[..5] {
        let end = separator(rest)?;
        *part = &rest[..end];
        rest = &rest[end + 1..];
    }
    parts[5] = rest;
    Some(parts)
}

fn separator(text: &str) -> Option<usize> {
    let mut variable = false;
    let mut before = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' if before == b'$' => variable = true,
            b'}' => variable = false,
            b':' if !variable => return Some(at),
            _ => {}
        }
        before = byte;
    }
    None
}
