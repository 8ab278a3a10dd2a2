//! VPC links.

#[cfg(test)]
mod tests;

use super::patch_map::non_empty;
use super::patching::Paths;
use super::{Handler, arn, set, tags};
use crate::entities::{Deployment, RestApi, Stage, VpcLink};
use crate::environment;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::page::page;
use crate::protocol::patch::PatchOperation;
use crate::state::below;
use serde_json::{Value, json};

/// Most links of an account.
const MAX_LINKS: usize = 20;
/// Characters of an id.
const ID_CHARS: usize = 6;
const PATHS: Paths = Paths::replace(&["/name", "/description"]);

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateVpcLink" => create,
        "DeleteVpcLink" => delete,
        "GetVpcLink" => get,
        "GetVpcLinks" => list,
        "UpdateVpcLink" => update,
        _ => return None,
    })
}

pub(super) fn unknown() -> Error {
    Error::not_found("Invalid Vpc Link identifier specified")
}

/// A link is there at once, but clients wait for it to become available, and so are told that it is pending.
fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let link = VpcLink {
        id: environment::id(call.environment, ID_CHARS),
        name: call.input.required("name").to_owned(),
        description: call.input.non_empty("description"),
        target_arns: call.input.texts("targetArns").unwrap_or_default(),
        status: "AVAILABLE".into(),
        status_message: Some("Your vpc link is ready for use".into()),
        tags: tags::given(&call.input)?,
    };
    check_name(&link.name)?;
    check_targets(&link.target_arns)?;
    if call.state.list::<VpcLink>("").len() >= MAX_LINKS {
        let message = format!("An account can have at most {MAX_LINKS} VPC links.");
        return Err(Error::new(ErrorKind::LimitExceeded, message));
    }
    let pending = VpcLink { status: "PENDING".into(), status_message: None, ..link.clone() };
    call.state.put(&link.id.clone(), link)?;
    Ok(Answer::Json(tags::any_shown(view(&pending), &pending.tags)))
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() { Err(Error::bad_request("Name cannot be empty")) } else { Ok(()) }
}

fn check_targets(targets: &[String]) -> Result<(), Error> {
    match targets {
        [target] if arn::is_well_formed(target) => Ok(()),
        [target] => Err(arn::malformed(target)),
        [] => Err(Error::bad_request("No target arn specified for vpc link.")),
        _ => Err(Error::bad_request("More than one target arn specified for vpc link.")),
    }
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let link = find(call)?;
    Ok(Answer::Json(tags::shown(view(link), &link.tags)))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let links = call.state.list::<VpcLink>("").into_iter();
    Ok(Answer::Json(page(
        &call.input,
        links.map(|(id, link)| (id, || tags::any_shown(view(link), &link.tags))),
    )))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let mut link = find(call)?.clone();
    for operation in call.input.patch_operations() {
        apply(&mut link, &operation)?;
    }
    let view = tags::shown(view(&link), &link.tags);
    call.state.put(&link.id.clone(), link)?;
    Ok(Answer::Json(view))
}

fn apply(link: &mut VpcLink, operation: &PatchOperation) -> Result<(), Error> {
    PATHS.check(operation)?;
    if operation.path() == "/name" {
        check_name(operation.text())?;
        operation.text().clone_into(&mut link.name);
    } else {
        link.description = non_empty(operation);
    }
    Ok(())
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let id = find(call)?.id.clone();
    let uses = uses(call, &id);
    if !uses.is_empty() {
        return Err(Error::bad_request(format!(
            "Cannot delete vpc link. Vpc link '{id}', is referenced in [{}] in format of [RESTApiId:Method:Resource:Stage].",
            uses.join(", ")
        )));
    }
    call.state.remove::<VpcLink>(&id)?;
    Ok(Answer::Empty)
}

/// The deployed methods that go through a link.
fn uses(call: &Call<'_>, link: &str) -> Vec<String> {
    let mut uses = Vec::new();
    for (key, stage) in call.state.list::<Stage>("") {
        let Some((api, name)) = key.split_once('/') else { continue };
        let canary = stage.canary_settings.as_ref().map(|canary| &canary.deployment_id);
        let deployments = std::iter::once(&stage.deployment_id).chain(canary);
        for deployment in deployments.filter_map(|id| call.state.get::<Deployment>(&below(api, id))) {
            let methods = methods_through(&deployment.snapshot, link);
            uses.extend(methods.map(|(verb, resource)| format!("{api}:{verb}:{resource}:{name}")));
        }
    }
    // A canary mostly has what its stage has.
    uses.sort();
    uses.dedup();
    uses
}

fn methods_through<'a>(api: &'a RestApi, link: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let methods = api.resources.values().flat_map(|resource| {
        resource.methods.iter().map(move |(verb, method)| (verb.as_str(), resource.id.as_str(), method))
    });
    methods.filter_map(move |(verb, resource, method)| {
        let connection = method.method_integration.as_ref()?.connection_id.as_deref()?;
        (connection == link).then_some((verb, resource))
    })
}

fn find<'c>(call: &'c Call<'_>) -> Result<&'c VpcLink, Error> {
    call.state.get::<VpcLink>(call.input.required("vpcLinkId")).ok_or_else(unknown)
}

fn view(link: &VpcLink) -> Value {
    let mut view = json!({
        "id": link.id,
        "name": link.name,
        "targetArns": link.target_arns,
        "status": link.status,
    });
    set(&mut view, "description", link.description.clone());
    set(&mut view, "statusMessage", link.status_message.clone());
    view
}
