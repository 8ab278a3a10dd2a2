//! Calls of methods: which value has which.

use super::Renderer;
use crate::error::Outcome;
use crate::methods::{Method, list, map, number, string};
use crate::template::Call;
use crate::value::{Object, Value};

/// Most arguments a method has. With more there is no such method.
const MAX_ARGUMENTS: usize = 2;

impl<'a> Renderer<'a> {
    #[inline(never)]
    pub(super) fn call(&mut self, value: &Value<'a>, call: &'a Call) -> Outcome<Value<'a>> {
        let place = self.place;
        let mut arguments = [const { Value::Undefined }; MAX_ARGUMENTS];
        let count = call.arguments.len();
        self.enter()?;
        for (at, argument) in call.arguments.iter().enumerate() {
            let argument = self.operand(argument)?;
            if let Some(place) = arguments.get_mut(at) {
                *place = argument;
            }
        }
        self.levels -= 1;
        self.place = place;
        let Some(arguments) = arguments.get(..count) else { return Ok(Value::Null) };
        match (value, call.method, arguments) {
            (Value::Object(Object::Input), method, arguments) => self.input(call, method, arguments),
            (Value::Object(Object::Util), method, [argument]) => self.util(method, argument),
            (Value::Block(_), ..) => Ok(Value::Null),
            (Value::Context(prefix), Method::Get, [name]) => {
                let name = self.text_of(name)?;
                self.context_below(prefix, name)
            }
            (Value::Context(_), Method::ToString, []) => Ok(Value::EMPTY),
            (Value::Context(prefix), ..) => {
                let map = self.context_map(prefix)?;
                self.of_map(map, call.method, arguments)
            }
            (Value::Object(object), Method::Get, [name]) if self.is_map(*object) => {
                let name = self.text_of(name)?;
                self.property(value, name)
            }
            (Value::Object(object), method, arguments) => match self.whole(*object)? {
                Some(map) => self.of_map(map, method, arguments),
                None => Ok(Value::Null),
            },
            (_, Method::ToString, []) => self.text_of(value).map(Value::Text),
            (_, Method::Equals, [other]) => {
                let depth = self.heap.limits.value_depth;
                Ok(Value::Bool(self.heap.same(value, other, depth)?))
            }
            (Value::Text(text), _, arguments) => string::call(text, call, arguments, &mut self.heap),
            (Value::List(list), method, arguments) => list::call(*list, method, arguments, &mut self.heap),
            (Value::Map(map), method, arguments) => self.of_map(*map, method, arguments),
            (Value::Entry(_), Method::GetKey, []) => self.property(value, "key"),
            (Value::Entry(_), Method::GetValue, []) => self.property(value, "value"),
            (_, method, arguments) if value.is_number() => {
                number::call(value, method, arguments, &mut self.heap)
            }
            _ => Ok(Value::Null),
        }
    }

    fn input(&mut self, call: &'a Call, method: Method, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
        match (method, arguments) {
            (Method::Path, [path]) => self.input_path(call, path),
            (Method::Json, [path]) => self.input_json(call, path),
            (Method::Params, arguments) => self.input_params(arguments),
            _ => Ok(Value::Null),
        }
    }

    fn is_map(&self, object: Object) -> bool {
        !matches!(object, Object::Input | Object::Util | Object::Loop(_))
    }

    fn of_map(
        &mut self,
        map: crate::value::MapId,
        method: Method,
        arguments: &[Value<'a>],
    ) -> Outcome<Value<'a>> {
        if let (Method::ToString, []) = (method, arguments) {
            return self.text_of(&Value::Map(map)).map(Value::Text);
        }
        // `putAll($input.params().header)`.
        if let (Method::PutAll, [Value::Object(object)]) = (method, arguments) {
            let other = self.whole(*object)?.map_or(Value::Null, Value::Map);
            return map::call(map, method, &[other], &mut self.heap);
        }
        map::call(map, method, arguments, &mut self.heap)
    }
}
