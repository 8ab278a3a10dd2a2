//! Methods, with who may call them.

use super::{Reader, or_none};
use crate::entities;
use edgewit_model::Location;
use edgewit_model::api::{Authorization, Method, MethodResponse};

impl Reader<'_> {
    /// A method; `place` is how findings call it, e.g. `GET /pets`.
    pub(super) fn method(
        &mut self,
        resource: &entities::Resource,
        method: &entities::Method,
        place: &str,
    ) -> Method {
        let at = self.at(place);
        let integration = method.method_integration.as_ref();
        let translated = integration.and_then(|it| self.integration(resource, it, place));
        let responses = method.method_responses.iter().map(|(status, response)| {
            let response = MethodResponse {
                response_parameters: or_none(response.response_parameters.as_ref()),
                response_models: or_none(response.response_models.as_ref()),
            };
            (status.clone(), response)
        });
        Method {
            authorization: self.authorization(method, &at),
            api_key_required: method.api_key_required,
            operation_name: method.operation_name.clone(),
            request_validator: self.request_validator(method, &at),
            request_parameters: method.request_parameters.clone(),
            request_models: method.request_models.clone(),
            responses: responses.collect(),
            integration_refused: integration.is_some() && translated.is_none(),
            integration: translated,
            at,
        }
    }

    /// Who may call: an authorizer that is not there any more refuses everybody where the model is compiled.
    fn authorization(&mut self, method: &entities::Method, at: &Location) -> Authorization {
        let kind = method.authorization_type.as_str();
        if kind.is_empty() || kind.eq_ignore_ascii_case("NONE") {
            return Authorization::None;
        }
        if kind.eq_ignore_ascii_case("AWS_IAM") {
            return Authorization::AwsIam;
        }
        let id = method.authorizer_id.as_deref().unwrap_or_default();
        let name = self.authorizers.get(id).copied();
        if !method.is_with_authorizer() {
            self.error("value-invalid", at, format!("found the unknown `authorizationType` `{kind}`"));
        } else if name.is_none() {
            self.error("authorizer-unknown", at, format!("found the authorizer `{id}`, which is not there"));
        }
        let name = name.unwrap_or(id).to_owned();
        Authorization::Authorizer { name, scopes: method.authorization_scopes.clone() }
    }

    fn request_validator(&mut self, method: &entities::Method, at: &Location) -> Option<(String, Location)> {
        let id = method.request_validator_id.as_deref().filter(|id| !id.is_empty())?;
        match self.validators.get(id) {
            Some(name) => Some(((*name).to_owned(), at.clone())),
            None => {
                let message = format!("found the request validator `{id}`, which is not there");
                self.error("validator-unknown", at, message);
                None
            }
        }
    }
}
