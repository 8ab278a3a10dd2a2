//! What there is in an API that no part of its documentation is about.

use super::location::{self, Location};
use crate::entities::{Method, RestApi};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// The locations, by a text that orders them.
pub(super) fn locations(api: &RestApi) -> BTreeMap<String, Location> {
    let documented: HashSet<[String; 5]> =
        api.documentation_parts.values().map(|part| location::identity(&part.location)).collect();
    let all = all(api).into_iter().filter(|location| !documented.contains(&location::identity(location)));
    all.map(|location| (location::identity(&location).join("\n"), location)).collect()
}

fn all(api: &RestApi) -> Vec<Location> {
    let mut all = vec![location(&[("type", "API")])];
    for authorizer in api.authorizers.values() {
        all.push(location(&[("type", "AUTHORIZER"), ("name", &authorizer.name)]));
    }
    for name in api.models.keys() {
        all.push(location(&[("type", "MODEL"), ("name", name)]));
    }
    for resource in api.resources.values() {
        all.push(location(&[("type", "RESOURCE"), ("path", &resource.path)]));
        for (verb, method) in &resource.methods {
            // What documentation calls any verb.
            let verb = if verb == "ANY" { "*" } else { verb };
            of_method(&mut all, &resource.path, verb, method);
        }
    }
    all
}

fn of_method(all: &mut Vec<Location>, path: &str, verb: &str, method: &Method) {
    let base = [("path", path), ("method", verb)];
    let with = |kind: &str, more: &[(&str, &str)]| {
        let fields: Vec<(&str, &str)> = [("type", kind)].iter().chain(&base).chain(more).copied().collect();
        location(&fields)
    };
    all.push(with("METHOD", &[]));
    for parameter in method.request_parameters.keys() {
        let Some((place, name)) =
            parameter.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        let kind = match place {
            "path" => "PATH_PARAMETER",
            "querystring" => "QUERY_PARAMETER",
            _ => "REQUEST_HEADER",
        };
        all.push(with(kind, &[("name", name)]));
    }
    if !method.request_models.is_empty() {
        all.push(with("REQUEST_BODY", &[]));
    }
    for (status, response) in &method.method_responses {
        all.push(with("RESPONSE", &[("statusCode", status)]));
        for parameter in response.response_parameters.iter().flat_map(|parameters| parameters.keys()) {
            if let Some(name) = parameter.strip_prefix("method.response.header.") {
                all.push(with("RESPONSE_HEADER", &[("statusCode", status), ("name", name)]));
            }
        }
        if response.response_models.as_ref().is_some_and(|models| !models.is_empty()) {
            all.push(with("RESPONSE_BODY", &[("statusCode", status)]));
        }
    }
}

fn location(fields: &[(&str, &str)]) -> Location {
    fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}
