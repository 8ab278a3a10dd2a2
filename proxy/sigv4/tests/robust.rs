//! `Authorization` headers and query strings that nobody would write: random ones, and mutations of good ones. The
//! same on every run; `fuzz/` goes on from here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use edgewit_sigv4::{Claim, Credentials, KeyCache, Payload, Request, Scope, Timestamp};

/// Inputs of a run.
const ROUNDS: usize = 50_000;
/// 2015-08-30T12:36:00Z.
const NOW: u64 = 1_440_938_160;

const HEADER: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request, \
                      SignedHeaders=host;x-amz-date, \
                      Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const QUERY: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2F\
                     execute-api%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=90&\
                     X-Amz-SignedHeaders=host&X-Amz-Signature=0&X-Amz-Security-Token=t";

/// Pieces that mean something where they come to stand.
const PIECES: [&str; 36] = [
    "AWS4-HMAC-SHA256",
    " ",
    ",",
    ", ",
    "=",
    "==",
    "/",
    ";",
    ":",
    "&",
    "%",
    "%2F",
    "%0A",
    "%ff",
    "+",
    "Credential=",
    "SignedHeaders=",
    "Signature=",
    "X-Amz-Algorithm=",
    "X-Amz-Signature=",
    "X-Amz-Expires=",
    "X-Amz-Date=",
    "id/20150830/us-east-1/execute-api/aws4_request",
    "host",
    "HOST;Host;host",
    "x-amz-date",
    "20150830T123600Z",
    "18446744073709551616",
    "-1",
    "0",
    "é",
    "😀",
    "\u{0}",
    "\r\n",
    "\t",
    "Bearer ",
];

/// A generator of the kind xorshift, which is random enough for this.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn mutation(&mut self, of: &str) -> Vec<u8> {
        let mut bytes = of.as_bytes().to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = at + self.below(8).min(bytes.len() - at);
            let piece = match self.below(4) {
                0 => Vec::new(),
                1 => vec![u8::try_from(self.below(256)).unwrap()],
                _ => PIECES[self.below(PIECES.len())].as_bytes().to_vec(),
            };
            bytes.splice(at..end, piece);
        }
        bytes
    }

    fn pieces(&mut self) -> Vec<u8> {
        (0..self.below(16)).flat_map(|_| PIECES[self.below(PIECES.len())].bytes()).collect()
    }
}

/// Nobody is let in, and every refusal says why. Whether anything was read at all.
fn check(authorization: Option<&[u8]>, date: &[u8], query: &[u8], keys: &KeyCache) -> bool {
    let query = String::from_utf8_lossy(query);
    let mut headers: Vec<(&str, &[u8])> = vec![("x-amz-date", date)];
    headers.extend(authorization.map(|value| ("authorization", value)));
    let request = Request { method: "GET", host: "h", path: "/a//b", query: &query, headers: &headers };
    let scope = Scope { region: "us-east-1", service: "execute-api" };
    let claim = match Claim::read(&request, scope, Timestamp::from_unix_seconds(NOW)) {
        Ok(claim) => claim,
        Err(error) => {
            assert!(!error.to_string().is_empty() && !error.long_message().is_empty());
            return false;
        }
    };
    assert!(claim.covers("host") && !claim.access_key_id().contains('/'));
    assert_eq!(claim.is_presigned(), authorization.is_none());
    let credentials = Credentials::new(claim.access_key_id(), "secret", claim.session_token());
    let error = claim.verify(&Payload::Body(b""), &credentials, keys).unwrap_err();
    assert!(error.long_message().contains("The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n"));
    true
}

#[test]
fn mutated_headers_do_not_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let keys = KeyCache::new(4);
    let mut read = 0;
    for round in 0..ROUNDS {
        let header = random.mutation(HEADER);
        let date =
            if round % 4 == 0 { random.mutation("20150830T123600Z") } else { b"20150830T123600Z".to_vec() };
        read += usize::from(check(Some(&header), &date, b"", &keys));
    }
    assert!(read > ROUNDS / 50, "few inputs got far: {read}");
}

#[test]
fn mutated_queries_do_not_panic() {
    let mut random = Random(0x0123_4567_89ab_cdef);
    let keys = KeyCache::new(4);
    let mut read = 0;
    for _ in 0..ROUNDS {
        let query = random.mutation(QUERY);
        read += usize::from(check(None, b"", &query, &keys));
    }
    assert!(read > ROUNDS / 50, "few inputs got far: {read}");
}

#[test]
fn random_inputs_do_not_panic() {
    let mut random = Random(0xfeed_face_cafe_beef);
    let keys = KeyCache::new(4);
    for round in 0..ROUNDS {
        let [header, date, query] = [random.pieces(), random.pieces(), random.pieces()];
        check((round % 2 == 0).then_some(header.as_slice()), &date, &query, &keys);
    }
}
