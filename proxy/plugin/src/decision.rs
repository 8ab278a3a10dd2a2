//! What an authorizer decided, checked before anybody acts on it.

use std::fmt;

use crate::bindings::authorize as wit;
use crate::text;

/// The decision of an authorizer that did its work.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The request goes on.
    Allow(Caller),
    /// 403. The reason is for the log; it is one printable line.
    Deny(Option<String>),
    /// 401.
    Unauthorized,
    /// The request goes on if the policy lets it.
    Policy {
        /// Who is calling.
        caller: Caller,
        /// IAM policy document, JSON as the plugin wrote it: not parsed here.
        document: String,
    },
}

/// Who is calling, and what the backend is told about it.
///
/// Texts may hold any character except where said otherwise: whoever puts one into a header must check it there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Caller {
    /// `$context.authorizer.principalId`. Not empty, no control characters.
    pub principal_id: String,
    /// `$context.authorizer.{key}`. Keys are not empty, differ and have no control characters.
    pub context: Vec<(String, ContextValue)>,
    /// The API key, where the API's key source is `AUTHORIZER`. Not empty, no control characters.
    pub usage_identifier_key: Option<String>,
}

/// One context value. [`fmt::Display`] writes it as mapping expressions and logs show it.
#[derive(Clone, Debug, PartialEq)]
pub enum ContextValue {
    /// A text, shown as it is.
    Text(String),
    /// Shown in decimal.
    Integer(i64),
    /// Finite. Shown in decimal, the shortest that reads back the same.
    Float(f64),
    /// Shown as `true` or `false`.
    Boolean(bool),
}

impl fmt::Display for ContextValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(value) => f.write_str(value),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Boolean(value) => value.fmt(f),
        }
    }
}

impl Decision {
    /// Takes over what the plugin returned, or says which rule of the contract it breaks.
    ///
    /// `limit_bytes` bounds all texts together.
    pub(crate) fn check(decision: wit::Decision, limit_bytes: usize) -> Result<Self, String> {
        match decision {
            wit::Decision::Unauthorized => Ok(Self::Unauthorized),
            // Only the log sees the reason, and the log has a limit of its own.
            wit::Decision::Deny(reason) => Ok(Self::Deny(reason.map(|reason| text::printable_line(&reason)))),
            wit::Decision::Allow(allowed) => {
                let caller =
                    check_caller(allowed.principal_id, allowed.context, allowed.usage_identifier_key)?;
                check_size(caller.bytes(), limit_bytes)?;
                Ok(Self::Allow(caller))
            }
            wit::Decision::Policy(result) => {
                let caller = check_caller(result.principal_id, result.context, result.usage_identifier_key)?;
                check_size(caller.bytes() + result.policy_document.len(), limit_bytes)?;
                Ok(Self::Policy { caller, document: result.policy_document })
            }
        }
    }
}

impl Caller {
    /// Size of all texts; a number or boolean counts eight bytes.
    fn bytes(&self) -> usize {
        let value_bytes = |value: &ContextValue| match value {
            ContextValue::Text(text) => text.len(),
            ContextValue::Integer(_) | ContextValue::Float(_) | ContextValue::Boolean(_) => 8,
        };
        self.principal_id.len()
            + self.usage_identifier_key.as_ref().map_or(0, String::len)
            + self.context.iter().map(|(key, value)| key.len() + value_bytes(value)).sum::<usize>()
    }
}

fn check_size(found: usize, limit: usize) -> Result<(), String> {
    if found > limit {
        return Err(format!("found {found} bytes, expected at most {limit} (limit `result_bytes`)"));
    }
    Ok(())
}

fn check_caller(
    principal_id: String,
    context: Vec<(String, wit::ContextValue)>,
    usage_identifier_key: Option<String>,
) -> Result<Caller, String> {
    check_name("principal-id", &principal_id)?;
    if let Some(key) = &usage_identifier_key {
        check_name("usage-identifier-key", key)?;
    }
    let mut checked: Vec<(String, ContextValue)> = Vec::with_capacity(context.len());
    for (key, value) in context {
        check_name("context key", &key)?;
        if key == "principalId" {
            return Err("found the context key `principalId`, which `principal-id` sets".to_owned());
        }
        if checked.iter().any(|(earlier, _)| *earlier == key) {
            return Err(format!("found the context key `{key}` twice"));
        }
        let value = match value {
            wit::ContextValue::Text(text) => ContextValue::Text(text),
            wit::ContextValue::Integer(number) => ContextValue::Integer(number),
            wit::ContextValue::Float(number) if number.is_finite() => ContextValue::Float(number),
            wit::ContextValue::Float(number) => {
                return Err(format!("found {number} for the context key `{key}`, expected a finite number"));
            }
            wit::ContextValue::Boolean(truth) => ContextValue::Boolean(truth),
        };
        checked.push((key, value));
    }
    Ok(Caller { principal_id, context: checked, usage_identifier_key })
}

fn check_name(what: &str, name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!("found an empty {what}, expected at least one character"));
    }
    if let Some(control) = name.chars().find(|c| c.is_control()) {
        return Err(format!(
            "found {} in {what} `{}`, expected no control characters",
            control.escape_unicode(),
            text::printable_line(name)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    fn allow(principal: &str, context: &[(&str, wit::ContextValue)]) -> wit::Decision {
        wit::Decision::Allow(wit::Allowed {
            principal_id: principal.to_owned(),
            context: context.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
            usage_identifier_key: None,
        })
    }

    #[test]
    fn size_counts_everything_up_to_the_limit() {
        let decision = allow(
            "alice",
            &[("k", wit::ContextValue::Text("four".to_owned())), ("n", wit::ContextValue::Integer(1))],
        );
        // alice 5, k 1, four 4, n 1, number 8
        assert!(Decision::check(decision.clone(), 19).is_ok());
        let error = Decision::check(decision, 18).unwrap_err();
        assert_eq!(error, "found 19 bytes, expected at most 18 (limit `result_bytes`)");
    }

    #[test]
    fn the_rules_of_the_contract_are_checked() {
        let truth = || wit::ContextValue::Boolean(true);
        for (decision, reason) in [
            (allow("", &[]), "found an empty principal-id, expected at least one character"),
            (allow("a\nb", &[]), "found \\u{a} in principal-id `a\\nb`, expected no control characters"),
            (allow("a", &[("", truth())]), "found an empty context key, expected at least one character"),
            (allow("a", &[("x", truth()), ("x", truth())]), "found the context key `x` twice"),
            (
                allow("a", &[("principalId", truth())]),
                "found the context key `principalId`, which `principal-id` sets",
            ),
            (
                allow("a", &[("x", wit::ContextValue::Float(f64::INFINITY))]),
                "found inf for the context key `x`, expected a finite number",
            ),
        ] {
            assert_eq!(Decision::check(decision, 8192).unwrap_err(), reason);
        }
    }

    #[test]
    fn values_are_shown_as_mappings_expect() {
        for (value, shown) in [
            (ContextValue::Text("a b".to_owned()), "a b"),
            (ContextValue::Integer(-7), "-7"),
            (ContextValue::Float(1.5), "1.5"),
            (ContextValue::Float(2.0), "2"),
            (ContextValue::Boolean(false), "false"),
        ] {
            assert_eq!(value.to_string(), shown);
        }
    }
}
