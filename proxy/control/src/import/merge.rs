//! A document over an API that is there.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-update.html>.

use super::messages::refused_for;
use crate::entities::{DocumentationPart, RestApi};
use crate::protocol::error::Error;
use serde_json::Value;
use std::collections::BTreeMap;

/// What becomes of what the document does not mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It stays.
    Merge,
    /// It goes, except for what no document defines, such as stages, tags and the endpoint type.
    Overwrite,
}

/// `new` over `before`. Its ids are those of `before` where that has the same part.
pub(super) fn merge(before: &RestApi, new: RestApi, document: &Value, mode: Mode) -> RestApi {
    let has = |extension: &str| document.get(format!("x-amazon-apigateway-{extension}")).is_some();
    let mut merged = match mode {
        Mode::Merge => merge_parts(before.clone(), new, &has),
        Mode::Overwrite => {
            let mut new = new;
            keep_identity(before, &mut new);
            new
        }
    };
    keep_endpoint(before, &mut merged, document);
    merged
}

fn keep_identity(before: &RestApi, new: &mut RestApi) {
    new.created_date = before.created_date;
    new.tags.clone_from(&before.tags);
}

fn merge_parts(before: RestApi, new: RestApi, has: &dyn Fn(&str) -> bool) -> RestApi {
    let mut merged = before;
    merged.name = new.name;
    merged.description = new.description.or(merged.description);
    merged.version = new.version.or(merged.version);
    merged.warnings = new.warnings;
    merged.policy = new.policy.or(merged.policy);
    merged.minimum_compression_size = new.minimum_compression_size.or(merged.minimum_compression_size);
    merged.security_policy = new.security_policy.or(merged.security_policy);
    merged.endpoint_access_mode = new.endpoint_access_mode.or(merged.endpoint_access_mode);
    merged.endpoint_configuration = new.endpoint_configuration;
    merged.disable_execute_api_endpoint = new.disable_execute_api_endpoint;
    if has("api-key-source") {
        merged.api_key_source = new.api_key_source;
    }
    for media_type in new.binary_media_types {
        if !merged.binary_media_types.contains(&media_type) {
            merged.binary_media_types.push(media_type);
        }
    }
    merged.models.extend(new.models);
    merged.request_validators.extend(new.request_validators);
    merged.authorizers.extend(new.authorizers);
    merged.gateway_responses.extend(new.gateway_responses);
    for (id, resource) in new.resources {
        match merged.resources.get_mut(&id) {
            Some(there) if !resource.methods.is_empty() => {
                there.edit().methods.extend(resource.methods.clone());
            }
            Some(_) => {}
            None => {
                merged.resources.insert(id, resource);
            }
        }
    }
    for (id, part) in new.documentation_parts {
        let part = match merged.documentation_parts.get(&id) {
            Some(there) => merge_documentation(there, part),
            None => part,
        };
        merged.documentation_parts.insert(id, part);
    }
    merged
}

/// Attributes of the new part replace those of the same name; others stay.
fn merge_documentation(there: &DocumentationPart, new: DocumentationPart) -> DocumentationPart {
    let object = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    };
    match (object(&there.properties), object(&new.properties)) {
        (Some(mut members), Some(more)) => {
            members.extend(more);
            DocumentationPart { properties: Value::Object(members).to_string(), ..new }
        }
        _ => new,
    }
}

/// The endpoint stays as it is where the document does not say.
fn keep_endpoint(before: &RestApi, merged: &mut RestApi, document: &Value) {
    const EXTENSION: &str = "x-amazon-apigateway-endpoint-configuration";
    let servers = document.get("servers").and_then(Value::as_array).into_iter().flatten();
    let given: Vec<&Value> =
        std::iter::once(document).chain(servers).filter_map(|it| it.get(EXTENSION)).collect();
    let says = |member: &str| given.iter().any(|it| it.get(member).is_some());
    let (old, new) = (&before.endpoint_configuration, &mut merged.endpoint_configuration);
    if !says("types") && !says("vpcEndpointIds") {
        new.types.clone_from(&old.types);
        new.vpc_endpoint_ids.clone_from(&old.vpc_endpoint_ids);
    }
    if !says("ipAddressType") && new.types == old.types {
        new.ip_address_type.clone_from(&old.ip_address_type);
    }
    if !says("disableExecuteApiEndpoint") {
        merged.disable_execute_api_endpoint = before.disable_execute_api_endpoint;
    }
}

/// The rules between resources, which paths of the document and those that were there can break together.
pub(super) fn check_tree(api: &RestApi) -> Result<(), Error> {
    let mut variables: BTreeMap<&str, &str> = BTreeMap::new();
    for resource in api.resources.values() {
        let (Some(parent), Some(part)) = (&resource.parent_id, &resource.path_part) else { continue };
        let parent_part = api.resources.get(parent).and_then(|parent| parent.path_part.as_deref());
        let refuse = |reason: String| {
            refused_for(&format!("Unable to create resource at path '{}': {reason}", resource.path))
        };
        if let Some(greedy) = parent_part.filter(|part| part.ends_with("+}")) {
            return Err(refuse(format!(
                "Cannot create a child of a resource with a greedy path variable: {greedy}"
            )));
        }
        if !part.starts_with('{') {
            continue;
        }
        if let Some(sibling) = variables.insert(parent, part) {
            return Err(refuse(format!(
                "A sibling ({sibling}) of this resource already has a variable path part -- only one is allowed"
            )));
        }
    }
    Ok(())
}
