//! Imports: OpenAPI documents to entities.
//!
//! `edgewit-model` reads the documents; here its model becomes what the operations of the control plane work on.
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html>.

mod convert;
pub(crate) mod documentation;
mod ids;
mod integration;
mod limits;
mod merge;
mod messages;
mod options;
mod policy;
#[cfg(test)]
mod tests;

pub(crate) use merge::Mode;
pub(crate) use options::Options;
pub(crate) use policy::expand;

use crate::Environment;
use crate::entities::{DocumentationPart, RestApi};
use crate::environment;
use crate::protocol::error::Error;
use edgewit_model::api;
use edgewit_model::import::{self, ImportLimits, ImportOptions};
use ids::{Ids, Source};
use serde_json::Value;

/// An API as control planes show it that comes from a file of the configuration folder: the same ids in each run.
pub fn from_model(id: &str, model: &api::RestApi, created_date: u64) -> RestApi {
    let mut ids = Ids::new(Source::Derived, None);
    let mut converted = convert::convert(id, model, &mut ids);
    converted.created_date = created_date;
    add_documentation(&mut converted, documentation::own_parts(model), &mut ids);
    converted
}

/// What came of a document.
pub(crate) struct Imported {
    /// The API; of an existing one also with what the document leaves alone.
    pub(crate) api: RestApi,
    /// The version of its documentation that the document names.
    pub(crate) documentation_version: Option<String>,
}

/// A new API from a document.
///
/// # Errors
/// When API Gateway would refuse the document, and for warnings where the options say so.
pub(crate) fn create(
    environment: &mut dyn Environment,
    text: &[u8],
    options: &Options,
) -> Result<Imported, Error> {
    let read = Document::read(environment, text, options)?;
    let id = environment::id(environment, ids::LONG);
    let (region, account) = (environment.region().to_owned(), environment.account_id().to_owned());
    let now = environment.now();
    let mut api = read.entities(&id, &mut Ids::new(Source::Random(environment), None), options);
    api.created_date = now;
    options.apply(&mut api);
    policy::expand_stored(&mut api, &region, &account);
    limits::check(None, &api)?;
    Ok(Imported { api, documentation_version: read.documentation_version(options) })
}

/// A document over an API that is there.
///
/// # Errors
/// As for [`create`].
pub(crate) fn put(
    environment: &mut dyn Environment,
    before: &RestApi,
    text: &[u8],
    mode: Mode,
    options: &Options,
) -> Result<Imported, Error> {
    let read = Document::read(environment, text, options)?;
    let (region, account) = (environment.region().to_owned(), environment.account_id().to_owned());
    let new = read.entities(&before.id, &mut Ids::new(Source::Random(environment), Some(before)), options);
    let mut api = merge::merge(before, new, &read.document, mode);
    if read.is_untitled {
        api.name.clone_from(&before.name);
    }
    options.apply(&mut api);
    policy::expand_stored(&mut api, &region, &account);
    merge::check_tree(&api)?;
    limits::check(Some(before), &api)?;
    Ok(Imported { api, documentation_version: read.documentation_version(options) })
}

/// A document that has been understood.
struct Document {
    model: api::RestApi,
    /// The same as JSON, for what the model does not keep.
    document: Value,
    warnings: Vec<String>,
    is_untitled: bool,
}

impl Document {
    fn read(environment: &dyn Environment, text: &[u8], options: &Options) -> Result<Self, Error> {
        let invalid = || Error::bad_request("Invalid OpenAPI input.");
        let text = std::str::from_utf8(text).map_err(|_| invalid())?;
        let import_options = ImportOptions {
            region: environment.region().to_owned(),
            account_id: environment.account_id().to_owned(),
            base_path_mode: options.base_path,
            ..ImportOptions::default()
        };
        let imported = import::import("openapi", text, &import_options);
        let is = |code: &str| imported.findings.iter().any(|finding| finding.code == code);
        if is("document-malformed") || is("document-not-openapi") {
            return Err(invalid());
        }
        let warnings = messages::warnings(&imported.findings);
        let Some(model) = imported.api else { return Err(messages::refused(&imported.findings)) };
        if options.fail_on_warnings && !warnings.is_empty() {
            return Err(messages::refused(&imported.findings));
        }
        let is_untitled = is("title-missing");
        let document = import::document(text, &ImportLimits::default()).unwrap_or_default();
        Ok(Self { model, document, warnings, is_untitled })
    }

    fn entities(&self, id: &str, ids: &mut Ids<'_>, options: &Options) -> RestApi {
        let mut api = convert::convert(id, &self.model, ids);
        api.warnings.clone_from(&self.warnings);
        if !options.ignore_documentation {
            add_documentation(&mut api, documentation::parts(&self.model, &self.document), ids);
        }
        api
    }

    fn documentation_version(&self, options: &Options) -> Option<String> {
        let version = self.model.documentation_version.clone().filter(|version| !version.is_empty());
        version.filter(|_| !options.ignore_documentation)
    }
}

/// Puts parts in; of two with the same place the last one counts.
fn add_documentation(api: &mut RestApi, parts: Vec<DocumentationPart>, ids: &mut Ids<'_>) {
    let mut by_place: std::collections::BTreeMap<Vec<String>, DocumentationPart> =
        std::collections::BTreeMap::new();
    for part in parts {
        let place = documentation::place(&part.location).map(str::to_owned).to_vec();
        by_place.insert(place, part);
    }
    for mut part in by_place.into_values() {
        part.id = ids.documentation_part(&part);
        api.documentation_parts.insert(part.id.clone(), part);
    }
}
