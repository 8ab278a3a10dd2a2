//! References, and what is asked of them.

use super::Renderer;
use super::expression::as_key;
use crate::error::{Fault, Outcome, RenderErrorKind};
use crate::source::ParameterKind;
use crate::template::{Expression, LoopMember, Reference, Set, Step};
use crate::value::{ListId, Object, Value};

impl<'a> Renderer<'a> {
    pub(super) fn reference(&mut self, reference: &'a Reference) -> Outcome<Value<'a>> {
        let mut value = self.variables[reference.variable];
        self.place = reference.place;
        let mut steps = &*reference.steps;
        // What most references are.
        if let [Step::Property(name, member)] = steps {
            match value {
                Value::Map(map) => {
                    self.heap.spend(1)?;
                    return Ok(self.heap.map(map).member(name));
                }
                Value::Object(Object::Loop(depth)) => {
                    self.heap.spend(1)?;
                    return Ok(self.loop_member(depth, *member));
                }
                _ => {}
            }
        }
        if let (Some((name, count)), Value::Object(Object::Context)) = (&reference.dotted, &value) {
            value = self.context_variable(name)?;
            steps = &steps[*count..];
        }
        self.follow(value, steps)
    }

    fn follow(&mut self, mut value: Value<'a>, steps: &'a [Step]) -> Outcome<Value<'a>> {
        for step in steps {
            if value.is_nothing() {
                break;
            }
            self.heap.spend(1)?;
            value = match step {
                Step::Property(name, _) if let Value::Map(map) = value => self.heap.map(map).member(name),
                Step::Property(_, member) if let Value::Object(Object::Loop(depth)) = value => {
                    self.loop_member(depth, *member)
                }
                Step::Property(name, _) => self.property(&value, name)?,
                Step::Index(index) => self.index(&value, index)?,
                Step::Call(call) => self.call(&value, call)?,
            };
        }
        Ok(value)
    }

    /// `.name`: a key of a map, or what an object has under the name.
    pub(super) fn property(&mut self, value: &Value<'a>, name: &'a str) -> Outcome<Value<'a>> {
        Ok(match value {
            Value::Map(id) => self.heap.map(*id).member(name),
            Value::Context(prefix) => self.context_below(prefix, name)?,
            Value::Object(object) => self.object_property(*object, name)?,
            Value::Entry(id) => match name {
                "key" => self.heap.list(*id).items[0],
                "value" => self.heap.list(*id).items[1],
                _ => Value::Null,
            },
            // Java beans: `isEmpty()` is the property `empty`.
            Value::List(id) if name == "empty" => Value::Bool(self.heap.list(*id).items.is_empty()),
            Value::Text(text) if name == "empty" => Value::Bool(text.is_empty()),
            _ => Value::Null,
        })
    }

    fn object_property(&mut self, object: Object, name: &'a str) -> Outcome<Value<'a>> {
        Ok(match object {
            Object::Input if name == "body" => Value::Text(self.body()),
            Object::Input | Object::Util => Value::Null,
            Object::Context => match name {
                "requestOverride" => Value::Map(self.overrides()?.request),
                "responseOverride" => Value::Map(self.overrides()?.response),
                name => self.context_variable(name)?,
            },
            Object::StageVariables => self.stage_variable(name)?,
            Object::Parameters => {
                if let Some(map) = self.parameters {
                    return self.property(&Value::Map(map), name);
                }
                let kind = ParameterKind::ALL.into_iter().find(|kind| kind.name() == name);
                kind.map_or(Value::Null, |kind| Value::Object(Object::ParametersOf(kind)))
            }
            Object::ParametersOf(kind) => self.parameter(kind, name)?,
            Object::Loop(depth) => self.loop_member(depth, LoopMember::from_name(name)),
        })
    }

    /// `$foreach.index` and its like; nothing when the loop has ended.
    fn loop_member(&self, depth: usize, member: LoopMember) -> Value<'a> {
        let Some(state) = self.loops.get(depth) else { return Value::Null };
        match member {
            LoopMember::Index => Value::count(state.index),
            LoopMember::Count => Value::count(state.index + 1),
            LoopMember::HasNext => Value::Bool(state.index + 1 < state.length),
            LoopMember::First => Value::Bool(state.index == 0),
            LoopMember::Last => Value::Bool(state.index + 1 == state.length),
            LoopMember::Parent if depth > 0 => Value::Object(Object::Loop(depth - 1)),
            LoopMember::Topmost => Value::Object(Object::Loop(0)),
            LoopMember::Parent | LoopMember::Unknown => Value::Null,
        }
    }

    /// `[index]`.
    #[inline(never)]
    fn index(&mut self, value: &Value<'a>, index: &'a Expression) -> Outcome<Value<'a>> {
        let index = &self.operand(index)?;
        match value {
            Value::List(id) => Ok(match self.position(*id, index) {
                Some(at) => self.heap.list(*id).items[at],
                None => Value::Null,
            }),
            Value::Map(id) => {
                self.heap.spend(self.heap.map(*id).search_cost(index))?;
                Ok(self.heap.map(*id).get_by(&as_key(*index)).copied().unwrap_or(Value::Null))
            }
            value => {
                let name = self.text_of(index)?;
                self.property(value, name)
            }
        }
    }

    /// Where an index points in a list; negative ones count from the end.
    fn position(&self, list: ListId, index: &Value<'a>) -> Option<usize> {
        let length = self.heap.list(list).items.len();
        let index = index.as_integer()?;
        let at = if index < 0 {
            length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
        } else {
            usize::try_from(index).ok()?
        };
        (at < length).then_some(at)
    }

    /// Sets what is within a variable.
    #[inline(never)]
    pub(super) fn set_within(&mut self, set: &'a Set, value: Value<'a>) -> Outcome<()> {
        let Some((last, steps)) = set.target.steps.split_last() else { return Ok(()) };
        let container = self.variables[set.target.variable];
        let container = self.follow(container, steps)?;
        let container = match container {
            Value::Object(object) => self.whole(object)?.map_or(Value::Null, Value::Map),
            other => other,
        };
        match (container, last) {
            (Value::Map(map), Step::Property(name, _)) => self.put_name(map, name, value),
            (Value::Map(map), Step::Call(call)) => self.put_name(map, &call.name, value),
            (Value::Map(map), Step::Index(index)) => {
                let key = self.expression(index)?;
                self.heap.put(map, as_key(key), value).map(drop)
            }
            (Value::List(list), Step::Index(index)) => {
                let index = self.expression(index)?;
                match self.position(list, &index) {
                    Some(at) => self.heap.list_mut(list).items[at] = value,
                    None if index.as_integer().is_some() => {
                        let length = self.heap.list(list).items.len();
                        return Err(outside(index.as_integer().unwrap_or_default(), length, "elements"));
                    }
                    None => {}
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn put_name(&mut self, map: crate::value::MapId, name: &'a str, value: Value<'a>) -> Outcome<()> {
        self.heap.put(map, Value::Text(name), value).map(drop)
    }
}

/// An index that Java throws an exception for.
#[cold]
pub(crate) fn outside(index: i64, length: usize, unit: &str) -> Box<Fault> {
    Fault::new(
        RenderErrorKind::Index,
        format!("found the index {index}, expected one within {length} {unit}"),
    )
}
