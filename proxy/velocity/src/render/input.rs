//! `$input`: body and parameters.

use super::Renderer;
use super::context::Question;
use crate::error::{Fault, Outcome, RenderErrorKind};
use crate::json_path::JsonPath;
use crate::source::ParameterKind;
use crate::template::{Call, Literal};
use crate::value::heap::STEPS_TO_COMPILE;
use crate::value::print::JsonStyle;
use crate::value::{MapId, Object, Value};

impl<'a> Renderer<'a> {
    /// The body's text; an empty body is an empty object.
    pub(super) fn body(&self) -> &'a str {
        let body = self.source.body();
        if body.is_empty() { "{}" } else { body }
    }

    /// `$input.path(path)`: what is there, or nothing.
    pub(super) fn input_path(&mut self, call: &'a Call, path: &Value<'a>) -> Outcome<Value<'a>> {
        Ok(self.find(call, path)?.unwrap_or(Value::Null))
    }

    /// `$input.json(path)`: what is there as JSON; two quotes when there is nothing.
    pub(super) fn input_json(&mut self, call: &'a Call, path: &Value<'a>) -> Outcome<Value<'a>> {
        let Some(found) = self.find(call, path)? else { return Ok(Value::Text("\"\"")) };
        let start = self.out.len();
        self.heap.print_json(&found, JsonStyle::Plain, &mut self.out)?;
        self.cut(start).map(Value::Text)
    }

    fn find(&mut self, call: &'a Call, path: &Value<'a>) -> Outcome<Option<Value<'a>>> {
        let invalid = |message: &str| Fault::new(RenderErrorKind::JsonPath, message);
        let computed;
        let path = match &call.literal {
            Literal::Path(Ok(path)) => path,
            Literal::Path(Err(message)) => return Err(invalid(message)),
            _ => {
                let text = self.text_of(path)?;
                // A path costs what its regular expressions cost.
                let patterns = text.matches("=~").count();
                self.heap.spend(text.len() + patterns * STEPS_TO_COMPILE)?;
                computed = JsonPath::parse(text).map_err(|message| invalid(&message))?;
                &computed
            }
        };
        match self.json()? {
            Some(root) => path.find(&root, &mut self.heap),
            None => Ok(None),
        }
    }

    /// The body as JSON, parsed at the first use; nothing when it is none.
    fn json(&mut self) -> Outcome<Option<Value<'a>>> {
        if let Some(json) = self.json {
            return Ok(json);
        }
        let json = crate::json::parse(self.body(), &mut self.heap)?;
        self.json = Some(json);
        Ok(json)
    }

    /// `$input.params()` and `$input.params(name)`.
    pub(super) fn input_params(&mut self, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
        match arguments {
            [] => Ok(Value::Object(Object::Parameters)),
            [name] => {
                let name = self.text_of(name)?;
                for kind in ParameterKind::ALL {
                    let value = self.parameter(kind, name)?;
                    if !value.is_nothing() {
                        return Ok(value);
                    }
                }
                Ok(Value::EMPTY)
            }
            _ => Ok(Value::Null),
        }
    }

    pub(super) fn parameter(&mut self, kind: ParameterKind, name: &'a str) -> Outcome<Value<'a>> {
        if let Some(map) = self.parameters_of[kind as usize] {
            return Ok(self.heap.map(map).get(name).copied().unwrap_or(Value::Undefined));
        }
        Ok(self.ask(Question::Parameter(kind), name)?.map_or(Value::Undefined, Value::Text))
    }

    pub(super) fn parameters_of(&mut self, kind: ParameterKind) -> Outcome<MapId> {
        if let Some(map) = self.parameters_of[kind as usize] {
            return Ok(map);
        }
        let mut pairs = Vec::new();
        self.source.each_parameter(kind, &mut |name, value| pairs.push((name.to_owned(), value.to_owned())));
        let map = self.map_of(pairs)?;
        self.parameters_of[kind as usize] = Some(map);
        Ok(map)
    }

    /// The map that an object of API Gateway is, for what is asked of it as a whole.
    pub(super) fn whole(&mut self, object: Object) -> Outcome<Option<MapId>> {
        Ok(Some(match object {
            Object::StageVariables => self.stage_variable_map()?,
            Object::ParametersOf(kind) => self.parameters_of(kind)?,
            Object::Context => self.context_map("")?,
            Object::Parameters => {
                if let Some(map) = self.parameters {
                    return Ok(Some(map));
                }
                let map = self.heap.new_map()?;
                for kind in ParameterKind::ALL {
                    let values = Value::Map(self.parameters_of(kind)?);
                    self.heap.put(map, Value::Text(kind.name()), values)?;
                }
                self.parameters = Some(map);
                map
            }
            Object::Input | Object::Util | Object::Loop(_) => return Ok(None),
        }))
    }
}
