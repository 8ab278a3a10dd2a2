//! IAM policy documents: parsing, and evaluation of one request against them.
//!
//! Serves resource policies of APIs and the policies that Lambda authorizers return.
//! Pure: no clock, no sockets; what a condition needs to know about a request comes in through [`ConditionKeys`].
//! Matching is bounded by the product of pattern and text lengths, whatever the pattern.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

mod arn;
mod combine;
mod condition;
mod error;
mod parse;
mod pattern;
mod principal;
mod statement;
#[cfg(test)]
mod tests;

pub use arn::{ApiArn, expand_short_form};
pub use combine::{both_required, same_account};
pub use error::PolicyError;

use serde_json::Value;
use statement::Statement;

/// Longest policy document, in characters of its JSON without white space.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>, "resource policy size".
pub const MAX_POLICY_CHARS: usize = 8192;

/// Longest policy text accepted for parsing, in bytes, white space included.
pub const MAX_POLICY_TEXT_BYTES: usize = 64 * 1024;

/// A compiled policy document.
#[derive(Clone, Debug)]
pub struct Policy {
    statements: Box<[Statement]>,
}

/// What a policy says about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A statement allows it and none denies it.
    Allow,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement is about it.
    Silent,
}

/// A request to be judged.
#[derive(Clone, Copy)]
pub struct PolicyRequest<'a> {
    /// The caller's ARN, e.g. `arn:aws:iam::123456789012:user/ann`; `None` for an anonymous caller.
    pub principal: Option<&'a str>,
    /// E.g. `execute-api:Invoke`.
    pub action: &'a str,
    /// The ARN of what is called.
    pub resource: &'a str,
    /// The values of condition keys.
    pub conditions: &'a dyn ConditionKeys,
}

/// Knows the values of the condition keys of one request.
pub trait ConditionKeys {
    /// Calls `each` with every value of the key, which is given in lower case, e.g. `aws:sourceip`; does not call it
    /// when the key is not in the request.
    fn get(&self, key_lower: &str, each: &mut dyn FnMut(&str));
}

/// A request about which no condition key is known.
impl ConditionKeys for () {
    fn get(&self, _: &str, _: &mut dyn FnMut(&str)) {}
}

impl ConditionKeys for &[(&str, &str)] {
    fn get(&self, key_lower: &str, each: &mut dyn FnMut(&str)) {
        self.iter().filter(|(key, _)| *key == key_lower).for_each(|(_, value)| each(value));
    }
}

impl<const N: usize> ConditionKeys for [(&str, &str); N] {
    fn get(&self, key_lower: &str, each: &mut dyn FnMut(&str)) {
        ConditionKeys::get(&self.as_slice(), key_lower, each);
    }
}

impl Policy {
    /// Compiles a policy document, such as a Lambda authorizer returns; statements without principal are about every
    /// caller.
    ///
    /// # Errors
    /// When the document is not of the grammar, too long, or uses an operator that does not exist.
    pub fn parse(document: &Value) -> Result<Self, PolicyError> {
        parse::policy(document, parse::Kind::Identity)
    }

    /// As [`Self::parse`], from JSON text.
    ///
    /// # Errors
    /// As [`Self::parse`], and when the text is not JSON.
    pub fn parse_str(text: &str) -> Result<Self, PolicyError> {
        Self::parse(&parse::json(text)?)
    }

    /// Compiles the resource policy of an API: every statement names its principals, and `execute-api:/…` resources
    /// are short for those of the API.
    ///
    /// # Errors
    /// As [`Self::parse`], and when a statement names no principal.
    pub fn parse_resource_policy(document: &Value, api: &ApiArn<'_>) -> Result<Self, PolicyError> {
        parse::policy(document, parse::Kind::Resource(api))
    }

    /// What the document says about a request: a denial wins, whatever the order of statements.
    pub fn evaluate(&self, request: &PolicyRequest<'_>) -> Verdict {
        let mut verdict = Verdict::Silent;
        for statement in &self.statements {
            let relevant = statement.denies() || verdict == Verdict::Silent;
            if !relevant || !statement.applies(request) {
                continue;
            }
            if statement.denies() {
                return Verdict::ExplicitDeny;
            }
            verdict = Verdict::Allow;
        }
        verdict
    }
}
