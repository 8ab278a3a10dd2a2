//! `$context` and `$stageVariables`, and what the source is asked.

use super::Renderer;
use crate::error::Outcome;
use crate::overrides::OverrideMaps;
use crate::source::ParameterKind;
use crate::value::{Map, MapId, Value};

/// What the source is asked for by a name.
#[derive(Clone, Copy)]
pub(super) enum Question {
    Parameter(ParameterKind),
    Context,
    StageVariable,
}

/// Answers of the source by name, nothing where it has none: a loop asks once.
#[derive(Default)]
pub(super) struct Answers<'a>([Map<'a>; 5]);

/// Most answers that are kept of one kind. Names can be computed.
const MAX_ANSWERS: usize = 64;

impl<'a> Answers<'a> {
    fn of(&mut self, question: Question) -> &mut Map<'a> {
        &mut self.0[match question {
            Question::Parameter(kind) => kind as usize,
            Question::Context => 3,
            Question::StageVariable => 4,
        }]
    }
}

impl<'a> Renderer<'a> {
    pub(super) fn ask(&mut self, question: Question, name: &'a str) -> Outcome<Option<&'a str>> {
        let known = self.answers.of(question);
        if let Some(known) = known.get(name) {
            return Ok(known.as_text());
        }
        let is_kept = known.len() < MAX_ANSWERS;
        let answer = match question {
            Question::Parameter(kind) => self.source.parameter(kind, name),
            Question::Context => self.source.context(name),
            Question::StageVariable => self.source.stage_variable(name),
        };
        let answer = match answer {
            None => None,
            Some(std::borrow::Cow::Borrowed(text)) => Some(text),
            Some(std::borrow::Cow::Owned(text)) => {
                // Once for each is part of the message; again and again is work of the template.
                if !is_kept {
                    self.heap.take(text.len())?;
                }
                Some(self.heap.keep(text))
            }
        };
        if is_kept {
            let answer = answer.map_or(Value::Undefined, Value::Text);
            self.answers.of(question).insert(Value::Text(name), answer);
        }
        Ok(answer)
    }

    /// A variable by its dotted name; where there is none, what may be below that name.
    pub(super) fn context_variable(&mut self, name: &'a str) -> Outcome<Value<'a>> {
        Ok(self.ask(Question::Context, name)?.map_or(Value::Context(name), Value::Text))
    }

    /// The same for a name below another.
    pub(super) fn context_below(&mut self, prefix: &str, name: &str) -> Outcome<Value<'a>> {
        let name = self.heap.made([prefix, ".", name].concat())?;
        self.context_variable(name)
    }

    /// `$context.requestOverride` and `$context.responseOverride`.
    pub(super) fn overrides(&mut self) -> Outcome<OverrideMaps> {
        if let Some(maps) = self.overrides {
            return Ok(maps);
        }
        let maps = OverrideMaps::new(self.source.overrides(), &mut self.heap)?;
        self.overrides = Some(maps);
        Ok(maps)
    }

    /// The variables below a dotted name, or all of them, as a map. Prints nothing, as on API Gateway.
    pub(super) fn context_map(&mut self, name: &str) -> Outcome<MapId> {
        let map = self.heap.new_map()?;
        self.heap.map_mut(map).is_silent = true;
        let mut keys = Vec::new();
        self.source.each_context_key(name, &mut |key| keys.push(key.to_owned()));
        for key in keys {
            let key = self.heap.made(key)?;
            let value = match (name, key) {
                ("", "requestOverride") => Value::Map(self.overrides()?.request),
                ("", "responseOverride") => Value::Map(self.overrides()?.response),
                ("", key) => self.context_variable(key)?,
                (name, key) => self.context_below(name, key)?,
            };
            self.heap.put(map, Value::Text(key), value)?;
        }
        Ok(map)
    }

    pub(super) fn stage_variable(&mut self, name: &'a str) -> Outcome<Value<'a>> {
        if let Some(map) = self.stage_variables {
            return Ok(self.heap.map(map).get(name).copied().unwrap_or(Value::Undefined));
        }
        Ok(self.ask(Question::StageVariable, name)?.map_or(Value::Undefined, Value::Text))
    }

    pub(super) fn stage_variable_map(&mut self) -> Outcome<MapId> {
        if let Some(map) = self.stage_variables {
            return Ok(map);
        }
        let mut pairs = Vec::new();
        self.source.each_stage_variable(&mut |name, value| pairs.push((name.to_owned(), value.to_owned())));
        let map = self.map_of(pairs)?;
        self.stage_variables = Some(map);
        Ok(map)
    }

    pub(super) fn map_of(&mut self, pairs: Vec<(String, String)>) -> Outcome<MapId> {
        let map = self.heap.new_map()?;
        for (name, value) in pairs {
            let name = self.heap.made(name)?;
            let value = self.heap.made(value)?;
            self.heap.put(map, Value::Text(name), Value::Text(value))?;
        }
        Ok(map)
    }
}
