//! What a model may cost.

use crate::limits::Limits;
use serde_json::Value;

/// What the models of one validator may still use.
pub(super) struct Budget<'a> {
    limits: &'a Limits,
    bytes: usize,
    values: usize,
}

impl<'a> Budget<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, bytes: 0, values: 0 }
    }

    /// Accounts for a schema.
    ///
    /// # Errors
    ///
    /// What was found and what the limit is.
    pub(super) fn spend(&mut self, schema: &Value) -> Result<(), String> {
        let limits = self.limits;
        let mut waiting = vec![(schema, 1usize)];
        while let Some((value, depth)) = waiting.pop() {
            self.values += 1;
            if depth > limits.schema_depth {
                return Err(format!("found a schema nested more than {} deep, which is the limit", limits.schema_depth));
            }
            match value {
                Value::String(text) => self.bytes += text.len() + 2,
                Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
                Value::Object(members) => {
                    for (key, member) in members {
                        self.bytes += key.len() + 4;
                        if let ("pattern", Value::String(pattern)) = (key.as_str(), member)
                            && pattern.len() > limits.pattern_bytes
                        {
                            let found = pattern.len();
                            return Err(format!("found a pattern of {found} bytes, the limit is {}", limits.pattern_bytes));
                        }
                        waiting.push((member, depth + 1));
                    }
                }
                _ => self.bytes += 4,
            }
            if self.values > limits.schema_nodes {
                return Err(format!("found more than {} values in it and the models it refers to, which is the limit", limits.schema_nodes));
            }
            if self.bytes > limits.schema_bytes {
                return Err(format!("found more than {} bytes in it and the models it refers to, which is the limit", limits.schema_bytes));
            }
        }
        Ok(())
    }
}
