//! What parameters, mappings and templates must be to be saved.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping.html>.

use crate::entities::{Map, Method, RestApi};
use crate::protocol::error::Error;
use edgewit_mapping::expression::{
    MethodParameter, RequestSource, RequestTarget, ResponseSource, ResponseTarget,
};
use std::collections::BTreeSet;

/// Longest mapping template, in bytes.
pub(super) const TEMPLATE_BYTES: usize = 300 * 1024;

/// Templates by content type; one that is null passes the body on.
pub(super) type Templates = Map<Option<String>>;

/// That declared request parameters are of the form there is, and no name is there twice.
///
/// # Errors
/// Otherwise.
pub(super) fn check_declared<'n>(names: impl IntoIterator<Item = &'n String>) -> Result<(), Error> {
    let (mut seen, mut twice, mut wrong) = (BTreeSet::new(), false, Vec::new());
    for name in names {
        match MethodParameter::parse(name) {
            Ok(
                MethodParameter::Header(name) | MethodParameter::Query(name) | MethodParameter::Path(name),
            ) => twice |= !seen.insert(name),
            Err(_) => wrong.push(expression(name)),
        }
    }
    mappings_refused(&wrong)?;
    if twice {
        return Err(Error::bad_request("Parameter names must be unique across querystring, header and path"));
    }
    Ok(())
}

/// That declared response parameters are headers.
///
/// # Errors
/// Otherwise.
pub(super) fn check_declared_headers<'n>(names: impl IntoIterator<Item = &'n String>) -> Result<(), Error> {
    let wrong: Vec<String> = names
        .into_iter()
        .filter(|name| ResponseTarget::parse(name).is_err())
        .map(|name| expression(name))
        .collect();
    mappings_refused(&wrong)
}

/// That mappings of an integration request are of the form there is, and what they read is declared by the method.
///
/// # Errors
/// Otherwise.
pub(super) fn check_request_mappings<'m>(
    mappings: impl IntoIterator<Item = (&'m String, &'m String)>,
    method: &Method,
) -> Result<(), Error> {
    let mut wrong = Vec::new();
    for (target, source) in mappings {
        if RequestTarget::parse(target).is_err() {
            wrong.push(expression(target));
        }
        match RequestSource::parse(source) {
            Err(_) => wrong.push(expression(source)),
            Ok(parsed) => {
                let undeclared =
                    declaration(&parsed).filter(|name| !method.request_parameters.contains_key(name));
                wrong.extend(undeclared.map(|_| parameter(source)));
            }
        }
    }
    mappings_refused(&wrong)
}

/// What a method declares for a source to be read.
fn declaration(source: &RequestSource) -> Option<String> {
    match source {
        RequestSource::Path(name) => Some(format!("method.request.path.{name}")),
        RequestSource::Query(name) | RequestSource::MultiQuery(name) => {
            Some(format!("method.request.querystring.{name}"))
        }
        RequestSource::Header(name) | RequestSource::MultiHeader(name) => {
            Some(format!("method.request.header.{name}"))
        }
        _ => None,
    }
}

/// That mappings of an integration response are of the form there is, and the headers that they make are declared by
/// the method response of that status.
///
/// # Errors
/// Otherwise.
pub(super) fn check_response_mappings<'m>(
    mappings: impl IntoIterator<Item = (&'m String, &'m String)>,
    method: &Method,
    status_code: &str,
) -> Result<(), Error> {
    let response = method.method_responses.get(status_code);
    let declared = response.and_then(|response| response.response_parameters.as_ref());
    let mut wrong = Vec::new();
    for (target, source) in mappings {
        if ResponseTarget::parse(target).is_err() {
            wrong.push(expression(target));
        } else if declared.is_none_or(|declared| !declared.contains_key(target)) {
            wrong.push(parameter(target));
        }
        if ResponseSource::parse(source).is_err() {
            wrong.push(expression(source));
        }
    }
    mappings_refused(&wrong)
}

/// That templates are below content types and not too long; empty ones become null, as API Gateway has it.
///
/// # Errors
/// Otherwise.
pub(super) fn check_templates(templates: &mut Templates) -> Result<(), Error> {
    for (content_type, template) in templates {
        if !is_content_type(content_type) {
            return Err(Error::bad_request(format!(
                "Validation Result: warnings : [], errors : [Invalid content type specified: {content_type}]"
            )));
        }
        if template.as_ref().is_some_and(|text| text.len() > TEMPLATE_BYTES) {
            return Err(Error::bad_request(format!(
                "Validation Result: warnings : [], errors : [Mapping template for {content_type} exceeds {TEMPLATE_BYTES} bytes]"
            )));
        }
        *template = template.take().filter(|text| !text.is_empty());
    }
    Ok(())
}

fn is_content_type(text: &str) -> bool {
    text == "$default"
        || text.split_once('/').is_some_and(|(kind, subtype)| !kind.is_empty() && !subtype.is_empty())
}

/// That models are those of the API.
///
/// # Errors
/// For the first that is not.
pub(super) fn check_models<'n>(
    api: &RestApi,
    names: impl IntoIterator<Item = &'n String>,
) -> Result<(), Error> {
    match names.into_iter().find(|name| !api.models.contains_key(*name)) {
        Some(name) => Err(Error::bad_request(format!("Invalid model identifier specified: {name}"))),
        None => Ok(()),
    }
}

fn expression(text: &str) -> String {
    format!("Invalid mapping expression specified: {text}")
}

fn parameter(text: &str) -> String {
    format!("Invalid mapping expression parameter specified: {text}")
}

fn mappings_refused(wrong: &[String]) -> Result<(), Error> {
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::bad_request(format!(
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{}]",
        wrong.join(", ")
    )))
}
