//! From a request to an operation and its input, every type checked.

use super::error::{Error, ErrorKind};
use super::input::Input;
use super::operation::{Member, OPERATIONS, Operation, Place, Shape};
use super::{BODY_BYTES, Request};
use percent_encoding::percent_decode_str;
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Why a request is none, and the operation where it is of one all the same.
type Refused = (Option<&'static Operation>, Error);

/// The operation of a request, with its input.
pub(super) fn decode(request: &Request<'_>) -> Result<(&'static Operation, Input), Refused> {
    let query = query(request.query).map_err(|error| (None, error))?;
    let (operation, path) = route(request, &query).ok_or_else(|| {
        let message = "Unable to determine service/operation name to be authorized";
        (None, Error::new(ErrorKind::UnknownOperation, message))
    })?;
    input(operation, request, &path, &query)
        .map(|input| (operation, input))
        .map_err(|error| (Some(operation), error))
}

type Path = HashMap<&'static str, String>;

fn route(request: &Request<'_>, query: &[(String, String)]) -> Option<(&'static Operation, Path)> {
    let candidates = OPERATIONS.operations.iter().filter(|operation| operation.method == request.method);
    let mut found: Option<(&Operation, Path)> = None;
    for operation in candidates {
        let Some(path) = match_path(&operation.path, request.path) else { continue };
        if !operation.query.is_empty() {
            let wanted = operation.query.split_once('=').unwrap_or((&operation.query, ""));
            if query.iter().any(|(name, value)| (name.as_str(), value.as_str()) == wanted) {
                return Some((operation, path));
            }
            continue;
        }
        // `/restapis/{id}/models/{name}` is nobody else's; where two fit, the one with fewer variables is meant.
        if found.as_ref().is_none_or(|(_, other)| path.len() < other.len()) {
            found = Some((operation, path));
        }
    }
    found
}

fn match_path(template: &'static str, path: &str) -> Option<Path> {
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    let mut values = Path::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                let value = percent_decode_str(segment).decode_utf8().ok()?;
                values.insert(name.trim_end_matches('+'), value.into_owned());
            }
            None if expected == segment => {}
            None => return None,
        }
    }
    // What is left belongs to the last variable where that is an ARN which was not escaped.
    let rest: Vec<&str> = segments.collect();
    if rest.is_empty() {
        return Some(values);
    }
    let last = template.rsplit('/').next()?.strip_prefix('{')?.strip_suffix('}')?;
    let value = values.get_mut(last).filter(|value| value.starts_with("arn:"))?;
    for segment in rest {
        value.push('/');
        value.push_str(&percent_decode_str(segment).decode_utf8().ok()?);
    }
    Some(values)
}

fn query(text: &str) -> Result<Vec<(String, String)>, Error> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8().map(std::borrow::Cow::into_owned)
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect::<Result<_, std::str::Utf8Error>>()
        .map_err(|_| Error::bad_request("The query string is not UTF-8."))
}

fn input(
    operation: &'static Operation,
    request: &Request<'_>,
    path: &Path,
    query: &[(String, String)],
) -> Result<Input, Error> {
    if request.body.len() > BODY_BYTES {
        let message = format!("Request size exceeded the limit of {BODY_BYTES} bytes");
        return Err(Error::new(ErrorKind::RequestTooLarge, message));
    }
    let in_body = operation.members.iter().any(|member| member.place == Place::Body);
    let mut body = if in_body { object(request.body)? } else { Map::new() };
    let mut values = Map::new();
    let mut broken = Vec::new();
    for member in &operation.members {
        let value = match member.place {
            Place::Uri => path.get(member.wire.as_str()).map(|text| Value::String(text.clone())),
            Place::Querystring => from_query(member, operation, query)?,
            Place::Header => request.accept.map(|text| Value::String(text.to_owned())),
            Place::Payload => None,
            Place::Body => body.remove(&member.wire).filter(|value| !value.is_null()),
        };
        match value {
            Some(value) => {
                let value = coerce(value, &member.shape)?;
                check_import_mode(member, &value)?;
                constraints(&value, &member.shape, &at(operation, member), &mut broken);
                values.insert(member.name.clone(), value);
            }
            None if member.required && member.place != Place::Payload => broken.push(format!(
                "Value null at '{}' failed to satisfy constraint: Member must not be null",
                at(operation, member)
            )),
            None => {}
        }
    }
    if !broken.is_empty() {
        let count = broken.len();
        let errors = if count == 1 { "error" } else { "errors" };
        let message = format!("{count} validation {errors} detected: {}", broken.join("; "));
        return Err(Error::new(ErrorKind::Validation, message));
    }
    Ok(Input::new(values, request.body.clone()))
}

/// The one set of values that API Gateway does not check with the others, but first and in words of its own.
fn check_import_mode(member: &Member, value: &Value) -> Result<(), Error> {
    match (member.name.as_str(), value.as_str()) {
        ("mode", Some("merge" | "overwrite")) => Ok(()),
        ("mode", _) => Err(Error::bad_request(
            r#"Enumeration value of OpenAPI import mode must be "overwrite" or "merge""#,
        )),
        _ => Ok(()),
    }
}

/// How messages name a member: those of the path plainly, those of the body below the name of the operation's input.
fn at(operation: &Operation, member: &Member) -> String {
    if member.place != Place::Body {
        return member.name.clone();
    }
    let mut name = operation.name.clone();
    name[..1].make_ascii_lowercase();
    format!("{name}Input.{}", member.name)
}

/// The members of a body. How deep it may be nested, `serde_json` bounds by itself: 128 arrays and objects.
fn object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => {
            Err(Error::new(ErrorKind::Serialization, "Start of structure or map found where not expected."))
        }
        Err(error) => {
            Err(Error::new(ErrorKind::Serialization, format!("The request body is not JSON: {error}")))
        }
    }
}

fn from_query(
    member: &Member,
    operation: &Operation,
    query: &[(String, String)],
) -> Result<Option<Value>, Error> {
    let mut found = query.iter().filter(|(name, _)| *name == member.wire).map(|(_, value)| value.as_str());
    Ok(match &member.shape {
        Shape::List(_) => {
            let all: Vec<Value> = found.map(|value| Value::String(value.to_owned())).collect();
            (!all.is_empty()).then_some(Value::Array(all))
        }
        Shape::Map(_) => {
            // Whatever is not another parameter of the operation is an entry of the map.
            let fixed = operation.query.split('=').next().unwrap_or_default();
            let known = |name: &str| {
                name == fixed
                    || operation.members.iter().any(|other| {
                        other.place == Place::Querystring && other.wire == name && other.name != member.name
                    })
            };
            // Of a presigned URL the parameters of the signature are in the query too.
            let entries = query.iter().filter(|(name, _)| !known(name) && !name.starts_with("X-Amz-"));
            let entries: Map<String, Value> =
                entries.map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
            (!entries.is_empty()).then_some(Value::Object(entries))
        }
        Shape::Boolean => found.next().map(|value| Value::Bool(value.eq_ignore_ascii_case("true"))),
        Shape::Integer | Shape::Long => match found.next().filter(|value| !value.is_empty()) {
            Some(value) => {
                let number: i64 = value.trim().parse().map_err(|_| {
                    Error::new(
                        ErrorKind::Serialization,
                        format!("'{value}' can not be converted to an Integer"),
                    )
                })?;
                Some(number.into())
            }
            None => None,
        },
        _ => found.next().map(|value| Value::String(value.to_owned())),
    })
}

/// The value in the type that is asked for; numbers and booleans that come as text are taken, as API Gateway takes them.
fn coerce(value: Value, shape: &Shape) -> Result<Value, Error> {
    let wrong = |value: &Value, wanted: &str| {
        let class = match value {
            Value::Bool(_) => "class java.lang.Boolean",
            Value::Number(number) if number.is_f64() => "class java.lang.Double",
            Value::Number(_) => "class java.lang.Integer",
            Value::String(_) => "class java.lang.String",
            Value::Array(_) => "class java.util.ArrayList",
            Value::Object(_) => "class java.util.LinkedHashMap",
            Value::Null => "null",
        };
        Error::new(ErrorKind::Serialization, format!("{class} can not be converted to {wanted}"))
    };
    match shape {
        Shape::String | Shape::Enum(_) | Shape::Pattern(_) | Shape::Blob => match value {
            Value::String(_) => Ok(value),
            other => Err(wrong(&other, "an String")),
        },
        Shape::Boolean => match value {
            Value::Bool(_) => Ok(value),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
            other => Err(wrong(&other, "an Boolean")),
        },
        Shape::Integer | Shape::Long => {
            let number = match &value {
                Value::String(text) => text.trim().parse::<i64>().ok(),
                Value::Number(number) => {
                    #[expect(clippy::cast_possible_truncation, reason = "only whole numbers within 53 bits")]
                    let whole =
                        |float: f64| (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64);
                    number.as_i64().or_else(|| number.as_f64().and_then(whole))
                }
                _ => None,
            };
            let fits = |number: &i64| matches!(shape, Shape::Long) || i32::try_from(*number).is_ok();
            number.filter(fits).map(Value::from).ok_or_else(|| wrong(&value, "an Integer"))
        }
        Shape::Double | Shape::Timestamp => {
            let number = match &value {
                Value::String(text) => text.trim().parse::<f64>().ok(),
                Value::Number(number) => number.as_f64(),
                _ => None,
            };
            let number = number.filter(|number| number.is_finite());
            number.map(Value::from).ok_or_else(|| wrong(&value, "an Double"))
        }
        Shape::List(element) => match value {
            Value::Array(elements) => {
                // A null among texts is passed over; there is none that a structure could be.
                let structures = matches!(**element, Shape::Structure(_));
                let elements = elements.into_iter().filter(|element| structures || !element.is_null());
                elements.map(|value| coerce(value, element)).collect::<Result<_, _>>().map(Value::Array)
            }
            other => Err(wrong(&other, "an Array")),
        },
        Shape::Map(element) => match value {
            Value::Object(entries) => {
                // A null is kept: templates may be null.
                let coerced = entries.into_iter().map(|(name, value)| {
                    Ok((name, if value.is_null() { value } else { coerce(value, element)? }))
                });
                coerced.collect::<Result<_, Error>>().map(Value::Object)
            }
            other => Err(wrong(&other, "a Map")),
        },
        Shape::Structure(name) => match value {
            Value::Object(entries) => {
                let Some(structure) = OPERATIONS.structures.get(name) else {
                    return Ok(Value::Object(entries));
                };
                let mut known = Map::new();
                for (name, value) in entries {
                    // Members that nobody knows are passed over, as services of AWS do.
                    if let Some(shape) = structure.members.get(&name).filter(|_| !value.is_null()) {
                        known.insert(name, coerce(value, shape)?);
                    }
                }
                Ok(Value::Object(known))
            }
            other => Err(wrong(&other, "a Structure")),
        },
    }
}

/// Adds what `value` breaks to `broken`, in the wording of API Gateway.
fn constraints(value: &Value, shape: &Shape, at: &str, broken: &mut Vec<String>) {
    match (shape, value) {
        (Shape::Enum(values), Value::String(text)) if !values.contains(text) => {
            broken.push(format!(
                "Value '{text}' at '{at}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
                in_order(values).join(", ")
            ));
        }
        (Shape::Pattern(pattern), Value::String(text)) if !matches(pattern, text) => {
            broken.push(format!(
                "Value '{text}' at '{at}' failed to satisfy constraint: Member must satisfy regular expression pattern: {}",
                pattern.trim_start_matches('^').trim_end_matches('$')
            ));
        }
        (Shape::List(element), Value::Array(elements)) => {
            if let Shape::Enum(values) = &**element {
                broken.extend(list_of_enum(elements, values, at));
                return;
            }
            for (index, value) in elements.iter().enumerate() {
                constraints(value, element, &format!("{at}.{}.member", index + 1), broken);
            }
        }
        (Shape::Map(element), Value::Object(entries)) => {
            for (name, value) in entries {
                constraints(value, element, &format!("{at}.{name}.member"), broken);
            }
        }
        (Shape::Structure(name), Value::Object(entries)) => {
            let Some(structure) = OPERATIONS.structures.get(name) else { return };
            for name in structure.required.iter().filter(|name| !entries.contains_key(name.as_str())) {
                broken.push(format!(
                    "Value null at '{at}.{name}' failed to satisfy constraint: Member must not be null"
                ));
            }
            for (name, value) in entries {
                if let Some(shape) = structure.members.get(name) {
                    constraints(value, shape, &format!("{at}.{name}"), broken);
                }
            }
        }
        _ => {}
    }
}

/// What a list with other values than these breaks: messages show the whole list.
fn list_of_enum(elements: &[Value], values: &[String], at: &str) -> Option<String> {
    let texts: Vec<&str> = elements.iter().filter_map(Value::as_str).collect();
    if texts.iter().all(|text| values.iter().any(|value| value == text)) {
        return None;
    }
    Some(format!(
        "Value '[{}]' at '{at}' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [{}]]",
        texts.join(", "),
        in_order(values).join(", ")
    ))
}

/// The values in the order in which API Gateway's messages have them, where that is known.
fn in_order(values: &[String]) -> Vec<&str> {
    const KNOWN: [&[&str]; 6] = [
        &["add", "remove", "move", "test", "replace", "copy"],
        &["HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"],
        &["PRIVATE", "EDGE", "REGIONAL"],
        &["AUTHORIZER", "HEADER"],
        &[
            "REQUEST_TOO_LARGE",
            "RESOURCE_NOT_FOUND",
            "AUTHORIZER_CONFIGURATION_ERROR",
            "MISSING_AUTHENTICATION_TOKEN",
            "BAD_REQUEST_BODY",
            "INVALID_SIGNATURE",
            "INVALID_API_KEY",
            "BAD_REQUEST_PARAMETERS",
            "AUTHORIZER_FAILURE",
            "UNAUTHORIZED",
            "INTEGRATION_TIMEOUT",
            "ACCESS_DENIED",
            "DEFAULT_4XX",
            "DEFAULT_5XX",
            "WAF_FILTERED",
            "QUOTA_EXCEEDED",
            "THROTTLED",
            "API_CONFIGURATION_ERROR",
            "UNSUPPORTED_MEDIA_TYPE",
            "INTEGRATION_FAILURE",
            "EXPIRED_TOKEN",
        ],
        &[
            "RESPONSE_BODY",
            "RESPONSE",
            "METHOD",
            "MODEL",
            "AUTHORIZER",
            "RESPONSE_HEADER",
            "RESOURCE",
            "PATH_PARAMETER",
            "REQUEST_BODY",
            "QUERY_PARAMETER",
            "API",
            "REQUEST_HEADER",
        ],
    ];
    let same = |known: &&&[&str]| {
        known.len() == values.len() && values.iter().all(|it| known.contains(&it.as_str()))
    };
    match KNOWN.iter().find(same) {
        Some(known) => known.to_vec(),
        None => values.iter().map(String::as_str).collect(),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: LazyLock<HashMap<&'static str, Regex>> = LazyLock::new(|| {
        let shapes =
            OPERATIONS.operations.iter().flat_map(|operation| &operation.members).map(|member| &member.shape);
        let nested = OPERATIONS.structures.values().flat_map(|structure| structure.members.values());
        let patterns = shapes.chain(nested).filter_map(|shape| match shape {
            Shape::Pattern(pattern) => Some(pattern.as_str()),
            _ => None,
        });
        patterns.filter_map(|text| Some((text, Regex::new(&format!("^(?:{text})$")).ok()?))).collect()
    });
    COMPILED.get(pattern).is_none_or(|compiled| compiled.is_match(text))
}
