//! Stage 2: host and path pick the API and its stage.

use crate::exchange::{Exchange, Place, Refusal};
use crate::generation::Generation;
use crate::view::without_port;
use pingora_http::RequestHeader;
use std::borrow::Cow;

/// Finds the deployed stage that a request is for.
///
/// # Errors
/// 403 `Forbidden` when there is no such API or stage, or its default endpoint is disabled.
pub(super) fn run(
    generation: &Generation,
    header: &RequestHeader,
    loopback: bool,
    exchange: &mut Exchange,
) -> Result<(), Refusal> {
    let place = find(generation, header, loopback).ok_or_else(Refusal::forbidden)?;
    let disabled = place.stage.plan.default_endpoint_disabled;
    exchange.place = Some(place);
    if disabled { Err(Refusal::forbidden()) } else { Ok(()) }
}

fn find(generation: &Generation, header: &RequestHeader, loopback: bool) -> Option<Place> {
    let path = header.uri.path();
    if loopback && let Some(place) = by_path(generation, path) {
        return Some(place);
    }
    let host = header.headers.get("host").and_then(|host| host.to_str().ok());
    let host = host.or_else(|| header.uri.authority().map(|authority| authority.as_str()))?;
    let mut host = Cow::Borrowed(without_port(host));
    if host.bytes().any(|b| b.is_ascii_uppercase()) {
        host = Cow::Owned(host.to_ascii_lowercase());
    }
    let api = match api_of_host(&host) {
        Some(id) => generation.apis.get(id)?,
        None => generation.apis.get(generation.only.as_ref()?)?,
    };
    place(api, path)
}

/// The API id in `{apiId}.execute-api.{region}.{suffix}`.
fn api_of_host(host: &str) -> Option<&str> {
    let (id, rest) = host.split_once('.')?;
    let rest = rest.strip_prefix("execute-api.")?;
    // A region and a suffix must follow.
    let (region, suffix) = rest.split_once('.')?;
    (!id.is_empty() && !region.is_empty() && !suffix.is_empty()).then_some(id)
}

/// `/restapis/{apiId}/{stage}/_user_request_/…` and `/_aws/execute-api/{apiId}/{stage}/…`.
fn by_path(generation: &Generation, path: &str) -> Option<Place> {
    if let Some(rest) = path.strip_prefix("/restapis/") {
        let (id, rest) = rest.split_once('/')?;
        let (stage, rest) = rest.split_once('/')?;
        let rest = rest.strip_prefix("_user_request_")?;
        let rest = if rest.is_empty() { "/" } else { rest };
        return rest.starts_with('/').then(|| place(generation.apis.get(id)?, &format!("/{stage}{rest}")))?;
    }
    let rest = path.strip_prefix("/_aws/execute-api/")?;
    let (id, _) = rest.split_once('/')?;
    place(generation.apis.get(id)?, &rest[id.len()..])
}

/// The stage is the first segment; slashes before it count as one.
fn place(api: &crate::generation::Api, path: &str) -> Option<Place> {
    let trimmed = path.trim_start_matches('/');
    let stage_end = trimmed.find('/').unwrap_or(trimmed.len());
    let stage = api.stages.get(&trimmed[..stage_end])?;
    let mut whole = String::with_capacity(trimmed.len() + 1);
    whole.push('/');
    whole.push_str(trimmed);
    let stage = std::sync::Arc::clone(stage.draw());
    Some(Place { stage, path: whole, resource_start: stage_end + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_host_names_its_api() {
        for (host, id) in [
            ("a1.execute-api.us-east-1.amazonaws.com", Some("a1")),
            ("a1.execute-api.eu-west-1.localhost", Some("a1")),
            ("a1.execute-api.us-east-1", None),
            ("execute-api.us-east-1.amazonaws.com", None),
            (".execute-api.us-east-1.localhost", None),
            ("localhost", None),
            ("a1.example.com", None),
        ] {
            assert_eq!(api_of_host(host), id, "{host}");
        }
    }
}
