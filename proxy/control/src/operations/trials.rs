//! Trials: a method or an authorizer as it is now, without a deployment.

#[cfg(test)]
mod tests;

use super::{Handler, authorizers, client_certificates, methods, resources};
use crate::entities::{ClientCertificate, Map, RestApi};
use crate::protocol::Call;
use crate::protocol::answer::{Answer, Trial, TrialTarget};
use crate::protocol::error::Error;
use crate::protocol::input::Input;
use crate::snapshot::authorizer_names;
use edgewit_model::api::Verb;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "TestInvokeAuthorizer" => test_invoke_authorizer,
        "TestInvokeMethod" => test_invoke_method,
        _ => return None,
    })
}

fn test_invoke_method(call: &mut Call<'_>) -> Result<Answer, Error> {
    let api = call.state.get::<RestApi>(call.input.required("restApiId")).ok_or_else(resources::unknown)?;
    let resource = api.resources.get(call.input.required("resourceId")).ok_or_else(resources::unknown)?;
    let http_method = call.input.required("httpMethod");
    // A verb can be tried on a method that catches all of them.
    let any = || resource.methods.get("ANY").filter(|_| Verb::from_request(http_method).is_some());
    let method = resource.methods.get(http_method).or_else(any);
    let method = method.ok_or_else(methods::unknown)?;
    if method.method_integration.is_none() {
        return Err(Error::bad_request("No integration defined for method"));
    }
    let client_certificate_id = call.input.non_empty("clientCertificateId");
    if let Some(id) = &client_certificate_id {
        call.state.get::<ClientCertificate>(id).ok_or_else(client_certificates::unknown)?;
    }
    let (resource, http_method) = (resource.path.clone(), http_method.to_owned());
    let mut trial = trial(&call.input, TrialTarget::Method { resource, http_method });
    trial.client_certificate_id = client_certificate_id;
    Ok(Answer::Trial(Box::new(trial)))
}

fn test_invoke_authorizer(call: &mut Call<'_>) -> Result<Answer, Error> {
    let api = call.api()?;
    let names = authorizer_names(api);
    let name = names.get(call.input.required("authorizerId")).copied();
    let name = name.ok_or_else(authorizers::unknown)?;
    let additional_context = call.input.map("additionalContext").unwrap_or_default().into_iter().collect();
    let target = TrialTarget::Authorizer { name: name.to_owned(), additional_context };
    Ok(Answer::Trial(Box::new(trial(&call.input, target))))
}

fn trial(input: &Input, target: TrialTarget) -> Trial {
    Trial {
        rest_api_id: input.required("restApiId").to_owned(),
        target,
        path_with_query: input.string("pathWithQueryString"),
        body: input.string("body"),
        headers: headers(input),
        stage_variables: input.map("stageVariables").unwrap_or_default().into_iter().collect(),
        client_certificate_id: None,
    }
}

/// The lines of both members; where both have a name, those with several values count.
fn headers(input: &Input) -> Vec<(String, String)> {
    let several: Map<Vec<String>> = input.value("multiValueHeaders").unwrap_or_default();
    let single = input.map("headers").unwrap_or_default().into_iter();
    let single = single.filter(|(name, _)| !several.keys().any(|other| other.eq_ignore_ascii_case(name)));
    let single: Vec<(String, String)> = single.collect();
    let lines =
        several.iter().flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone())));
    lines.chain(single).collect()
}
