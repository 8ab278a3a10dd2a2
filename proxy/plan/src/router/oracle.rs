//! The routing rules, written down naively; what [`super::Router`] is compared with.

use edgewit_model::api::Verb;

/// The resource path and verb of the route, and the parameters' values.
pub(super) fn find<'r, 'p>(
    resources: &'r [(String, Vec<Verb>)],
    path: &'p str,
    verb: Verb,
) -> Option<(&'r str, Verb, Vec<&'p str>)> {
    let path = path.trim_start_matches('/');
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut candidates: Vec<_> = resources
        .iter()
        .filter_map(|(resource, verbs)| {
            let (kinds, values) = matches(resource, path)?;
            let verb = if verbs.contains(&verb) {
                verb
            } else if verbs.contains(&Verb::ANY) {
                Verb::ANY
            } else {
                return None;
            };
            Some((kinds, resource.as_str(), verb, values))
        })
        .collect();
    candidates.sort_by(|a, b| a.0.cmp(&b.0));
    candidates.into_iter().next().map(|(_, resource, verb, values)| (resource, verb, values))
}

/// Kinds of the segments (0 literal, 1 parameter, 2 greedy: less is better, from left to right) and values.
fn matches<'p>(resource: &str, path: &'p str) -> Option<(Vec<u8>, Vec<&'p str>)> {
    let resource = resource.strip_prefix('/')?;
    if resource.is_empty() || path.is_empty() {
        return (resource.is_empty() && path.is_empty()).then(Default::default);
    }
    let mut kinds = Vec::new();
    let mut values = Vec::new();
    let mut rest = Some(path);
    for segment in resource.split('/') {
        let here = rest?;
        if segment.ends_with("+}") {
            if here.chars().all(|c| c == '/') {
                return None;
            }
            kinds.push(2);
            values.push(here);
            rest = None;
            break;
        }
        let (first, after) = match here.split_once('/') {
            Some((first, after)) => (first, Some(after)),
            None => (here, None),
        };
        if first.is_empty() {
            return None;
        }
        if segment.starts_with('{') {
            kinds.push(1);
            values.push(first);
        } else if segment == first {
            kinds.push(0);
        } else {
            return None;
        }
        rest = after;
    }
    rest.is_none().then_some((kinds, values))
}
