//! Document nodes to JSON values.

use super::document::{Node, Value};
use super::importer::{Importer, Weight};
use serde_json::{Map, Number, Value as Json};

/// The node as JSON, word for word.
pub(super) fn to_json(node: Node<'_>) -> Json {
    match node.value() {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(text) => number(text),
        Value::String(text) => Json::String(text.to_string()),
        Value::Sequence(_) => Json::Array(node.items().map(to_json).collect()),
        Value::Mapping(_) => {
            Json::Object(node.entries().map(|(key, _, value)| (key.to_owned(), to_json(value))).collect())
        }
    }
}

/// A number as JSON; text that no JSON number can hold stays text.
pub(super) fn number(text: &str) -> Json {
    if let Ok(number) = text.parse::<i64>() {
        return Json::Number(number.into());
    }
    if let Ok(number) = text.parse::<u64>() {
        return Json::Number(number.into());
    }
    match text.parse::<f64>().ok().and_then(Number::from_f64) {
        Some(number) => Json::Number(number),
        None => Json::String(text.to_owned()),
    }
}

impl<'d> Importer<'d> {
    /// The node as JSON with intrinsic functions evaluated and AWS variables replaced.
    pub(super) fn resolved_json(&mut self, node: Node<'d>, what: &str, weight: Weight) -> Json {
        let is_function = super::cloudformation::function(node).is_some_and(|(name, _)| name != "Condition");
        match node.value() {
            Value::Mapping(_) if is_function => {
                let chosen = match self.resolver.outcome(node) {
                    Ok(super::cloudformation::Outcome::Node(chosen)) => Some(chosen),
                    _ => None,
                };
                match chosen {
                    Some(chosen) => self.resolved_json(chosen, what, weight),
                    None => self
                        .text(node, what, weight)
                        .map_or(Json::Null, |text| Json::String(text.into_owned())),
                }
            }
            Value::Mapping(_) => {
                let mut map = Map::new();
                for (key, _, value) in node.entries() {
                    let value = self.resolved_json(value, what, weight);
                    map.insert(key.to_owned(), value);
                }
                Json::Object(map)
            }
            Value::Sequence(_) => {
                Json::Array(node.items().map(|item| self.resolved_json(item, what, weight)).collect())
            }
            Value::String(text) => Json::String(self.resolver.aws_variables(text).into_owned()),
            _ => to_json(node),
        }
    }
}
