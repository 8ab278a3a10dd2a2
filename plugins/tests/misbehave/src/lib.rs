//! Does what its request asks for, good or bad. The tests of the plugin host drive each limit with it.
//!
//! The header `behave` names the behaviour, with an argument after a space where one is needed.
//! [`Misbehave::authorize`] lists them.

mod echo;

wit_bindgen::generate!({ path: "../../../wit", world: "authorizer" });

use std::cell::RefCell;
use std::hint::black_box;

use edgewit::plugin::request::Request;
use edgewit::plugin::{config, log};
use exports::edgewit::plugin::authorize::{Allowed, ContextValue, Decision, Guest, PolicyResult};

#[global_allocator]
static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();

struct Misbehave;

export!(Misbehave);

/// Counts the calls of one instance; a fresh instance has seen none.
static CALLS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

thread_local! {
    /// The handle of an earlier call.
    static KEPT: RefCell<Option<Request>> = const { RefCell::new(None) };
}

impl Guest for Misbehave {
    fn authorize(request: Request) -> Result<Decision, String> {
        let header = request.header("behave").or_else(|| config::get("behave")).unwrap_or_default();
        let (behaviour, argument) = header.split_once(' ').unwrap_or((&header, ""));
        let calls = CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match behaviour {
            "allow" => Ok(counted(calls)),
            "deny" => Ok(Decision::Deny(Some("told to".to_owned()))),
            "deny-silently" => Ok(Decision::Deny(None)),
            "unauthorized" => Ok(Decision::Unauthorized),
            "policy" => Ok(Decision::Policy(PolicyResult {
                principal_id: "alice".to_owned(),
                policy_document: config::get("policy").unwrap_or_default(),
                context: vec![("tier".to_owned(), ContextValue::Text("gold".to_owned()))],
                usage_identifier_key: Some("key-of-alice".to_owned()),
            })),
            "echo" => Ok(echo::echo(&request)),
            // Drops the handle with a later call, or never.
            "keep" => {
                KEPT.set(Some(request));
                Ok(counted(calls))
            }
            "forget" => {
                std::mem::forget(request);
                Ok(counted(calls))
            }
            // Asks through the handle of an earlier call, and tells the answer.
            "use-kept" => KEPT.with_borrow(|kept| {
                let kept = kept.as_ref().ok_or("no handle was kept")?;
                Ok(allow(&kept.header("behave").unwrap_or_default(), vec![]))
            }),
            "drop-kept" => {
                KEPT.take();
                Ok(counted(calls))
            }
            "fail" => Err(argument.to_owned()),
            "trap" => core::arch::wasm32::unreachable(),
            "panic" => std::panic::panic_any(argument.to_owned()),
            "spin" => spin(),
            // `work N`: N rounds of a loop, then allow.
            "work" => {
                (0..number(argument)).for_each(|round| _ = black_box(round));
                Ok(allow("alice", vec![]))
            }
            "recurse" => Ok(allow(&recurse(1).to_string(), vec![])),
            "bomb" => bomb(),
            // `grow N`: grows the memory until it has N pages.
            "grow" => {
                let missing = number(argument).saturating_sub(core::arch::wasm32::memory_size(0));
                core::arch::wasm32::memory_grow(0, missing);
                Ok(allow("alice", vec![]))
            }
            // `principal N`: a principal of N bytes, and nothing else.
            "principal" => Ok(allow(&"p".repeat(number(argument)), vec![])),
            "key" => Ok(allow("alice", vec![(argument, ContextValue::Boolean(true))])),
            "key-with-newline" => Ok(allow("alice", vec![("a\r\nb", ContextValue::Boolean(true))])),
            "same-key" => Ok(allow(
                "alice",
                vec![("a", ContextValue::Boolean(true)), ("a", ContextValue::Boolean(false))],
            )),
            "nan" => Ok(allow("alice", vec![("ratio", ContextValue::Float(f64::NAN))])),
            // `log N`: N lines.
            "log" => {
                (0..number(argument)).for_each(|line| log::log(log::Level::Info, &format!("line {line}")));
                Ok(allow("alice", vec![]))
            }
            // `log-bytes N`: one line of N bytes.
            "log-bytes" => {
                log::log(log::Level::Warn, &"x".repeat(number(argument)));
                Ok(allow("alice", vec![]))
            }
            "log-controls" => {
                log::log(log::Level::Error, "one\r\ntwo\u{1b}[31mred\u{2028}three");
                Ok(allow("alice", vec![]))
            }
            other => Err(format!("unknown behaviour `{other}`")),
        }
    }
}

/// Allows, and says how many calls the instance had served before.
fn counted(calls: u32) -> Decision {
    allow("alice", vec![("calls", ContextValue::Integer(calls.into()))])
}

fn allow(principal: &str, context: Vec<(&str, ContextValue)>) -> Decision {
    Decision::Allow(Allowed {
        principal_id: principal.to_owned(),
        context: context.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        usage_identifier_key: None,
    })
}

fn number(argument: &str) -> usize {
    argument.parse().unwrap_or(0)
}

#[inline(never)]
fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

#[inline(never)]
fn bomb() -> ! {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1_u8; 1 << 20]));
    }
}

#[inline(never)]
#[expect(unconditional_recursion, reason = "it is meant to run out of stack")]
fn recurse(depth: u64) -> u64 {
    let ballast = black_box([depth; 64]);
    recurse(depth + 1) + ballast[(depth % 64) as usize]
}
