//! From JSON to compiled statements.

use crate::arn::{ApiArn, expand_short_form};
use crate::condition;
use crate::pattern::{Pattern, Syntax};
use crate::principal::{Principal, Principals};
use crate::statement::{Effect, Patterns, Statement};
use crate::{MAX_POLICY_CHARS, MAX_POLICY_TEXT_BYTES, Policy, PolicyError};
use serde_json::{Map, Value};

/// What a document is attached to.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'a> {
    /// A caller; statements need no principal.
    Identity,
    /// An API; statements need a principal.
    Resource(&'a ApiArn<'a>),
}

pub(crate) fn json(text: &str) -> Result<Value, PolicyError> {
    if text.len() > MAX_POLICY_TEXT_BYTES {
        let expected = format!("at most {MAX_POLICY_TEXT_BYTES} bytes");
        return Err(PolicyError::new("", format!("{} bytes", text.len()), expected));
    }
    serde_json::from_str(text)
        .map_err(|error| PolicyError::new("", error.to_string(), "a policy document in JSON"))
}

pub(crate) fn policy(document: &Value, kind: Kind<'_>) -> Result<Policy, PolicyError> {
    let chars = document.to_string().chars().count();
    if chars > MAX_POLICY_CHARS {
        return Err(PolicyError::new(
            "",
            format!("{chars} characters"),
            format!("at most {MAX_POLICY_CHARS}"),
        ));
    }
    let members = object(document, "", "a policy document")?;
    known_members(members, "", &["Version", "Id", "Statement"])?;
    let version = match members.get("Version") {
        None => "2008-10-17",
        Some(Value::String(version)) if matches!(version.as_str(), "2012-10-17" | "2008-10-17") => {
            version.as_str()
        }
        Some(other) => {
            return Err(PolicyError::of_value("/Version", other, r#""2012-10-17" or "2008-10-17""#));
        }
    };
    let variables = version == "2012-10-17";
    let statements = match members.get("Statement") {
        None => return Err(PolicyError::new("", "no Statement", "a Statement")),
        Some(Value::Array(items)) => items
            .iter()
            .enumerate()
            .map(|(number, item)| statement(item, &format!("/Statement/{number}"), kind, variables))
            .collect::<Result<_, _>>()?,
        Some(single) => [statement(single, "/Statement", kind, variables)?].into(),
    };
    Ok(Policy { statements })
}

fn statement(value: &Value, path: &str, kind: Kind<'_>, variables: bool) -> Result<Statement, PolicyError> {
    const MEMBERS: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    let members = object(value, path, "a statement")?;
    known_members(members, path, &MEMBERS)?;
    let effect = match members.get("Effect") {
        Some(Value::String(effect)) if effect == "Allow" => Effect::Allow,
        Some(Value::String(effect)) if effect == "Deny" => Effect::Deny,
        Some(other) => {
            return Err(PolicyError::of_value(&format!("{path}/Effect"), other, r#""Allow" or "Deny""#));
        }
        None => return Err(PolicyError::new(path, "no Effect", r#""Effect": "Allow" or "Deny""#)),
    };
    let syntax = Syntax { wildcards: true, variables };
    let no_variables = Syntax { wildcards: true, variables: false };
    let actions = patterns(members, path, "Action", |text, path| {
        check_action(text, path)?;
        Ok(Pattern::parse(text, no_variables))
    })?;
    let resources = patterns(members, path, "Resource", |text, path| {
        let expanded = match kind {
            Kind::Identity => text.to_owned(),
            Kind::Resource(api) => expand_short_form(text, api),
        };
        check_resource(&expanded, path)?;
        Ok(Pattern::parse(&expanded, syntax))
    })?;
    let conditions = match members.get("Condition") {
        None => Box::default(),
        Some(value) => condition::parse(value, &format!("{path}/Condition"), variables)?,
    };
    Ok(Statement { effect, principals: principals(members, path, kind)?, actions, resources, conditions })
}

/// `NAME` or `NotNAME`, of which a statement has exactly one.
fn patterns(
    members: &Map<String, Value>,
    path: &str,
    name: &str,
    parse: impl Fn(&str, &str) -> Result<Pattern, PolicyError>,
) -> Result<Patterns, PolicyError> {
    let (negated, path, value) = match either(members, path, name)? {
        Some(found) => found,
        None => return Err(PolicyError::new(path, format!("no {name}"), format!("{name} or Not{name}"))),
    };
    let entries =
        texts(value, &path)?.into_iter().map(|(text, path)| parse(text, &path)).collect::<Result<_, _>>()?;
    Ok(Patterns { negated, entries })
}

type Either<'a> = Option<(bool, String, &'a Value)>;

fn either<'a>(members: &'a Map<String, Value>, path: &str, name: &str) -> Result<Either<'a>, PolicyError> {
    let not = format!("Not{name}");
    match (members.get(name), members.get(&not)) {
        (Some(_), Some(_)) => {
            Err(PolicyError::new(path, format!("both {name} and {not}"), format!("one of {name} and {not}")))
        }
        (Some(value), None) => Ok(Some((false, format!("{path}/{name}"), value))),
        (None, Some(value)) => Ok(Some((true, format!("{path}/{not}"), value))),
        (None, None) => Ok(None),
    }
}

/// One text or a list of at least one, each with its path.
fn texts<'a>(value: &'a Value, path: &str) -> Result<Vec<(&'a str, String)>, PolicyError> {
    let text = |value: &'a Value, path: String| match value {
        Value::String(text) => Ok((text.as_str(), path)),
        other => Err(PolicyError::of_value(&path, other, "a string")),
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().map(|(number, item)| text(item, format!("{path}/{number}"))).collect()
        }
        Value::String(_) => Ok(vec![text(value, path.to_owned())?]),
        other => Err(PolicyError::of_value(path, other, "a string or a list of strings")),
    }
}

fn check_action(text: &str, path: &str) -> Result<(), PolicyError> {
    let valid = text == "*"
        || text.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
    if valid { Ok(()) } else { Err(PolicyError::new(path, quoted(text), r#""*" or "service:Action""#)) }
}

fn check_resource(text: &str, path: &str) -> Result<(), PolicyError> {
    // A pattern such as `*:execute-api:*` or `arn:*` may stand for ARNs; anything else must be one.
    let valid =
        text.starts_with(['*', '?', '$']) || text.starts_with("arn:") || text.starts_with("execute-api:");
    if valid {
        Ok(())
    } else {
        Err(PolicyError::new(path, quoted(text), r#"an ARN, "*" or "execute-api:/…""#))
    }
}

fn principals(
    members: &Map<String, Value>,
    path: &str,
    kind: Kind<'_>,
) -> Result<Option<Principals>, PolicyError> {
    let (negated, path, value) = match (either(members, path, "Principal")?, kind) {
        (Some(found), _) => found,
        (None, Kind::Identity) => return Ok(None),
        (None, Kind::Resource(_)) => {
            return Err(PolicyError::new(path, "no Principal", "Principal or NotPrincipal"));
        }
    };
    let entries: Vec<Principal> = match value {
        Value::String(text) if text == "*" => vec![Principal::Everybody],
        Value::Object(types) if !types.is_empty() => {
            let mut entries = Vec::new();
            for (name, value) in types {
                let path = format!("{path}/{name}");
                for (text, path) in texts(value, &path)? {
                    entries.push(principal(name, text, &path)?);
                }
            }
            entries
        }
        other => {
            return Err(PolicyError::of_value(&path, other, r#""*" or an object such as {"AWS": "…"}"#));
        }
    };
    Ok(Some(Principals { negated, entries: entries.into() }))
}

fn principal(name: &str, text: &str, path: &str) -> Result<Principal, PolicyError> {
    match name {
        "AWS" => {
            let valid = text == "*" || text.starts_with("arn:") || crate::principal::is_account(text);
            if !valid {
                let expected = r#""*", an account of 12 digits or an IAM ARN"#;
                return Err(PolicyError::new(path, quoted(text), expected));
            }
            Ok(Principal::aws(text))
        }
        "Service" | "Federated" | "CanonicalUser" if text == "*" => Ok(Principal::Everybody),
        "Service" | "Federated" | "CanonicalUser" => Ok(Principal::Other),
        _ => Err(PolicyError::new(path, quoted(name), "AWS, Service, Federated or CanonicalUser")),
    }
}

pub(crate) fn object<'a>(
    value: &'a Value,
    path: &str,
    expected: &str,
) -> Result<&'a Map<String, Value>, PolicyError> {
    value.as_object().ok_or_else(|| PolicyError::of_value(path, value, expected))
}

fn known_members(members: &Map<String, Value>, path: &str, known: &[&str]) -> Result<(), PolicyError> {
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(PolicyError::new(
            path,
            format!("the member {}", quoted(name)),
            format!("only {}", known.join(", ")),
        )),
    }
}

pub(crate) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}
