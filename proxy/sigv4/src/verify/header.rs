//! The `Authorization` header.

use super::{Parts, is_list};
use crate::Request;
use crate::error::{AuthError, MissingParts};
use crate::payload::sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`, and the date from its own header.
pub(super) fn parts<'r>(request: &Request<'r>, header: &'r [u8]) -> Result<Parts<'r>, AuthError> {
    let header_hash = || STANDARD.encode(sha256(header));
    // What is no text cannot be of the form either.
    let text = str::from_utf8(header).map_err(|_| AuthError::NotKeyValue { header_hash: header_hash() })?;
    let text = text.trim_ascii();
    let (algorithm, rest) = text.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((text, ""));
    if algorithm.contains('=') {
        return Err(AuthError::NoAlgorithm);
    }
    let (mut credential, mut signature, mut signed_headers) = (None, None, None);
    let pairs = rest.split(|c: char| c == ',' || c.is_ascii_whitespace()).filter(|pair| !pair.is_empty());
    for pair in pairs {
        let (key, value) =
            pair.split_once('=').ok_or_else(|| AuthError::NotKeyValue { header_hash: header_hash() })?;
        let place = match key {
            "Credential" => &mut credential,
            "Signature" => &mut signature,
            "SignedHeaders" => &mut signed_headers,
            _ => continue,
        };
        // Of two, the first counts; an empty one counts as missing.
        if place.is_none() && !value.is_empty() {
            *place = Some(value);
        }
    }
    let signed_headers = signed_headers.filter(|list| is_list(list));
    let date = request.header("x-amz-date").or_else(|| request.header("date"));
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (credential, signature, signed_headers, date)
    else {
        let found = [credential.is_some(), signature.is_some(), signed_headers.is_some(), date.is_some()];
        return Err(AuthError::MissingInHeader { missing: missing(found), header_hash: header_hash() });
    };
    Ok(Parts {
        algorithm: algorithm.into(),
        credential: credential.into(),
        signed_headers: signed_headers.into(),
        signature: signature.into(),
        date: text_of(date),
        token: request.header("x-amz-security-token").map(text_of),
        expires: None,
    })
}

fn missing(found: [bool; 4]) -> MissingParts {
    let sentences = [
        "Authorization header requires 'Credential' parameter.",
        "Authorization header requires 'Signature' parameter.",
        "Authorization header requires 'SignedHeaders' parameter.",
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    ];
    MissingParts(sentences.into_iter().zip(found).filter(|(_, found)| !found).map(|(text, _)| text).collect())
}

fn text_of(value: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(value.trim_ascii())
}
