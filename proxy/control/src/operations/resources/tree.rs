//! What the tree of resources must be.

use crate::entities::{Resource, RestApi};
use crate::protocol::error::Error;

/// That a resource may be where it is: below a parent that may have it, and beside siblings that differ.
///
/// # Errors
/// Otherwise.
pub(super) fn check_place(api: &RestApi, resource: &Resource) -> Result<(), Error> {
    let part = resource.path_part.as_deref().unwrap_or_default();
    if !is_path_part(part) {
        return Err(Error::bad_request(
            "Resource's path part only allow a-zA-Z0-9._- and curly braces at the beginning and the end and an optional plus sign before the closing brace.",
        ));
    }
    let parent = resource.parent_id.as_deref().and_then(|id| api.resources.get(id));
    if let Some(greedy) = parent.and_then(|parent| parent.path_part.as_deref()).filter(|part| is_greedy(part))
    {
        return Err(no_children(greedy));
    }
    if is_greedy(part) && children(api, &resource.id).next().is_some() {
        return Err(no_children(part));
    }
    let parent_id = resource.parent_id.as_deref().unwrap_or_default();
    for sibling in children(api, parent_id).filter(|sibling| sibling.id != resource.id) {
        let other = sibling.path_part.as_deref().unwrap_or_default();
        if other == part {
            let message = format!("Another resource with the same parent already has this name: {part}");
            return Err(Error::conflict(message));
        }
        if is_variable(other) && is_variable(part) {
            return Err(Error::bad_request(format!(
                "A sibling ({other}) of this resource already has a variable path part -- only one is allowed"
            )));
        }
    }
    Ok(())
}

fn no_children(greedy: &str) -> Error {
    Error::bad_request(format!("Cannot create a child of a resource with a greedy path variable: {greedy}"))
}

/// Letters, digits and a few others, or a variable that fills the whole part.
fn is_path_part(part: &str) -> bool {
    let of = |text: &str, others: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
    };
    match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => of(name.strip_suffix('+').unwrap_or(name), b"._-"),
        None => of(part, b"._-,:"),
    }
}

fn is_variable(part: &str) -> bool {
    part.starts_with('{')
}

fn is_greedy(part: &str) -> bool {
    part.ends_with("+}")
}

fn children<'a>(api: &'a RestApi, id: &'a str) -> impl Iterator<Item = &'a Resource> {
    let resources = api.resources.values().map(|resource| &**resource);
    resources.filter(move |resource| resource.parent_id.as_deref() == Some(id))
}

/// A resource and all below it, each after its parent.
pub(super) fn subtree(api: &RestApi, id: &str) -> Vec<String> {
    let mut found = vec![id.to_owned()];
    let mut next = 0;
    while let Some(parent) = found.get(next).cloned() {
        found.extend(children(api, &parent).map(|child| child.id.clone()));
        next += 1;
    }
    found
}

/// Whether the resource `id` is `ancestor` or below it.
pub(super) fn is_below(api: &RestApi, id: &str, ancestor: &str) -> bool {
    subtree(api, ancestor).iter().any(|below| below == id)
}

/// The path of a resource below `parent`.
pub(super) fn path_below(parent: &Resource, part: &str) -> String {
    format!("{}/{part}", parent.path.trim_end_matches('/'))
}

/// Makes the paths of a resource and of all below it anew.
pub(super) fn refresh_paths(api: &mut RestApi, id: &str) {
    for id in subtree(api, id) {
        let Some(resource) = api.resources.get(&id) else { continue };
        let parent = resource.parent_id.as_deref().and_then(|id| api.resources.get(id));
        let (Some(parent), Some(part)) = (parent, &resource.path_part) else { continue };
        let path = path_below(parent, part);
        if let Some(resource) = api.resources.get_mut(&id).filter(|resource| resource.path != path) {
            resource.edit().path = path;
        }
    }
}
