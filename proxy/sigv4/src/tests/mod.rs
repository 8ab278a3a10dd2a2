//! Tests that need no table: the vectors are in `tests/`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod canonical;
mod keys;
mod refused;
mod signing;
mod time;
mod verified;

use crate::{Credentials, Request, Scope, Timestamp};

/// 2015-08-30T12:36:00Z, the time of AWS's own examples.
const SENT: u64 = 1_440_938_160;
const SCOPE: Scope<'_> = Scope { region: "us-east-1", service: "execute-api" };

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None)
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

fn get<'r>(path: &'r str, query: &'r str, headers: &'r [(&'r str, &'r [u8])]) -> Request<'r> {
    Request { method: "GET", host: "example.amazonaws.com", path, query, headers }
}
