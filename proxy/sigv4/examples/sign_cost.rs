//! What a signature costs: ten headers and a body of 1 KiB, with the key in the cache, as for each call to a service.
//!
//! `cargo run --release -p edgewit-sigv4 --example sign_cost`
//!
//! The signature of every round is verified after it, and the first is compared with that of botocore. The best of
//! many rounds counts. Fails when a signature costs more than 10 microseconds.

#![allow(clippy::print_stdout, reason = "an example prints its result")]

use edgewit_sigv4::{AuthError, Claim, Credentials, KeyCache, Payload, Request, Scope, Signer, Timestamp};
use std::hint::black_box;
use std::time::Instant;

const CALLS: u32 = 20_000;
const ROUNDS: u64 = 20;
const MAX_MICROSECONDS: f64 = 10.0;

/// 2023-11-14T22:13:20Z.
const TIME: u64 = 1_700_000_000;

/// What botocore makes of the request below at that time.
const EXPECTED: &str = "5dda46ac1708c691e632151b4f195c7e7f2ccb191e17de820274d9ef6fbb52a3";

const HEADERS: [(&str, &[u8]); 10] = [
    ("content-type", b"application/x-amz-json-1.0"),
    ("x-amz-target", b"AmazonSQS.SendMessage"),
    ("accept", b"application/json"),
    ("accept-encoding", b"identity"),
    ("cache-control", b"no-cache"),
    ("content-length", b"1024"),
    ("x-forwarded-for", b"203.0.113.7, 10.0.0.1"),
    ("x-forwarded-port", b"443"),
    ("x-forwarded-proto", b"https"),
    ("x-request-id", b"6d1b3f0a-6f0e-4b7e-9b1f-2f6c6a1f7a55"),
];

fn main() -> Result<(), AuthError> {
    let body = [b'x'; 1024];
    let request = Request {
        method: "POST",
        host: "sqs.us-east-1.amazonaws.com",
        path: "/123456789012/orders",
        query: "",
        headers: &HEADERS,
    };
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None);
    let scope = Scope { region: "us-east-1", service: "sqs" };
    let keys = KeyCache::default();
    let signer = Signer::new(&credentials, scope, &keys);
    let payload = Payload::Body(&body);
    let first = signer.sign(&request, &payload, Timestamp::from_unix_seconds(TIME));
    assert_eq!(first.authorization().rsplit('=').next(), Some(EXPECTED), "not what botocore signs");

    let [mut signing, mut verifying, mut hashing] = [f64::INFINITY; 3];
    for round in 0..ROUNDS {
        let time = Timestamp::from_unix_seconds(TIME + round);
        let best = |best: &mut f64, work: &mut dyn FnMut()| {
            let start = Instant::now();
            (0..CALLS).for_each(|_| work());
            *best = best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS));
        };
        best(&mut signing, &mut || drop(black_box(signer.sign(black_box(&request), &payload, time))));
        best(&mut hashing, &mut || {
            black_box(ring::digest::digest(&ring::digest::SHA256, black_box(&body)));
        });

        let signed = signer.sign(&request, &payload, time);
        let added = signed.headers().map(|(name, value)| (name, value.as_bytes()));
        let headers: Vec<(&str, &[u8])> = HEADERS.into_iter().chain(added).collect();
        let request = Request { headers: &headers, ..request };
        Claim::read(&request, scope, time)?.verify(&payload, &credentials, &keys)?;
        best(&mut verifying, &mut || {
            let claim = Claim::read(black_box(&request), scope, time);
            let verified = claim.and_then(|claim| claim.verify(&payload, &credentials, &keys));
            assert_eq!(verified, Ok(()));
        });
    }
    assert_eq!(keys.derived(), 1, "the key was not found in the cache");
    println!("{signing:.2} µs a signature, {hashing:.2} of them to hash the body");
    println!("{verifying:.2} µs to read and verify one");

    let start = Instant::now();
    (0..CALLS).for_each(|_| {
        drop(black_box(Signer { keys: &KeyCache::new(1), ..signer }.sign(
            &request,
            &payload,
            Timestamp::from_unix_seconds(TIME),
        )));
    });
    let derived = start.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS);
    println!("{derived:.2} µs a signature that derives its key");
    assert!(signing <= MAX_MICROSECONDS, "more than {MAX_MICROSECONDS} µs");
    Ok(())
}
