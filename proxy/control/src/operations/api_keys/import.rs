//! API keys from a file.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-key-file-format.html>.

use super::super::usage_plans;
use super::csv::{self, Row};
use super::{ID_CHARS, check, check_count};
use crate::entities::ApiKey;
use crate::environment;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use indexmap::IndexSet;
use serde_json::json;
use std::collections::HashMap;

/// Adds the keys of a file, or replaces those that have the same value.
pub(super) fn import(call: &mut Call<'_>) -> Result<Answer, Error> {
    let text = std::str::from_utf8(&call.input.payload)
        .map_err(|_| Error::bad_request("The file of API Keys is not UTF-8."))?;
    let rows = csv::rows(text).map_err(|line| {
        Error::bad_request(format!(
            "Line {line} of the file of API Keys has a value whose quotes do not end."
        ))
    })?;
    let mut rows = rows.into_iter();
    let columns = Columns::find(rows.next())?;
    let all = call.state.list::<ApiKey>("").into_iter();
    let mut imported = Imported {
        ids_by_value: all.map(|(id, key)| (key.value.clone(), id.to_owned())).collect(),
        ids: IndexSet::new(),
        warnings: Vec::new(),
    };
    for row in rows {
        if let Err(error) = imported.add(call, &columns, &row) {
            imported.warnings.push(format!("Line {}: {}", row.line, error.message));
        }
    }
    check_count(imported.ids_by_value.len())?;
    let Imported { ids, warnings, .. } = imported;
    if !warnings.is_empty() && call.input.boolean("failOnWarnings").unwrap_or(false) {
        return Err(Error::bad_request(format!("Warnings found during import: {}", warnings.join("; "))));
    }
    Ok(Answer::Json(json!({"ids": ids, "warnings": warnings})))
}

struct Imported {
    ids_by_value: HashMap<String, String>,
    ids: IndexSet<String>,
    warnings: Vec<String>,
}

impl Imported {
    /// # Errors
    /// When there is no key in the row; one that cannot join its usage plans is there all the same.
    fn add(&mut self, call: &mut Call<'_>, columns: &Columns, row: &Row) -> Result<(), Error> {
        let key = columns.key(row)?;
        let id = self.put(call, key)?;
        for plan in columns.plans(row) {
            if let Err(error) = usage_plans::join(&mut call.state, plan, &id, true) {
                let warning = format!("Line {}: usage plan {plan}: {}", row.line, error.message);
                self.warnings.push(warning);
            }
        }
        self.ids.insert(id);
        Ok(())
    }

    fn put(&mut self, call: &mut Call<'_>, new: ApiKey) -> Result<String, Error> {
        let (now, created_ms) = (call.environment.now(), call.environment.now_ms());
        let there = self.ids_by_value.get(&new.value).cloned();
        let id = there.unwrap_or_else(|| environment::id(call.environment, ID_CHARS));
        let mut key = call.state.get::<ApiKey>(&id).cloned().unwrap_or_default();
        if key.id.is_empty() {
            key = ApiKey { id: id.clone(), value: new.value, created_date: now, created_ms, ..key };
            self.ids_by_value.insert(key.value.clone(), id.clone());
        }
        let ApiKey { name, description, enabled, .. } = new;
        call.state.put(&id, ApiKey { name, description, enabled, last_updated_date: now, ..key })?;
        Ok(id)
    }
}

/// Where the columns stand that have a meaning; others have none.
struct Columns {
    name: usize,
    key: usize,
    description: Option<usize>,
    enabled: Option<usize>,
    plans: Option<usize>,
}

impl Columns {
    fn find(header: Option<Row>) -> Result<Self, Error> {
        let header = header.map(|row| row.fields).unwrap_or_default();
        let find = |name: &str| header.iter().position(|field| field.eq_ignore_ascii_case(name));
        let required = |name: &str| {
            let message = format!("The file of API Keys has no column '{name}'.");
            find(name).ok_or_else(|| Error::bad_request(message))
        };
        Ok(Self {
            name: required("name")?,
            key: required("key")?,
            description: find("description"),
            enabled: find("enabled"),
            plans: find("usageplanids"),
        })
    }

    fn key(&self, row: &Row) -> Result<ApiKey, Error> {
        let given = |column| Some(field(row, column).to_owned()).filter(|text| !text.is_empty());
        let value = given(Some(self.key)).ok_or_else(|| Error::bad_request("The API Key has no value"))?;
        let enabled = field(row, self.enabled);
        let key = ApiKey {
            value,
            name: given(Some(self.name)),
            description: given(self.description),
            enabled: enabled.is_empty() || enabled.eq_ignore_ascii_case("true"),
            ..ApiKey::default()
        };
        check(&key)?;
        Ok(key)
    }

    fn plans<'r>(&self, row: &'r Row) -> impl Iterator<Item = &'r str> + use<'r> {
        field(row, self.plans).split(',').map(str::trim).filter(|plan| !plan.is_empty())
    }
}

fn field(row: &Row, column: Option<usize>) -> &str {
    column.and_then(|column| row.fields.get(column)).map_or("", String::as_str)
}
