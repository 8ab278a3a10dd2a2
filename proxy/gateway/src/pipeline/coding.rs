//! Compressed bodies: requests are read once they are let in, answers are written at the very end.
//!
//! Both only where the API has a `minimumCompressionSize`.

use super::integrate::mock::unsupported_media_type;
use super::integrate::relay::is_grpc;
use crate::exchange::{Exchange, Refusal};
use bytes::Bytes;
use edgewit_mapping::coding::{self, Coding};
use edgewit_model::api::ResponseTransferMode;
use edgewit_plan::plan::IntegrationPlan;
use flate2::Compression;
use flate2::read::{DeflateDecoder, GzEncoder, MultiGzDecoder, ZlibDecoder, ZlibEncoder};
use http::HeaderValue;
use http::Method;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, UPGRADE};
use pingora_http::{RequestHeader, ResponseHeader};
use std::io::{self, Read};

/// Bytes from which the work is done beside the worker, which serves others meanwhile.
const ASIDE_BYTES: usize = 32 << 10;

/// The coding of the request's body that has to be undone.
///
/// # Errors
/// 415 for one that is not known.
pub(super) fn of_request(header: &RequestHeader, exchange: &Exchange) -> Result<Option<Coding>, Refusal> {
    if minimum(exchange).is_none() {
        return Ok(None);
    }
    let mut values = header.headers.get_all(CONTENT_ENCODING).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let known = value.to_str().ok().and_then(|value| coding::of_request(value).ok());
    // Of several only one could be undone.
    known.filter(|_| values.next().is_none()).ok_or_else(unsupported_media_type)
}

/// The body as it was before it was compressed.
///
/// # Errors
/// 415 for broken data, 413 for more than `limit` bytes of it.
pub(super) async fn decode(body: Bytes, coding: Coding, limit: u64) -> Result<Bytes, Refusal> {
    // A thousand times as much may come of it.
    let read = aside(body.len().saturating_mul(1000), move || inflated(&body, coding, limit)).await;
    let body = read.map_err(|_| unsupported_media_type())?;
    if body.len() as u64 > limit { Err(Refusal::too_large(limit)) } else { Ok(Bytes::from(body)) }
}

/// How an answer is compressed, if it is.
#[derive(Clone, Copy)]
pub(super) struct Compressed {
    coding: Coding,
    /// Bytes that it must have.
    minimum: usize,
}

/// How the answer may have to be compressed, for which all of it must be there. Not where there is no body, and not where
/// it is a stream.
pub(super) fn of_answer(header: &RequestHeader, exchange: &Exchange) -> Option<Compressed> {
    let minimum = minimum(exchange)? as usize;
    if header.method == Method::HEAD || asks_for_stream(header) || is_streamed(exchange) {
        return None;
    }
    let coding = coding::accepted(header.headers.get(ACCEPT_ENCODING)?.to_str().ok()?)?;
    Some(Compressed { coding, minimum })
}

/// A WebSocket or gRPC, which pass byte by byte.
pub(super) fn asks_for_stream(header: &RequestHeader) -> bool {
    header.headers.contains_key(UPGRADE) || is_grpc(header)
}

/// API Gateway does not compress answers of `responseTransferMode: STREAM`.
fn is_streamed(exchange: &Exchange) -> bool {
    match exchange.route().map(|route| &route.integration) {
        Some(IntegrationPlan::HttpProxy(plan)) => plan.response_transfer_mode == ResponseTransferMode::Stream,
        Some(IntegrationPlan::Function(plan)) => plan.streams,
        _ => false,
    }
}

/// Compresses an answer that is large enough.
pub(super) async fn encode(compressed: Compressed, answer: &mut ResponseHeader, body: Bytes) -> Bytes {
    let Compressed { coding, minimum } = compressed;
    // What has a coding, and what is a part of something, stays as it is.
    let fixed = [CONTENT_ENCODING, CONTENT_RANGE].iter().any(|name| answer.headers.contains_key(name));
    if body.len() < minimum || body.is_empty() || fixed {
        return body;
    }
    let plain = body.clone();
    let Ok(compressed) = aside(body.len(), move || deflated(&plain, coding)).await else { return body };
    super::names::edit(answer, |headers| {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    });
    Bytes::from(compressed)
}

fn minimum(exchange: &Exchange) -> Option<u32> {
    exchange.stage()?.plan.minimum_compression_size
}

/// Does `work` on this thread when it is little, and on one that is there for such things otherwise.
async fn aside(
    bytes: usize,
    work: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
) -> io::Result<Vec<u8>> {
    if bytes < ASIDE_BYTES {
        return work();
    }
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// One byte more than the limit tells that there is more.
fn inflated(body: &[u8], coding: Coding, limit: u64) -> io::Result<Vec<u8>> {
    let whole = |reader: &mut dyn Read| {
        let mut out = Vec::new();
        reader.take(limit + 1).read_to_end(&mut out)?;
        Ok(out)
    };
    match coding {
        Coding::Gzip => whole(&mut MultiGzDecoder::new(body)),
        // Some clients send what is inside the zlib format without it.
        Coding::Deflate => {
            whole(&mut ZlibDecoder::new(body)).or_else(|_: io::Error| whole(&mut DeflateDecoder::new(body)))
        }
    }
}

fn deflated(body: &[u8], coding: Coding) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len() / 2);
    match coding {
        Coding::Gzip => GzEncoder::new(body, Compression::default()).read_to_end(&mut out)?,
        Coding::Deflate => ZlibEncoder::new(body, Compression::default()).read_to_end(&mut out)?,
    };
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn what_is_compressed_comes_back() {
        for coding in [Coding::Gzip, Coding::Deflate] {
            let packed = deflated(b"hello hello hello", coding).unwrap();
            assert_eq!(inflated(&packed, coding, 100).unwrap(), b"hello hello hello");
            assert!(inflated(&packed[..packed.len() - 1], coding, 100).is_err(), "{coding:?}: cut data");
            assert!(inflated(b"\x01\x02", coding, 100).is_err());
        }
    }

    #[tokio::test]
    async fn a_small_body_that_becomes_large_ends_at_the_limit() {
        let packed = Bytes::from(deflated(&vec![0; 1_000_000], Coding::Gzip).unwrap());
        assert_eq!(decode(packed.clone(), Coding::Gzip, 1_000_000).await.unwrap().len(), 1_000_000);
        let refused = decode(packed, Coding::Gzip, 999_999).await.unwrap_err();
        assert_eq!(refused.error_type, "RequestTooLargeException");
    }
}
