//! PATCH requests that can do nothing but replace single members.

use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};

/// The path and the value of each operation, where each replaces one of `paths`.
///
/// # Errors
/// In the wording that API Gateway has for resources, models, validators, documentation parts and API keys.
pub(super) fn replacements<'o>(
    operations: &'o [PatchOperation],
    paths: &[&'static str],
) -> Result<Vec<(&'static str, &'o str)>, Error> {
    let replacement = |operation: &'o PatchOperation| {
        let (path, op) = (operation.path(), operation.op);
        if op != Op::Replace {
            return Err(Error::bad_request(format!(
                "Invalid patch path  '{path}' specified for op '{}'. Please choose supported operations",
                op.as_str()
            )));
        }
        let known = paths.iter().find(|known| **known == path);
        known.map(|known| (*known, operation.text())).ok_or_else(|| {
            Error::bad_request(format!(
                "Invalid patch path  '{path}' specified for op 'replace'. Must be one of: [{}]",
                paths.join(", ")
            ))
        })
    };
    operations.iter().map(replacement).collect()
}
