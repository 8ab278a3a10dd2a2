//! What a case expects and what a plugin answered, in one form, so that the two can be compared.

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The outcome of one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// An authorizer lets the request in.
    Allow(Caller),
    /// It does not, for this reason.
    Deny(Option<String>),
    /// Nobody knows who calls.
    Unauthorized,
    /// It leaves that to a policy.
    Policy(Policy),
    /// A transform changes a request.
    Forward(Changes),
    /// It answers by itself.
    Respond(Answer),
    /// It changes an answer.
    Response(Changes),
    /// A firewall says.
    Finding(FirewallFinding),
    /// A function answers with this JSON.
    Result(Value),
    /// It says that it failed.
    Failure(FunctionFailure),
    /// A component of wasi:http answers.
    Http(Answer),
    /// The call fails.
    Error(String),
    /// `configure` says no.
    Refused(String),
}

/// Who calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Caller {
    pub(crate) principal: String,
    #[serde(default)]
    pub(crate) context: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) usage_key: Option<String>,
}

/// Who calls, and what decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    pub(crate) principal: String,
    #[serde(default)]
    pub(crate) context: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) usage_key: Option<String>,
    pub(crate) document: Value,
}

/// A whole answer. Parts that a case leaves out are not compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    pub(crate) headers: Texts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_json: Option<Value>,
}

/// Changes of a request or an answer. What is left out must not be changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Changes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) query: Vec<Step>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) headers: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_json: Option<Value>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    Set(Texts),
    Append(Texts),
    Remove(String),
}

/// What a firewall found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirewallFinding {
    /// `allow`, `block`, `count` or `read-body`.
    pub(crate) verdict: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) labels: Vec<String>,
    /// What a blocked client gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Answer>,
}

/// A function's own word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FunctionFailure {
    #[serde(rename = "type")]
    pub(crate) error_type: String,
    pub(crate) message: String,
}

/// Texts by name, in order; a name with a list has several.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Texts(pub(crate) Vec<(String, String)>);

impl Texts {
    /// The same with names in lower case, as those of headers are compared.
    pub(crate) fn lower(&self) -> Self {
        Self(self.0.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect())
    }
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &self.0 {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        let mut map = serializer.serialize_map(Some(names.len()))?;
        for name in names {
            let mut values: Vec<&str> =
                self.0.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str()).collect();
            match (values.pop(), values.is_empty()) {
                (Some(only), true) => map.serialize_entry(name, only)?,
                (last, _) => {
                    values.extend(last);
                    map.serialize_entry(name, &values)?;
                }
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Texts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("texts by name, such as {Accept: text/plain}")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    let values = match value {
                        Value::Array(values) => values,
                        value => vec![value],
                    };
                    for value in values {
                        pairs.push((name.clone(), text(&value).map_err(A::Error::custom)?));
                    }
                }
                Ok(Texts(pairs))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

/// Numbers without a fraction and truths read as they are written.
fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) => Ok(value.to_string()),
        Value::Number(number) if !number.is_f64() => Ok(value.to_string()),
        other => Err(format!("found {other}, expected a text: put it into quotation marks")),
    }
}
