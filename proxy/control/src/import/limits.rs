//! Quotas of API Gateway that a document can exceed.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>.

use crate::entities::RestApi;
use crate::protocol::error::{Error, ErrorKind};

/// Resources of an API, the root included.
const MAX_RESOURCES: usize = 300;
/// Authorizers of an API.
const MAX_AUTHORIZERS: usize = 10;
/// Bytes of the schemas of all models of an API.
const MAX_MODEL_BYTES: usize = 400 * 1024;
/// Documentation parts of an API.
const MAX_DOCUMENTATION_PARTS: usize = 2_000;

/// How many of a thing an API has.
type Count = fn(&RestApi) -> usize;

/// That an API stays within the quotas, or has no more of a thing than it had.
pub(super) fn check(before: Option<&RestApi>, api: &RestApi) -> Result<(), Error> {
    let counts: [(&str, usize, Count); 4] = [
        ("resources", MAX_RESOURCES, |api| api.resources.len()),
        ("authorizers", MAX_AUTHORIZERS, |api| api.authorizers.len()),
        ("bytes of models", MAX_MODEL_BYTES, model_bytes),
        ("documentation parts", MAX_DOCUMENTATION_PARTS, |api| api.documentation_parts.len()),
    ];
    for (what, most, count) in counts {
        let now = count(api);
        if now > most && before.is_none_or(|before| now > count(before)) {
            let message = format!("Maximum number of {what} for this API has been reached: {now} of {most}.");
            return Err(Error::new(ErrorKind::LimitExceeded, message));
        }
    }
    Ok(())
}

fn model_bytes(api: &RestApi) -> usize {
    api.models.values().filter_map(|model| model.schema.as_ref()).map(String::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::{Authorizer, DocumentationPart, Model, Resource, Shared};

    fn filled(api: RestApi, fill: impl Fn(&mut RestApi, String), count: usize) -> RestApi {
        let mut api = api;
        (0..count).for_each(|number| fill(&mut api, number.to_string()));
        api
    }

    #[test]
    fn quotas_hold_at_their_number_and_not_one_past_it() {
        let resource = |api: &mut RestApi, id| drop(api.resources.insert(id, Shared::<Resource>::default()));
        let authorizer =
            |api: &mut RestApi, id| drop(api.authorizers.insert(id, Shared::<Authorizer>::default()));
        let part =
            |api: &mut RestApi, id| drop(api.documentation_parts.insert(id, DocumentationPart::default()));
        let refused = |count: &dyn Fn(usize) -> RestApi, most: usize| {
            let message = check(None, &count(most + 1)).map_err(|error| error.message.into_owned());
            assert_eq!(check(None, &count(most)), Ok(()));
            assert_eq!(check(Some(&count(most + 1)), &count(most + 1)), Ok(()));
            message
        };
        let of = |what: &str, now: usize, most: usize| {
            Err(format!("Maximum number of {what} for this API has been reached: {now} of {most}."))
        };
        let resources = |count| filled(RestApi::default(), resource, count);
        assert_eq!(refused(&resources, MAX_RESOURCES), of("resources", 301, 300));
        let authorizers = |count| filled(RestApi::default(), authorizer, count);
        assert_eq!(refused(&authorizers, MAX_AUTHORIZERS), of("authorizers", 11, 10));
        let parts = |count| filled(RestApi::default(), part, count);
        assert_eq!(refused(&parts, MAX_DOCUMENTATION_PARTS), of("documentation parts", 2001, 2000));
        let models = |bytes| {
            let model = Model { schema: Some("x".repeat(bytes)), ..Model::default() };
            RestApi { models: [("M".to_owned(), Shared::new(model))].into(), ..RestApi::default() }
        };
        assert_eq!(refused(&models, MAX_MODEL_BYTES), of("bytes of models", 409_601, 409_600));
    }
}
