//! OpenAPI documents: from files, and from exports of a node.

use super::args::{Asked, Reading};
use super::failure::Failure;
use crate::input;
use crate::show::{self, Line};
use bytes::Bytes;
use edgewit_model::api::RestApi;
use edgewit_model::{Finding, ImportOptions, Imported, import};
use std::path::Path;

/// A document as it was read.
#[derive(Debug)]
pub(crate) struct Document {
    /// How messages call it.
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

impl Document {
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let name = input::name(file);
        match input::read(file) {
            Ok(bytes) => Ok(Self { name, bytes: bytes.into() }),
            Err(error) => Err(Failure::Input(format!("{name} cannot be read: {error}"))),
        }
    }

    /// What kind of document it is sent as.
    pub(crate) fn content_type(&self) -> &'static str {
        let is_json = self.bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        if is_json { "application/json" } else { "application/yaml" }
    }

    pub(crate) fn import(&self, options: &ImportOptions) -> Imported {
        import(&self.name, &String::from_utf8_lossy(&self.bytes), options)
    }

    /// The API that the document defines; what is wrong with it goes to stderr.
    pub(crate) fn api(&self, options: &ImportOptions) -> Result<RestApi, Failure> {
        let Imported { api, findings, .. } = self.import(options);
        api.ok_or_else(|| {
            let errors = tell_errors(&findings);
            Failure::Input(format!("{} has {errors} {}", self.name, Line::plural(errors, "error")))
        })
    }
}

/// Takes over from an API what a document leaves open: an import over the API keeps it.
pub(crate) fn keep_unsaid(document: &Document, old: &RestApi, new: &mut RestApi) {
    let text = String::from_utf8_lossy(&document.bytes);
    if !text.contains("disableExecuteApiEndpoint") {
        new.endpoint.disable_execute_api_endpoint = old.endpoint.disable_execute_api_endpoint;
    }
    if !text.contains("vpcEndpointIds") {
        new.endpoint.vpc_endpoint_ids.clone_from(&old.endpoint.vpc_endpoint_ids);
    }
}

/// Writes the errors among findings to stderr and returns how many there are.
pub(crate) fn tell_errors(findings: &[Finding]) -> usize {
    let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.is_error()).collect();
    errors.iter().for_each(|finding| show::err(&finding.to_string()));
    errors.len()
}

/// How documents are read.
pub(crate) fn options(asked: &Asked, reading: &Reading) -> ImportOptions {
    ImportOptions {
        region: asked.region.clone(),
        account_id: reading.account.clone(),
        ..ImportOptions::default()
    }
}

/// The API of an export.
pub(crate) fn exported(export: &str, options: &ImportOptions) -> Result<RestApi, Failure> {
    let Imported { api, partial, findings } = import("export", export, options);
    // APIs that were made call by call may have what no document may; what is understood of them is shown.
    if api.is_none() {
        tell_errors(&findings);
    }
    api.or(partial)
        .ok_or_else(|| Failure::Environment("the node exports something that is no document".to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn json_is_told_from_yaml_by_its_first_character() {
        let sent_as = |text: &'static str| {
            Document { name: String::new(), bytes: Bytes::from_static(text.as_bytes()) }.content_type()
        };
        assert_eq!(sent_as("\n {\"openapi\": 1}"), "application/json");
        assert_eq!(sent_as("openapi: 3.0.1"), "application/yaml");
        assert_eq!(sent_as(""), "application/yaml");
    }

    #[test]
    fn what_a_document_leaves_open_is_kept() {
        let document =
            |text: &'static str| Document { name: String::new(), bytes: Bytes::from_static(text.as_bytes()) };
        let mut old = RestApi::default();
        old.endpoint.disable_execute_api_endpoint = true;
        old.endpoint.vpc_endpoint_ids = vec!["vpce-1".to_owned()];
        let mut new = RestApi::default();
        keep_unsaid(&document("disableExecuteApiEndpoint: false"), &old, &mut new);
        assert!(!new.endpoint.disable_execute_api_endpoint);
        assert_eq!(new.endpoint.vpc_endpoint_ids, old.endpoint.vpc_endpoint_ids);
        keep_unsaid(&document("{}"), &old, &mut new);
        assert!(new.endpoint.disable_execute_api_endpoint);
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let failure = Document::read(Path::new("/nowhere/api.yaml")).unwrap_err();
        assert!(failure.text().starts_with("edgewit: /nowhere/api.yaml cannot be read: "), "{failure:?}");
        assert_eq!(failure.code(), 1);
    }
}
