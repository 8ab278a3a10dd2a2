//! `$context` and `$stageVariables`.

use super::Renderer;
use crate::error::Outcome;
use crate::overrides::OverrideMaps;
use crate::value::{MapId, Text, Value};

impl<'a> Renderer<'a> {
    /// A variable by its dotted name; where there is none, what may be below that name.
    pub(super) fn context_variable(&self, name: &str) -> Value<'a> {
        match self.source.context(name) {
            Some(text) => Value::text(text),
            None => Value::Context(name.into()),
        }
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
            let value = match (name, key.as_str()) {
                ("", "requestOverride") => Value::Map(self.overrides()?.request),
                ("", "responseOverride") => Value::Map(self.overrides()?.response),
                ("", key) => self.context_variable(key),
                (name, key) => self.context_variable(&format!("{name}.{key}")),
            };
            let key = self.heap.made(key)?;
            self.heap.put(map, key, value)?;
        }
        Ok(map)
    }

    pub(super) fn stage_variable(&self, name: &str) -> Value<'a> {
        if let Some(map) = self.stage_variables {
            return self.heap.map(map).get(name).cloned().unwrap_or(Value::Undefined);
        }
        self.source.stage_variable(name).map_or(Value::Undefined, Value::text)
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
            self.heap.put(map, name, value)?;
        }
        Ok(map)
    }
}

/// Texts of the source are borrowed from it or, when it had to make them, shared.
impl<'a> Value<'a> {
    pub(super) fn borrowed(text: &'a str) -> Self {
        Value::Text(Text::Borrowed(text))
    }
}
