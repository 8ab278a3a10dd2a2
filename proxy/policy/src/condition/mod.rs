//! The `Condition` block of a statement.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

mod compare;
mod date;
mod network;
mod operator;
#[cfg(test)]
mod tests;

use crate::parse::{object, quoted};
use crate::{ConditionKeys, PolicyError};
use compare::Expected;
use operator::{Operator, Quantifier};
use serde_json::Value;

/// One operator applied to one key. All conditions of a statement must hold.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    operator: Operator,
    key_lower: Box<str>,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    /// `Null`: whether the key must be missing; several values accept both.
    Presence { accepts_missing: bool, accepts_present: bool },
    /// One of these must match, or none where the operator is negated.
    Values(Box<[Expected]>),
}

impl Condition {
    pub(crate) fn holds(&self, keys: &dyn ConditionKeys) -> bool {
        let mut present = false;
        let mut any = false;
        let mut all = true;
        keys.get(&self.key_lower, &mut |found| {
            present = true;
            if let Test::Values(expected) = &self.test {
                let matched = expected.iter().any(|value| value.matches(found, keys));
                let satisfied = matched != self.operator.negated;
                any |= satisfied;
                all &= satisfied;
            }
        });
        match self.test {
            Test::Presence { accepts_missing, accepts_present } => {
                if present {
                    accepts_present
                } else {
                    accepts_missing
                }
            }
            Test::Values(_) if !present => match self.operator.quantifier {
                Some(Quantifier::ForAllValues) => true,
                Some(Quantifier::ForAnyValue) => self.operator.if_exists,
                None => self.operator.if_exists || self.operator.negated,
            },
            Test::Values(_) => match self.operator.quantifier {
                Some(Quantifier::ForAllValues) => all,
                Some(Quantifier::ForAnyValue) => any,
                // A negated operator means that no value of the request may match.
                None if self.operator.negated => all,
                None => any,
            },
        }
    }
}

/// `{OPERATOR: {KEY: VALUE or [VALUES]}}`.
pub(crate) fn parse(value: &Value, path: &str, variables: bool) -> Result<Box<[Condition]>, PolicyError> {
    let mut conditions = Vec::new();
    for (name, keys) in object(value, path, "an object of condition operators")? {
        let path = format!("{path}/{name}");
        let operator = Operator::parse(name).ok_or_else(|| {
            PolicyError::new(&path, format!("the operator {}", quoted(name)), operator::EXPECTED)
        })?;
        for (key, values) in object(keys, &path, "an object of condition keys")? {
            let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
            let test = test(operator, values, &path, variables)?;
            conditions.push(Condition { operator, key_lower: key.to_ascii_lowercase().into(), test });
        }
    }
    Ok(conditions.into())
}

fn test(operator: Operator, values: &Value, path: &str, variables: bool) -> Result<Test, PolicyError> {
    let values: Vec<(&Value, String)> = match values {
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().map(|(number, item)| (item, format!("{path}/{number}"))).collect()
        }
        single => vec![(single, path.to_owned())],
    };
    if operator.kind == operator::Kind::Null {
        let (mut accepts_missing, mut accepts_present) = (false, false);
        for (value, path) in values {
            match scalar(value, &path)?.as_str() {
                "true" => accepts_missing = true,
                "false" => accepts_present = true,
                _ => return Err(PolicyError::of_value(&path, value, "true or false")),
            }
        }
        return Ok(Test::Presence { accepts_missing, accepts_present });
    }
    let expected = values
        .into_iter()
        .map(|(value, path)| {
            let text = scalar(value, &path)?;
            Expected::parse(operator.kind, &text, variables)
                .ok_or_else(|| PolicyError::of_value(&path, value, operator.kind.expected_value()))
        })
        .collect::<Result<_, _>>()?;
    Ok(Test::Values(expected))
}

/// Numbers and Booleans may stand without quotes.
fn scalar(value: &Value, path: &str) -> Result<String, PolicyError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        other => {
            Err(PolicyError::of_value(path, other, "a string, a number or a Boolean, or a list of them"))
        }
    }
}
