//! Whole definitions of APIs: imports and exports.

#[cfg(test)]
mod tests;

use super::{Handler, rest_apis, stages, unknown_api};
use crate::entities::{Deployment, DocumentationVersion, RestApi, Stage};
use crate::export::{self, Export, Extensions, Format};
use crate::import::{self, Imported, Mode, Options};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::input::Input;
use crate::state::below;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "GetExport" => get_export,
        "ImportRestApi" => import_rest_api,
        "PutRestApi" => put_rest_api,
        _ => return None,
    })
}

fn import_rest_api(call: &mut Call<'_>) -> Result<Answer, Error> {
    let options = options(&call.input)?;
    let imported = import::create(call.environment, &call.input.payload, &options)?;
    let view = rest_apis::listed(&imported.api);
    store(call, imported)?;
    Ok(Answer::Json(view))
}

fn put_rest_api(call: &mut Call<'_>) -> Result<Answer, Error> {
    let options = options(&call.input)?;
    let mode = match call.input.text("mode") {
        Some("overwrite") => Mode::Overwrite,
        _ => Mode::Merge,
    };
    let id = call.input.required("restApiId").to_owned();
    let before = call.state.shared::<RestApi>(&id);
    let before = before.ok_or_else(|| unknown_api(call.environment.account_id(), &id))?;
    call.state.writable::<RestApi>(&id)?;
    let imported = import::put(call.environment, &before, &call.input.payload, mode, &options)?;
    let view = rest_apis::view(&imported.api);
    store(call, imported)?;
    Ok(Answer::Json(view))
}

fn options(input: &Input) -> Result<Options, Error> {
    let parameters = input.map("parameters").unwrap_or_default();
    Options::new(&parameters, input.boolean("failOnWarnings").unwrap_or(false))
}

/// Puts an API in place, and the version of its documentation unless there is one of that name.
fn store(call: &mut Call<'_>, imported: Imported) -> Result<(), Error> {
    let Imported { api, documentation_version } = imported;
    let id = api.id.clone();
    if let Some(version) = documentation_version {
        let key = below(&id, &version);
        if call.state.get::<DocumentationVersion>(&key).is_none() {
            let snapshot = DocumentationVersion {
                version,
                created_date: call.environment.now(),
                description: None,
                parts: api.documentation_parts.clone(),
            };
            call.state.put(&key, snapshot)?;
        }
    }
    call.state.put(&id, api)
}

fn get_export(call: &mut Call<'_>) -> Result<Answer, Error> {
    let id = call.input.required("restApiId");
    let stage = below(id, call.input.required("stageName"));
    let stage = call.state.get::<Stage>(&stage).ok_or_else(stages::unknown)?;
    let deployment = below(id, &stage.deployment_id);
    let deployment = call.state.get::<Deployment>(&deployment).ok_or_else(stages::unknown)?;
    let kind = call.input.required("exportType");
    let format = Format::from_name(kind)
        .ok_or_else(|| Error::bad_request(format!("No API exporter for type '{kind}'")))?;
    let version = stage.documentation_version.as_deref();
    let documentation =
        version.and_then(|version| call.state.get::<DocumentationVersion>(&below(id, version)));
    let parameters = call.input.map("parameters").unwrap_or_default();
    let export = Export {
        api: &deployment.snapshot,
        stage: &stage.stage_name,
        region: call.environment.region(),
        suffix: call.environment.suffix(),
        documentation,
        extensions: Extensions::new(&parameters),
        format,
    };
    export::file(&export, call.input.text("accepts"))
}
