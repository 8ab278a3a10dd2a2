//! Reaches outside itself, and fails in every export, as it is asked to.
//!
//! The header `behave` names the behaviour, with arguments after it; [`authorize::Guest::authorize`] lists them. The
//! other exports do what [`fail`] and [`look`] list. The configuration key `configure` names what `configure` does.

mod look;
mod send;

use std::cell::Cell;

wit_bindgen::generate!({
    inline: "
        package edgewit:reach;

        world reach {
            include edgewit:plugin/authorizer@0.1.0;
            include edgewit:plugin/transform@0.1.0;
            include edgewit:plugin/firewall@0.1.0;
            include edgewit:plugin/function@0.1.0;
            include edgewit:plugin/configured@0.1.0;
            import wasi:keyvalue/store@0.2.0-draft;
            import wasi:keyvalue/atomics@0.2.0-draft;
        }
    ",
    path: "../../../wit",
    world: "edgewit:reach/reach",
    generate_all,
});

use edgewit::plugin::body::BodyPart;
use edgewit::plugin::config;
use edgewit::plugin::request::Request;
use edgewit::plugin::response::Response;
use exports::edgewit::plugin::authorize::{Allowed, ContextValue, Decision};
use exports::edgewit::plugin::handle::{Failure, Invocation};
use exports::edgewit::plugin::inspect::{Finding, Verdict};
use exports::edgewit::plugin::rewrite::{Change, RequestChanges, RequestOutcome, ResponseChanges};
use exports::edgewit::plugin::{authorize, configure, handle, inspect, rewrite};
use wasi::keyvalue::atomics;
use wasi::keyvalue::store::{self, Bucket, Error};

struct Reach;

export!(Reach);

thread_local! {
    /// Handles of an earlier call.
    static KEPT: Cell<(Option<Request>, Option<Response>)> = const { Cell::new((None, None)) };
}

impl configure::Guest for Reach {
    fn configure() -> Result<(), String> {
        fail(&config::get("configure").unwrap_or_default())
    }
}

impl authorize::Guest for Reach {
    fn authorize(request: Request) -> Result<Decision, String> {
        let behave = behave(&request);
        let words: Vec<&str> = behave.split(' ').collect();
        let answer = match *words {
            ["send", uri] => send::get(uri),
            ["send-often", times, uri] => (0..times.parse().unwrap_or(0))
                .map(|_| send::get(uri).chars().take(60).collect::<String>())
                .collect::<Vec<_>>()
                .join(" | "),
            // Keys and values may have any bytes, as in URLs: `a%00b`.
            ["write", bucket, key, value] => in_bucket(bucket, |bucket| {
                bucket.set(&text(key), &bytes(value))?;
                Ok("written".to_owned())
            }),
            ["fill", bucket, key, count] => in_bucket(bucket, |bucket| {
                bucket.set(&text(key), &vec![b'x'; count.parse().unwrap_or(0)])?;
                Ok("filled".to_owned())
            }),
            ["read", bucket, key] => in_bucket(bucket, |bucket| {
                let value = bucket.get(&text(key))?;
                Ok(value.map_or("nothing".to_owned(), |value| value.escape_ascii().to_string()))
            }),
            ["remove", bucket, key] => in_bucket(bucket, |bucket| {
                bucket.delete(&text(key))?;
                Ok("removed".to_owned())
            }),
            ["has", bucket, key] => in_bucket(bucket, |bucket| Ok(bucket.exists(&text(key))?.to_string())),
            ["add", bucket, key, delta] => in_bucket(bucket, |bucket| {
                let delta = delta.parse().unwrap_or(0);
                Ok(atomics::increment(bucket, &text(key), delta)?.to_string())
            }),
            ["keys", bucket] => in_bucket(bucket, |bucket| {
                let keys = bucket.list_keys(None)?.keys;
                Ok(keys
                    .iter()
                    .map(|key| key.as_bytes().escape_ascii().to_string())
                    .collect::<Vec<_>>()
                    .join(","))
            }),
            // A value that ends a header line and begins another.
            ["line-break"] => "fine\r\nx-injected: yes".to_owned(),
            ["nul"] => "a\0b".to_owned(),
            _ => {
                fail(&behave)?;
                "fine".to_owned()
            }
        };
        Ok(Decision::Allow(Allowed {
            principal_id: "reach".to_owned(),
            context: vec![("answer".to_owned(), ContextValue::Text(answer))],
            usage_identifier_key: None,
        }))
    }
}

impl rewrite::Guest for Reach {
    fn rewrite_request(request: Request) -> Result<RequestOutcome, String> {
        let behave = behave(&request);
        let mut headers = changes(&behave)?;
        headers.extend(look::header(&behave, request.body()));
        Ok(RequestOutcome::Forward(RequestChanges {
            path: None,
            path_parameters: Vec::new(),
            query: Vec::new(),
            headers,
            body: behave.strip_prefix("look, replace ").map(|body| body.as_bytes().to_vec()),
            hand_on: None,
        }))
    }

    fn rewrite_response(request: Request, response: Response) -> Result<ResponseChanges, String> {
        let behave = behave(&request);
        if behave == "look, fail late" {
            return Err("told to".to_owned());
        }
        let mut headers = changes(&behave)?;
        headers.extend(look::header(&behave, response.body()));
        let status = match behave.as_str() {
            "keep" => {
                KEPT.set((Some(request), Some(response)));
                None
            }
            "use-kept-response" => KEPT.take().1.map(|response| response.status()),
            other => other.strip_prefix("look, status ").and_then(|status| status.parse().ok()),
        };
        Ok(ResponseChanges {
            status,
            headers,
            body: behave.strip_prefix("look, answer ").map(|body| body.as_bytes().to_vec()),
        })
    }
}

impl inspect::Guest for Reach {
    fn inspect_head(request: Request) -> Result<Finding, String> {
        let behave = behave(&request);
        fail(&behave)?;
        let looks = behave.starts_with("look");
        Ok(Finding { verdict: if looks { Verdict::ReadBody } else { Verdict::Allow }, labels: Vec::new() })
    }

    fn inspect_body(request: Request, body: BodyPart) -> Result<Finding, String> {
        let behave = behave(&request);
        fail(&behave)?;
        Ok(Finding { verdict: look::verdict(&behave, body), labels: Vec::new() })
    }
}

impl handle::Guest for Reach {
    fn handle(event: String, _: Invocation) -> Result<String, Failure> {
        if event == "use-kept-request" {
            return Ok(KEPT.take().0.map_or("null".to_owned(), |request| request.request_id()));
        }
        fail(&event).map_err(|error_message| Failure { error_type: "Told".to_owned(), error_message })?;
        Ok("{}".to_owned())
    }
}

fn behave(request: &Request) -> String {
    request.header("behave").or_else(|| config::get("behave")).unwrap_or_default()
}

/// Fails as told; nothing happens for words that mean no failure.
#[inline(never)]
fn fail(behave: &str) -> Result<(), String> {
    match behave {
        "trap" => core::arch::wasm32::unreachable(),
        "panic" => std::panic::panic_any("told to"),
        "spin" => loop {
            std::hint::black_box(());
        },
        "bomb" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(std::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
        "recurse" => {
            std::hint::black_box(recurse(1));
            Ok(())
        }
        "fail" => Err("told to".to_owned()),
        _ => Ok(()),
    }
}

#[inline(never)]
#[expect(unconditional_recursion, reason = "it is meant to run out of stack")]
fn recurse(depth: u64) -> u64 {
    let ballast = std::hint::black_box([depth; 64]);
    recurse(depth + 1) + ballast[(depth % 64) as usize]
}

/// Header changes that no node may take over.
fn changes(behave: &str) -> Result<Vec<Change>, String> {
    let set = |name: &str, value: &str| Ok(vec![Change::Set((name.to_owned(), value.to_owned()))]);
    match behave {
        "header-name" => set("not a name", "a"),
        "header-value" => set("x-a", "fine\r\nx-injected: yes"),
        _ => fail(behave).map(|()| Vec::new()),
    }
}

/// The bytes that a text with `%XX` means.
fn bytes(text: &str) -> Vec<u8> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).unwrap_or_default();
        bytes.push(u8::from_str_radix(hex, 16).unwrap_or_default());
        bytes.extend(rest.as_bytes());
    }
    bytes
}

fn text(text: &str) -> String {
    String::from_utf8_lossy(&bytes(text)).into_owned()
}

fn in_bucket(name: &str, work: impl FnOnce(&Bucket) -> Result<String, Error>) -> String {
    let done = store::open(name).and_then(|bucket| work(&bucket));
    done.unwrap_or_else(|error| match error {
        Error::NoSuchStore => "no such store".to_owned(),
        Error::AccessDenied => "access denied".to_owned(),
        Error::Other(text) => text,
    })
}
