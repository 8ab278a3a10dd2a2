//! `UpdateGatewayResponse`.

use super::{check_parameter, check_template};
use crate::entities::{GatewayResponse, Map};
use crate::operations::patch_map::{NO_CONTENT_TYPE, NO_PARAMETER, invalid_path};
use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};

/// Does what one operation says.
pub(super) fn apply(response: &mut GatewayResponse, operation: &PatchOperation) -> Result<(), Error> {
    let segments = operation.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["statusCode"] if operation.op == Op::Replace => {
            response.status_code = Some(status(operation)?);
            Ok(())
        }
        ["responseParameters", name] => {
            entry(&mut response.response_parameters, "responseParameters", name, operation)
        }
        ["responseTemplates", name] => {
            entry(&mut response.response_templates, "responseTemplates", name, operation)
        }
        _ => Err(invalid_path(operation)),
    }
}

fn status(operation: &PatchOperation) -> Result<String, Error> {
    match operation.text() {
        "" => Err(Error::bad_request("Invalid null or empty value in statusCode")),
        text => match text.as_bytes() {
            [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => Ok(text.to_owned()),
            _ => Err(Error::bad_request(format!("Invalid statusCode specified: {text}"))),
        },
    }
}

fn entry(map: &mut Map<String>, part: &str, name: &str, operation: &PatchOperation) -> Result<(), Error> {
    let is_template = part == "responseTemplates";
    let absent = if is_template { NO_CONTENT_TYPE } else { NO_PARAMETER };
    let there = || if map.contains_key(name) { Ok(()) } else { Err(Error::not_found(absent)) };
    match operation.op {
        Op::Remove => {
            there()?;
            map.shift_remove(name);
            return Ok(());
        }
        Op::Add | Op::Replace => {}
        Op::Copy | Op::Move | Op::Test => return Err(invalid_path(operation)),
    }
    let value = operation.text();
    if value.is_empty() {
        return Err(Error::bad_request(format!("Invalid null or empty value in {part}")));
    }
    if operation.op == Op::Replace {
        there()?;
    }
    let check = if is_template { check_template } else { check_parameter };
    check(name, value)?;
    map.insert(name.to_owned(), value.to_owned());
    Ok(())
}
