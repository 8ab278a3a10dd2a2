//! Whatever is signed verifies, and with anything changed it does not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use edgewit_sigv4::{
    AuthError, Claim, Credentials, KeyCache, Payload, Request, Scope, Selection, Signer, Timestamp,
};
use proptest::prelude::*;

const NOW: u64 = 1_700_000_000;

#[derive(Clone, Debug)]
struct Sent {
    service: &'static str,
    method: String,
    host: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    token: Option<String>,
}

/// A request with the headers of its signature.
fn signed(mut sent: Sent, keys: &KeyCache) -> Sent {
    let credentials = credentials(&sent);
    let headers = borrowed(&sent);
    let signer = Signer { selection: Selection::All, ..Signer::new(&credentials, scope(&sent), keys) };
    let time = Timestamp::from_unix_seconds(NOW);
    let signed = signer.sign(&request(&sent, &headers), &Payload::Body(&sent.body), time);
    let added: Vec<_> =
        signed.headers().map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect();
    sent.headers.extend(added);
    sent
}

fn verify(sent: &Sent, keys: &KeyCache) -> Result<(), AuthError> {
    let headers = borrowed(sent);
    let claim = Claim::read(&request(sent, &headers), scope(sent), Timestamp::from_unix_seconds(NOW))?;
    claim.verify(&Payload::Body(&sent.body), &credentials(sent), keys)
}

fn credentials(sent: &Sent) -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret", sent.token.as_deref())
}

fn scope(sent: &Sent) -> Scope<'_> {
    Scope { region: "us-east-1", service: sent.service }
}

fn borrowed(sent: &Sent) -> Vec<(&str, &[u8])> {
    sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect()
}

fn request<'r>(sent: &'r Sent, headers: &'r [(&'r str, &'r [u8])]) -> Request<'r> {
    Request { method: &sent.method, host: &sent.host, path: &sent.path, query: &sent.query, headers }
}

fn requests() -> impl Strategy<Value = Sent> {
    let headers = proptest::collection::vec(("[xX]-[a-cA-C]{1,3}", "[ -~\t]{0,20}|\\PC{0,8}"), 0..8);
    let headers = headers.prop_map(|headers| {
        headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect::<Vec<_>>()
    });
    (
        prop_oneof!["execute-api", "s3", "sqs"],
        "[A-Z]{1,7}",
        "[a-z0-9.:-]{1,20}",
        // Without `..`, which verifies only as it is and is signed as what it leads to.
        "(/[a-zA-Z0-9%.@~é ]{0,6}){0,5}/?".prop_map(|path: String| path.replace("..", "")),
        "([a-z%&=+./é]|%[0-9a-fA-F]{2}){0,30}",
        headers,
        proptest::collection::vec(any::<u8>(), 0..40),
        proptest::option::of("[A-Za-z0-9+/=]{1,40}"),
    )
        .prop_map(|(service, method, host, path, query, headers, body, token)| {
            let service = ["execute-api", "s3", "sqs"].into_iter().find(|known| *known == service).unwrap();
            Sent { service, method, host, path, query, headers, body, token }
        })
}

/// A letter or digit becomes another one, never the same in another case; that changes what every part means.
fn changed(byte: u8) -> u8 {
    match byte {
        b'z' => b'a',
        b'Z' => b'A',
        b'9' => b'0',
        byte => byte + 1,
    }
}

/// The places in `text` that can be changed so that they mean something else.
fn places(text: &[u8]) -> Vec<usize> {
    (0..text.len()).filter(|at| text[*at].is_ascii_alphanumeric()).collect()
}

fn change_text(text: &mut String, at: usize) {
    let mut bytes = std::mem::take(text).into_bytes();
    bytes[at] = changed(bytes[at]);
    *text = String::from_utf8(bytes).unwrap();
}

/// Every request that comes of changing one byte.
fn mutations(sent: &Sent) -> Vec<Sent> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Sent)| {
        let mut other = sent.clone();
        change(&mut other);
        all.push(other);
    };
    places(sent.method.as_bytes()).iter().for_each(|at| with(&|s| change_text(&mut s.method, *at)));
    places(sent.host.as_bytes()).iter().for_each(|at| with(&|s| change_text(&mut s.host, *at)));
    places(sent.path.as_bytes()).iter().for_each(|at| with(&|s| change_text(&mut s.path, *at)));
    places(sent.query.as_bytes()).iter().for_each(|at| with(&|s| change_text(&mut s.query, *at)));
    (0..sent.body.len()).for_each(|at| with(&|s| s.body[at] ^= 1));
    for (which, (_, value)) in sent.headers.iter().enumerate() {
        places(value)
            .iter()
            .for_each(|at| with(&|s| s.headers[which].1[*at] = changed(s.headers[which].1[*at])));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_verifies(sent in requests()) {
        let keys = KeyCache::default();
        let sent = signed(sent, &keys);
        prop_assert_eq!(verify(&sent, &keys), Ok(()));
        // With a key that was derived again, too.
        prop_assert_eq!(verify(&sent, &KeyCache::default()), Ok(()));
    }

    #[test]
    fn one_changed_byte_does_not(sent in requests()) {
        let keys = KeyCache::default();
        let sent = signed(sent, &keys);
        for other in mutations(&sent) {
            prop_assert!(verify(&other, &keys).is_err(), "{other:?}");
        }
    }

    #[test]
    fn headers_in_another_order_mean_the_same(sent in requests()) {
        let keys = KeyCache::default();
        let mut sent = signed(sent, &keys);
        // A stable sort by name: values of one name stay in order.
        sent.headers.sort_by_key(|(name, _)| name.to_ascii_lowercase());
        for (name, _) in &mut sent.headers {
            name.make_ascii_uppercase();
        }
        prop_assert_eq!(verify(&sent, &keys), Ok(()));
    }
}
