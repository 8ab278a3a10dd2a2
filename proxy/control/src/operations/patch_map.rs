//! Patch operations on the entries of maps and lists, which are named in the path: `/requestTemplates/application~1json`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_PatchOperation.html>.

use crate::entities::{EndpointConfiguration, Map};
use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};

/// Why an entry of a map of parameters cannot be replaced or removed.
pub(super) const NO_PARAMETER: &str = "Invalid parameter name specified";
/// Why an entry of a map by content types cannot be replaced or removed.
pub(super) const NO_CONTENT_TYPE: &str = "Content-Type specified was not found";

/// What entries of maps and lists take.
pub(super) const ENTRY_OPS: &[Op] = &[Op::Add, Op::Remove, Op::Replace];

/// Adds, replaces or removes the entry `name`.
///
/// # Errors
/// For other operations, and with `absent` (404) where the entry is to be there and is not.
pub(super) fn patch_entry<V>(
    map: &mut Map<V>,
    name: &str,
    operation: &PatchOperation,
    absent: &'static str,
    value: V,
) -> Result<(), Error> {
    expect_op(operation, ENTRY_OPS)?;
    if operation.op != Op::Add && !map.contains_key(name) {
        return Err(Error::not_found(absent));
    }
    if operation.op == Op::Remove {
        map.shift_remove(name);
    } else {
        map.insert(name.to_owned(), value);
    }
    Ok(())
}

/// The same for a map that may never have been given; it is gone with its last entry.
///
/// # Errors
/// As [`patch_entry`].
pub(super) fn patch_optional_entry<V>(
    map: &mut Option<Map<V>>,
    name: &str,
    operation: &PatchOperation,
    absent: &'static str,
    value: V,
) -> Result<(), Error> {
    let entries = map.get_or_insert_with(Map::new);
    patch_entry(entries, name, operation, absent, value)?;
    if entries.is_empty() {
        *map = None;
    }
    Ok(())
}

/// Adds or removes the element that the path names, or replaces it by the value, which then comes last.
///
/// # Errors
/// For other operations, and with `absent` (404) where the element is to be there and is not.
pub(super) fn patch_element(
    list: &mut Vec<String>,
    element: &str,
    operation: &PatchOperation,
    absent: &'static str,
) -> Result<(), Error> {
    expect_op(operation, ENTRY_OPS)?;
    if operation.op == Op::Add {
        push_new(list, element);
        return Ok(());
    }
    let at = list.iter().position(|known| known == element).ok_or_else(|| Error::not_found(absent))?;
    list.remove(at);
    if operation.op == Op::Replace {
        push_new(list, operation.text());
    }
    Ok(())
}

fn push_new(list: &mut Vec<String>, element: &str) {
    if !list.iter().any(|known| known == element) {
        list.push(element.to_owned());
    }
}

/// That a path takes an operation.
///
/// # Errors
/// In the wording of APIs, methods and integrations.
pub(super) fn expect_op(operation: &PatchOperation, supported: &[Op]) -> Result<(), Error> {
    if supported.contains(&operation.op) {
        return Ok(());
    }
    let supported: Vec<&str> = supported.iter().map(|op| op.as_str()).collect();
    let message = format!("Invalid patch operation specified. Must be one of: [{}]", supported.join(", "));
    Err(Error::bad_request(message))
}

/// A path that there is not.
pub(super) fn invalid_path(operation: &PatchOperation) -> Error {
    Error::bad_request(format!("Invalid patch path {}", operation.path()))
}

/// The value, where an empty one stands for none.
pub(super) fn non_empty(operation: &PatchOperation) -> Option<String> {
    operation.value.clone().filter(|value| !value.is_empty())
}

/// One of `values`, where an empty one stands for none.
///
/// # Errors
/// For other values; `what` names them.
pub(super) fn choice(
    operation: &PatchOperation,
    what: &str,
    values: &[&str],
) -> Result<Option<String>, Error> {
    match non_empty(operation) {
        Some(value) if !values.contains(&value.as_str()) => Err(invalid_choice(what, values)),
        value => Ok(value),
    }
}

/// The endpoint type that the value names.
///
/// # Errors
/// When it names none.
pub(super) fn endpoint_type(operation: &PatchOperation) -> Result<&str, Error> {
    let kind = operation.text();
    if EndpointConfiguration::TYPES.contains(&kind) {
        return Ok(kind);
    }
    Err(invalid_choice("EndpointTypes", EndpointConfiguration::TYPES))
}

/// The address type of endpoints that the value names.
///
/// # Errors
/// When it names none.
pub(super) fn ip_address_type(operation: &PatchOperation) -> Result<String, Error> {
    match operation.text() {
        kind @ ("ipv4" | "dualstack") => Ok(kind.to_owned()),
        _ => Err(Error::bad_request("ipAddressType must be either ipv4 or dualstack.")),
    }
}

/// A value that is none of those there are.
pub(super) fn invalid_choice(what: &str, values: &[&str]) -> Error {
    Error::bad_request(format!("Invalid {what} specified. Valid options are {}", values.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(op: Op, path: &str, value: Option<&str>) -> PatchOperation {
        PatchOperation { op, path: Some(path.into()), value: value.map(Into::into), from: None }
    }

    #[test]
    fn entries_are_added_replaced_and_removed() {
        let mut map: Option<Map<String>> = None;
        let mut patch = |op, name: &str, value: &str| {
            let operation = operation(op, "/x", Some(value));
            patch_optional_entry(&mut map, name, &operation, NO_PARAMETER, value.to_owned())
                .map(|()| map.clone())
        };
        let only = |value: &str| Some(Map::from_iter([("a".to_owned(), value.to_owned())]));
        assert_eq!(patch(Op::Add, "a", "1"), Ok(only("1")));
        assert_eq!(patch(Op::Add, "a", "2"), Ok(only("2")));
        assert_eq!(patch(Op::Replace, "a", "3"), Ok(only("3")));
        assert_eq!(patch(Op::Replace, "b", ""), Err(Error::not_found(NO_PARAMETER)));
        assert_eq!(patch(Op::Remove, "b", ""), Err(Error::not_found(NO_PARAMETER)));
        assert_eq!(patch(Op::Remove, "a", ""), Ok(None));
        assert_eq!(
            patch(Op::Copy, "a", ""),
            Err(Error::bad_request(
                "Invalid patch operation specified. Must be one of: [add, remove, replace]"
            ))
        );
    }

    #[test]
    fn a_replaced_element_comes_last_and_none_is_there_twice() {
        let mut list = vec!["a".to_owned(), "b".to_owned()];
        let mut patch = |op, element: &str, value| {
            patch_element(&mut list, element, &operation(op, "/x", value), NO_CONTENT_TYPE)
                .map(|()| list.join(" "))
        };
        assert_eq!(patch(Op::Replace, "a", Some("c")), Ok("b c".into()));
        assert_eq!(patch(Op::Add, "b", None), Ok("b c".into()));
        assert_eq!(patch(Op::Replace, "b", Some("c")), Ok("c".into()));
        assert_eq!(patch(Op::Remove, "c", None), Ok(String::new()));
        assert_eq!(patch(Op::Remove, "c", None), Err(Error::not_found(NO_CONTENT_TYPE)));
        assert_eq!(patch(Op::Replace, "c", Some("d")), Err(Error::not_found(NO_CONTENT_TYPE)));
    }
}
