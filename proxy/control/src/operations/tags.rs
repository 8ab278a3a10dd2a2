//! Tags of whatever has tags, by ARN.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html>.

#[cfg(test)]
mod tests;

use super::{
    Handler, access_associations, api_keys, arn, client_certificates, domain_names, set, stages, unknown_api,
    usage_plans, vpc_links,
};
use crate::entities::{
    ApiKey, ClientCertificate, DomainName, DomainNameAccessAssociation, RestApi, Stage, UsagePlan, VpcLink,
};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::input::Input;
use crate::state::{Entity, Transaction, below};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Names to values.
pub(super) type Tags = BTreeMap<String, String>;

/// Most tags of one entity.
pub(super) const MAX_TAGS: usize = 50;
/// Longest name of a tag, in characters.
const MAX_NAME_CHARS: usize = 128;
/// Longest value of a tag, in characters.
const MAX_VALUE_CHARS: usize = 256;
/// Names that begin so are AWS's own.
pub(super) const RESERVED: &str = "aws:";

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "GetTags" => get,
        "TagResource" => tag,
        "UntagResource" => untag,
        _ => return None,
    })
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let target = target(call)?;
    let tags = (target.get)(&call.state, &target.key).ok_or(target.unknown)?;
    Ok(Answer::Json(json!({"tags": tags})))
}

fn tag(call: &mut Call<'_>) -> Result<Answer, Error> {
    let new = given(&call.input)?;
    let tags = edit(call)?;
    tags.extend(new);
    check_count(tags)?;
    Ok(Answer::Empty)
}

fn untag(call: &mut Call<'_>) -> Result<Answer, Error> {
    let names = call.input.texts("tagKeys").unwrap_or_default();
    let tags = edit(call)?;
    tags.retain(|name, _| !names.contains(name));
    Ok(Answer::Empty)
}

fn edit<'t>(call: &'t mut Call<'_>) -> Result<&'t mut Tags, Error> {
    let target = target(call)?;
    (target.edit)(&mut call.state, &target.key)?.ok_or(target.unknown)
}

/// The tags that an entity is made with.
///
/// # Errors
/// When there are too many of them, or one is not allowed.
pub(super) fn given(input: &Input) -> Result<Tags, Error> {
    let tags: Tags = input.map("tags").unwrap_or_default().into_iter().collect();
    check_count(&tags)?;
    for (name, value) in &tags {
        check(name, value)?;
    }
    Ok(tags)
}

/// What answers show of an entity by itself: its tags too, also where there are none.
pub(super) fn shown(mut view: Value, tags: &Tags) -> Value {
    set(&mut view, "tags", Some(json!(tags)));
    view
}

/// The same in lists and of what is new, which show tags only where there are any.
pub(super) fn any_shown(view: Value, tags: &Tags) -> Value {
    if tags.is_empty() { view } else { shown(view, tags) }
}

pub(super) fn check_count(tags: &Tags) -> Result<(), Error> {
    if tags.len() > MAX_TAGS {
        return Err(Error::bad_request(format!("A resource can have at most {MAX_TAGS} tags.")));
    }
    Ok(())
}

fn check(name: &str, value: &str) -> Result<(), Error> {
    let problem = if name.is_empty() {
        "The key of a tag cannot be empty.".to_owned()
    } else if name.chars().count() > MAX_NAME_CHARS {
        format!("The key of a tag can be at most {MAX_NAME_CHARS} characters.")
    } else if name.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED)) {
        format!("Invalid tag key '{name}': keys beginning with '{RESERVED}' are reserved.")
    } else if value.chars().count() > MAX_VALUE_CHARS {
        format!("The value of a tag can be at most {MAX_VALUE_CHARS} characters.")
    } else {
        return Ok(());
    };
    Err(Error::bad_request(problem))
}

/// What an ARN leads to: the key of a record and how to get at its tags.
struct Target {
    key: String,
    unknown: Error,
    get: fn(&Transaction<'_>, &str) -> Option<Tags>,
    edit: for<'t> fn(&'t mut Transaction<'_>, &str) -> Result<Option<&'t mut Tags>, Error>,
}

impl Target {
    fn new<T: Tagged>(key: impl Into<String>, unknown: Error) -> Self {
        Self { key: key.into(), unknown, get: tags_of::<T>, edit: tags_to_change::<T> }
    }
}

fn tags_of<T: Tagged>(state: &Transaction<'_>, key: &str) -> Option<Tags> {
    state.get::<T>(key).map(|entity| entity.tags().clone())
}

fn tags_to_change<'t, T: Tagged>(
    state: &'t mut Transaction<'_>,
    key: &str,
) -> Result<Option<&'t mut Tags>, Error> {
    Ok(state.edit::<T>(key)?.map(T::tags_mut))
}

fn target(call: &Call<'_>) -> Result<Target, Error> {
    let text = call.input.required("resourceArn");
    let resource = arn::resource(text).ok_or_else(|| arn::malformed(text))?;
    let segments: Vec<&str> = resource.split('/').collect();
    Ok(match segments.as_slice() {
        ["", "restapis", id] => Target::new::<RestApi>(*id, unknown_api(call.environment.account_id(), id)),
        ["", "restapis", id, "stages", stage] => Target::new::<Stage>(below(id, stage), stages::unknown()),
        ["", "apikeys", id] => Target::new::<ApiKey>(*id, api_keys::unknown()),
        ["", "usageplans", id] => Target::new::<UsagePlan>(*id, usage_plans::unknown()),
        ["", "domainnames", name] => Target::new::<DomainName>(*name, domain_names::unknown()),
        ["", "vpclinks", id] => Target::new::<VpcLink>(*id, vpc_links::unknown()),
        ["", "clientcertificates", id] => {
            Target::new::<ClientCertificate>(*id, client_certificates::unknown())
        }
        ["", "domainnameaccessassociations", ..] => {
            Target::new::<DomainNameAccessAssociation>(text, access_associations::unknown())
        }
        _ => return Err(Error::bad_request(format!("Invalid ARN. {text} names nothing that has tags"))),
    })
}

/// What has tags.
trait Tagged: Entity {
    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;
}

macro_rules! tagged {
    ($($entity:ident)*) => {
        $(impl Tagged for $entity {
            fn tags(&self) -> &Tags {
                &self.tags
            }

            fn tags_mut(&mut self) -> &mut Tags {
                &mut self.tags
            }
        })*
    };
}

tagged! {
    ApiKey ClientCertificate DomainName DomainNameAccessAssociation RestApi Stage UsagePlan VpcLink
}
