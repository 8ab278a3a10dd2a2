//! APIs made from others (`cloneFrom`).

use super::part_id;
use crate::entities::{
    Authorizer, DocumentationPart, Method, Model, RequestValidator, Resource, RestApi, Shared,
};
use crate::environment::Environment;
use std::collections::{BTreeMap, HashMap};

/// Old ids to new ones.
type Ids = HashMap<String, String>;

/// Copies what an API does, with new ids. What it is called, who may reach it, and its tags are said anew.
pub(super) fn copy(environment: &mut dyn Environment, source: &RestApi, api: &mut RestApi) {
    api.api_key_source.clone_from(&source.api_key_source);
    api.binary_media_types.clone_from(&source.binary_media_types);
    api.minimum_compression_size = source.minimum_compression_size;
    api.gateway_responses.clone_from(&source.gateway_responses);
    for model in source.models.values() {
        // References name the API that a model is of.
        let (old, new) = (models_of(&source.id), models_of(&api.id));
        let schema = model.schema.as_ref().map(|schema| schema.replace(&old, &new));
        let id = part_id(environment, &BTreeMap::<String, ()>::new());
        let model = Model { id, schema, ..(**model).clone() };
        api.models.insert(model.name.clone(), Shared::new(model));
    }
    for part in source.documentation_parts.values() {
        let id = part_id(environment, &api.documentation_parts);
        api.documentation_parts.insert(id.clone(), DocumentationPart { id, ..part.clone() });
    }
    let mut ids = Ids::new();
    for validator in source.request_validators.values() {
        let id = part_id(environment, &api.request_validators);
        ids.insert(validator.id.clone(), id.clone());
        api.request_validators.insert(id.clone(), RequestValidator { id, ..validator.clone() });
    }
    for authorizer in source.authorizers.values() {
        let id = part_id(environment, &api.authorizers);
        ids.insert(authorizer.id.clone(), id.clone());
        let authorizer = Authorizer { id: id.clone(), ..(**authorizer).clone() };
        api.authorizers.insert(id, Shared::new(authorizer));
    }
    copy_resources(environment, source, api, &ids);
}

fn copy_resources(environment: &mut dyn Environment, source: &RestApi, api: &mut RestApi, parts: &Ids) {
    let mut ids = Ids::from([(source.root_resource_id.clone(), api.root_resource_id.clone())]);
    let mut taken = BTreeMap::new();
    for id in source.resources.keys().filter(|id| **id != source.root_resource_id) {
        let new = part_id(environment, &taken);
        taken.insert(new.clone(), ());
        ids.insert(id.clone(), new);
    }
    let renamed = |id: &String, ids: &Ids| ids.get(id).unwrap_or(id).clone();
    for resource in source.resources.values() {
        let id = renamed(&resource.id, &ids);
        let mut methods: BTreeMap<String, Box<Method>> = resource.methods.clone();
        for method in methods.values_mut() {
            method.authorizer_id = method.authorizer_id.as_ref().map(|id| renamed(id, parts));
            method.request_validator_id = method.request_validator_id.as_ref().map(|id| renamed(id, parts));
            if let Some(integration) = &mut method.method_integration {
                integration.cache_namespace =
                    integration.cache_namespace.as_ref().map(|id| renamed(id, &ids));
            }
        }
        let parent_id = resource.parent_id.as_ref().map(|id| renamed(id, &ids));
        let (path_part, path) = (resource.path_part.clone(), resource.path.clone());
        let resource = Resource { id: id.clone(), parent_id, path_part, path, methods };
        api.resources.insert(id, Shared::new(resource));
    }
}

fn models_of(api_id: &str) -> String {
    format!("/restapis/{api_id}/models/")
}
