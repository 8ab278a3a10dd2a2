//! Documentation of APIs: its parts, and versions of all of them.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-documenting-api.html>.

mod import;
mod location;
mod parts;
#[cfg(test)]
mod tests;
mod undocumented;
mod versions;

use super::Handler;
pub(super) use versions::unknown as unknown_version;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateDocumentationPart" => parts::create,
        "CreateDocumentationVersion" => versions::create,
        "DeleteDocumentationPart" => parts::delete,
        "DeleteDocumentationVersion" => versions::delete,
        "GetDocumentationPart" => parts::get,
        "GetDocumentationParts" => parts::list,
        "GetDocumentationVersion" => versions::get,
        "GetDocumentationVersions" => versions::list,
        "ImportDocumentationParts" => import::import,
        "UpdateDocumentationPart" => parts::update,
        "UpdateDocumentationVersion" => versions::update,
        _ => return None,
    })
}
