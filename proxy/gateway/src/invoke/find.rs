//! Which method an invocation is for, and what is near where there is none.

use super::{Invocation, InvokeError};
use crate::generation::{Generation, StageRuntime};
use edgewit_model::api::Verb;
use edgewit_plan::plan::{Plan, Route};
use edgewit_plan::router::Match;
use std::cmp::Reverse;
use std::sync::Arc;

/// Most routes that an error names.
const NEAREST: usize = 5;

/// The stage that is asked.
pub(super) fn stage<'g>(
    generation: &'g Generation,
    invocation: &Invocation,
) -> Result<&'g Arc<StageRuntime>, InvokeError> {
    let mut known: Vec<String> = generation.apis.keys().map(ToString::to_string).collect();
    known.sort();
    let stages = generation.stages();
    let named = |name: &str| stages.iter().find(|stage| &*stage.plan.api_name == name);
    let id = match &invocation.api {
        None if known.len() == 1 => known[0].clone(),
        None => return Err(InvokeError::Api { found: "found no API named".to_owned(), known }),
        Some(api) if generation.apis.contains_key(&**api) => api.clone(),
        Some(api) => match named(api) {
            Some(stage) => stage.plan.api_id.to_string(),
            None => return Err(InvokeError::Api { found: format!("found API `{api}`"), known }),
        },
    };
    let Some(api) = generation.apis.get(&*id) else {
        return Err(InvokeError::Api { found: format!("found API `{id}`"), known });
    };
    let mut names: Vec<String> = api.stages.keys().map(ToString::to_string).collect();
    names.sort();
    let found = match &invocation.stage {
        None => match (api.stages.values().next(), names.len()) {
            (Some(stage), 1) => return Ok(stage),
            _ => format!("found no stage of API `{id}` named"),
        },
        Some(name) => match api.stages.get(&**name) {
            Some(stage) => return Ok(stage),
            None => format!("found stage `{name}` of API `{id}`"),
        },
    };
    Err(InvokeError::Stage { found, known: names })
}

/// The method of a resource.
pub(super) fn method(plan: &Plan, invocation: &Invocation, path: &str) -> Result<Match, InvokeError> {
    let verb = Verb::from_request(&invocation.method);
    let found = plan.router.find(path, verb);
    let found = match &invocation.resource {
        None => found,
        Some(resource) => {
            let fits = |found: &Match| {
                plan.routes.get(found.route).is_some_and(|route| &*route.resource_path == resource)
            };
            found.filter(fits).or_else(|| by_resource(plan, resource, verb?))
        }
    };
    found.ok_or_else(|| InvokeError::NoRoute {
        method: invocation.method.clone(),
        path: path.to_owned(),
        nearest: nearest(plan, path),
    })
}

fn by_resource(plan: &Plan, resource: &str, verb: Verb) -> Option<Match> {
    let of =
        |verb| plan.routes.iter().position(|route| &*route.resource_path == resource && route.verb == verb);
    of(verb).or_else(|| of(Verb::ANY)).map(Match::without_parameters)
}

/// Routes that are like the path, nearest first: other methods of it, then those that begin like it.
fn nearest(plan: &Plan, path: &str) -> Vec<String> {
    let asked: Vec<&str> = segments(path).collect();
    let takes = |route: &Route| {
        let verb = if route.verb == Verb::ANY { Verb::GET } else { route.verb };
        let found = plan.router.find(path, Some(verb)).and_then(|found| plan.routes.get(found.route));
        found.is_some_and(|found| found.resource_path == route.resource_path)
    };
    let mut routes: Vec<_> = plan
        .routes
        .iter()
        .map(|route| {
            let own: Vec<&str> = segments(&route.resource_path).collect();
            let alike = own.iter().zip(&asked).take_while(|(own, asked)| same(own, asked)).count();
            let begins = own.get(alike).zip(asked.get(alike)).map_or(0, |(own, asked)| {
                own.bytes().zip(asked.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
            });
            (Reverse(takes(route)), Reverse(alike), Reverse(begins), own.len().abs_diff(asked.len()), route)
        })
        .collect();
    routes.sort_by(|a, b| {
        let place = |route: &Route| (Arc::clone(&route.resource_path), route.verb.as_str());
        (a.0, a.1, a.2, a.3, place(a.4)).cmp(&(b.0, b.1, b.2, b.3, place(b.4)))
    });
    let shown = routes.iter().take(NEAREST);
    shown.map(|(.., route)| format!("{} {}", route.verb.as_str(), route.resource_path)).collect()
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn same(own: &str, asked: &str) -> bool {
    own == asked || own.starts_with('{') && own.ends_with('}')
}
