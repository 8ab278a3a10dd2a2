//! Keys that are derived, kept and forgotten.

use super::{SCOPE, SENT, at, credentials, get};
use crate::{Credentials, KeyCache, Payload, Scope, Signer};

fn sign(credentials: &Credentials, scope: Scope<'_>, time: u64, keys: &KeyCache) -> String {
    let signer = Signer::new(credentials, scope, keys);
    signer.sign(&get("/", "", &[]), &Payload::Body(b""), at(time)).authorization().to_owned()
}

#[test]
fn a_key_is_derived_once_for_a_day() {
    let keys = KeyCache::default();
    assert!(keys.is_empty());
    let midnight = SENT - SENT % 86_400 + 86_400;
    for time in [SENT, SENT + 1, midnight - 1] {
        sign(&credentials(), SCOPE, time, &keys);
    }
    assert_eq!((keys.derived(), keys.len()), (1, 1));
    sign(&credentials(), SCOPE, midnight, &keys);
    sign(&credentials(), Scope { region: "eu-central-1", ..SCOPE }, midnight, &keys);
    sign(&credentials(), Scope { service: "sqs", ..SCOPE }, midnight, &keys);
    assert_eq!((keys.derived(), keys.len()), (4, 4));
}

#[test]
fn a_rotated_secret_does_not_find_the_old_key() {
    let keys = KeyCache::default();
    let rotated = Credentials::new(credentials().access_key_id(), "another", None);
    let before = sign(&credentials(), SCOPE, SENT, &keys);
    let after = sign(&rotated, SCOPE, SENT, &keys);
    assert_ne!(before, after);
    assert_eq!(after, sign(&rotated, SCOPE, SENT, &KeyCache::default()));
    assert_eq!(before, sign(&credentials(), SCOPE, SENT, &keys));
    // Nor does another split of the same characters.
    let [one, other] = [Credentials::new("ab", "c", None), Credentials::new("a", "bc", None)];
    assert_ne!(one.fingerprint(), other.fingerprint());
}

#[test]
fn a_cache_is_bounded_and_lets_go_of_earlier_days_first() {
    let keys = KeyCache::new(3);
    let region = |number: usize| ["r0", "r1", "r2", "r3"][number];
    let at_region = |number, time, keys: &KeyCache| {
        sign(&credentials(), Scope { region: region(number), ..SCOPE }, time, keys)
    };
    let tomorrow = SENT + 86_400;
    at_region(0, SENT, &keys);
    at_region(1, tomorrow, &keys);
    at_region(2, tomorrow, &keys);
    assert_eq!(keys.len(), 3);
    // The one past the bound: today's goes, though it was not the first of tomorrow's.
    at_region(3, tomorrow, &keys);
    assert_eq!(keys.len(), 3);
    let derived = keys.derived();
    (1..4).for_each(|number| drop(at_region(number, tomorrow, &keys)));
    assert_eq!(keys.derived(), derived);
    // All of one day: the first goes.
    at_region(0, tomorrow, &keys);
    at_region(2, tomorrow, &keys);
    at_region(3, tomorrow, &keys);
    assert_eq!((keys.derived(), keys.len()), (derived + 1, 3));
    at_region(1, tomorrow, &keys);
    assert_eq!((keys.derived(), keys.len()), (derived + 2, 3));
}

#[test]
fn the_smallest_cache_holds_one_key() {
    let keys = KeyCache::new(0);
    sign(&credentials(), SCOPE, SENT, &keys);
    sign(&credentials(), SCOPE, SENT, &keys);
    assert_eq!((keys.derived(), keys.len()), (1, 1));
}

#[test]
fn threads_share_keys() {
    let keys = KeyCache::new(64);
    let expected: Vec<_> =
        (0..32).map(|day| sign(&credentials(), SCOPE, SENT + day * 86_400, &keys)).collect();
    let fresh = KeyCache::new(64);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (day, expected) in (0..).zip(&expected) {
                    assert_eq!(sign(&credentials(), SCOPE, SENT + day * 86_400, &fresh), *expected);
                }
            });
        }
    });
    assert_eq!(fresh.len(), 32);
}
