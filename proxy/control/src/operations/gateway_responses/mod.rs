//! Gateway responses: what the gateway itself answers.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>.

mod patch;
#[cfg(test)]
mod tests;

use super::{Handler, set};
use crate::entities::{GatewayResponse, Map, RestApi, Shared};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::page::page;
use edgewit_mapping::expression::{GatewayResponseTarget, RequestSource};
use edgewit_mapping::template::{Dialect, SubstitutionTemplate};
use edgewit_model::gateway_response::GatewayResponseType;
use serde_json::{Value, json};

/// MIME type of the template that all types have.
const TEMPLATE_TYPE: &str = "application/json";
/// The template itself.
const TEMPLATE: &str = r#"{"message":$context.error.messageString}"#;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "DeleteGatewayResponse" => delete,
        "GetGatewayResponse" => get,
        "GetGatewayResponses" => list,
        "PutGatewayResponse" => put,
        "UpdateGatewayResponse" => update,
        _ => return None,
    })
}

fn put(call: &mut Call<'_>) -> Result<Answer, Error> {
    let kind = kind(call)?;
    let mut response = built_in(kind);
    if let Some(status) = call.input.string("statusCode") {
        response.status_code = Some(status);
    }
    if let Some(parameters) = call.input.map("responseParameters") {
        parameters.iter().try_for_each(|(target, source)| check_parameter(target, source))?;
        response.response_parameters = parameters;
    }
    if let Some(templates) = call.input.map("responseTemplates") {
        templates.iter().try_for_each(|(media_type, template)| check_template(media_type, template))?;
        response.response_templates = templates;
    }
    store(call, kind, response)
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let kind = kind(call)?;
    let configured = call.api()?.gateway_responses.get(kind.as_str());
    let mut response = configured.map_or_else(|| built_in(kind), |response| (**response).clone());
    for operation in &call.input.patch_operations() {
        patch::apply(&mut response, operation)?;
    }
    store(call, kind, response)
}

fn store(call: &mut Call<'_>, kind: GatewayResponseType, response: GatewayResponse) -> Result<Answer, Error> {
    let api = call.edit_api()?;
    api.gateway_responses.insert(kind.as_str().to_owned(), Shared::new(response));
    Ok(Answer::Json(view(api, kind)))
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let kind = kind(call)?;
    Ok(Answer::Json(view(call.api()?, kind)))
}

/// All types, whether configured or not.
fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let api = call.api()?;
    let entries = GatewayResponseType::ALL.into_iter().map(|kind| (kind.as_str(), move || view(api, kind)));
    Ok(Answer::Json(page(&call.input, entries)))
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let kind = kind(call)?;
    match call.edit_api()?.gateway_responses.remove(kind.as_str()) {
        Some(_) => Ok(Answer::Empty),
        None => Err(Error::not_found("Gateway response type not defined on api")),
    }
}

/// The type that the path names, of an API that is there.
fn kind(call: &Call<'_>) -> Result<GatewayResponseType, Error> {
    call.api()?;
    GatewayResponseType::from_name(call.input.required("responseType"))
        .ok_or_else(|| Error::not_found("Gateway response type not defined on api"))
}

/// What a type is before anybody configures it.
fn built_in(kind: GatewayResponseType) -> GatewayResponse {
    GatewayResponse {
        response_type: kind.as_str().to_owned(),
        status_code: kind.default_status().map(|status| status.to_string()),
        response_parameters: Map::new(),
        response_templates: [(TEMPLATE_TYPE.to_owned(), TEMPLATE.to_owned())].into(),
    }
}

/// A type as answers show it. One that is not configured shows what it takes from the default of its family, and says
/// that it is a default all the same.
fn view(api: &RestApi, kind: GatewayResponseType) -> Value {
    let configured = |kind: GatewayResponseType| api.gateway_responses.get(kind.as_str());
    let mut shown = built_in(kind);
    if let Some(response) = configured(kind).or_else(|| configured(kind.family())) {
        shown.status_code = response.status_code.clone().or(shown.status_code);
        shown.response_parameters = response.response_parameters.clone();
        if !response.response_templates.is_empty() {
            shown.response_templates = response.response_templates.clone();
        }
    }
    let mut view = json!({
        "responseType": kind.as_str(),
        "responseParameters": shown.response_parameters,
        "responseTemplates": shown.response_templates,
        "defaultResponse": configured(kind).is_none(),
    });
    set(&mut view, "statusCode", shown.status_code);
    view
}

/// That a parameter can be mapped.
fn check_parameter(target: &str, source: &str) -> Result<(), Error> {
    const INVALID: &str = "Invalid mapping expression specified: Validation Result: warnings : [], errors : ";
    if GatewayResponseTarget::parse(target).is_err() {
        let message = format!("{INVALID}[Invalid mapping expression parameter specified: {target}]");
        return Err(Error::bad_request(message));
    }
    if RequestSource::parse_for_gateway_response(source).is_err() {
        let message = format!("{INVALID}[Invalid mapping expression specified: {source}]");
        return Err(Error::bad_request(message));
    }
    Ok(())
}

/// That a template has a MIME type and is not too long.
fn check_template(media_type: &str, template: &str) -> Result<(), Error> {
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype)) {
        return Err(Error::bad_request(format!(
            "Validation Result: warnings : [], errors : [Invalid content type specified: {media_type}]"
        )));
    }
    match SubstitutionTemplate::parse(template, Dialect::GatewayResponse) {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(Error::bad_request(format!("Invalid template specified for {media_type}: {error}")))
        }
    }
}
