//! Sample mapping templates, which give a body the structure of a model.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_GetModelTemplate.html>; its example has constants
//! for values.

use super::references::{self, Target};
use crate::entities::{Model, RestApi};
use serde_json::Value;
use std::collections::BTreeMap;

/// Length from which nothing is unfolded any more, in bytes: schemas can refer to each other so that they double.
pub(super) const TEMPLATE_BYTES: usize = 300 * 1024;
/// Deepest nesting of objects, arrays and references that is unfolded.
const DEPTH: usize = 32;

/// A mapping template with a sample for each property of a model.
pub(super) fn template(api: &RestApi, model: &Model) -> String {
    let models = api.models.iter().filter_map(|(name, model)| {
        let schema = serde_json::from_str(model.schema.as_deref()?).ok()?;
        Some((name.as_str(), schema))
    });
    let models: BTreeMap<&str, Value> = models.collect();
    let mut writer = Writer { api, models: &models, above: Vec::new(), out: String::new() };
    writer.out.push_str("#set($inputRoot = $input.path('$'))\n");
    match models.get(model.name.as_str()) {
        Some(schema) => writer.value(schema, schema, 0),
        None => writer.out.push_str("{ }"),
    }
    writer.out
}

struct Writer<'w> {
    api: &'w RestApi,
    models: &'w BTreeMap<&'w str, Value>,
    /// What is being unfolded, from the outside in; by address.
    above: Vec<&'w Value>,
    out: String,
}

impl<'w> Writer<'w> {
    /// A sample for `schema`, which stands in the model `root`.
    fn value(&mut self, root: &'w Value, schema: &'w Value, indent: usize) {
        let is_round = self.above.iter().any(|above| std::ptr::eq(*above, schema));
        if is_round || self.above.len() >= DEPTH || self.out.len() >= TEMPLATE_BYTES {
            self.out.push_str("{ }");
            return;
        }
        self.above.push(schema);
        self.unfold(root, schema, indent);
        self.above.pop();
    }

    fn unfold(&mut self, root: &'w Value, schema: &'w Value, indent: usize) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return match self.follow(root, reference) {
                Some((root, schema)) => self.value(root, schema, indent),
                None => self.out.push_str("{ }"),
            };
        }
        if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
            return self.out.push_str(&first.to_string());
        }
        match kind(schema) {
            "object" => self.object(root, schema, indent),
            "array" => self.array(root, schema, indent),
            "string" => self.out.push_str("\"foo\""),
            "integer" => self.out.push_str("42"),
            "number" => self.out.push_str("3.1415"),
            "boolean" => self.out.push_str("true"),
            "null" => self.out.push_str("null"),
            _ => match alternative(schema) {
                Some(other) => self.value(root, other, indent),
                None => self.out.push_str("{ }"),
            },
        }
    }

    fn object(&mut self, root: &'w Value, schema: &'w Value, indent: usize) {
        let Some(properties) =
            schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty())
        else {
            return self.out.push_str("{ }");
        };
        self.out.push_str("{\n");
        for (index, (name, property)) in properties.iter().enumerate() {
            if index > 0 {
                self.out.push_str(",\n");
            }
            self.indent(indent + 1);
            self.out.push_str(&Value::from(name.as_str()).to_string());
            self.out.push_str(" : ");
            self.value(root, property, indent + 1);
        }
        self.out.push('\n');
        self.indent(indent);
        self.out.push('}');
    }

    fn array(&mut self, root: &'w Value, schema: &'w Value, indent: usize) {
        let items = schema.get("items");
        let Some(items) = items.and_then(|items| if items.is_array() { items.get(0) } else { Some(items) })
        else {
            return self.out.push_str("[ ]");
        };
        self.out.push_str("[\n");
        self.line(indent + 1, "## Let this loop go over the array of the input.");
        self.line(indent + 1, "#foreach($elem in $inputRoot)");
        self.indent(indent + 2);
        self.value(root, items, indent + 2);
        self.out.push_str("#if($foreach.hasNext),#end\n");
        self.line(indent + 1, "#end");
        self.indent(indent);
        self.out.push(']');
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.indent(indent);
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n("  ", indent));
    }

    /// The model that a reference leads into, and where it leads there.
    fn follow(&self, root: &'w Value, reference: &str) -> Option<(&'w Value, &'w Value)> {
        match references::target(reference, &self.api.id) {
            Target::Within(pointer) => Some((root, root.pointer(pointer)?)),
            Target::Model(name) => self.models.get(name).map(|schema| (schema, schema)),
            Target::Unknown => None,
        }
    }
}

/// The type of a schema, also where it does not say.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "",
    }
}

/// The first of the schemas that a schema is made of, unless it is that of null.
fn alternative(schema: &Value) -> Option<&Value> {
    let lists = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|name| schema.get(name)?.as_array());
    lists.flatten().find(|schema| kind(schema) != "null")
}
