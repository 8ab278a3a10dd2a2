//! An authorizer that does much in `configure` and little for a request. The benchmarks ask what the first costs the
//! second: nothing, when requests start from what `configure` left in memory.
//!
//! `entries` in its configuration is the length of the table it computes, four bytes each; none by default.

use std::sync::OnceLock;

use regex::Regex;

wit_bindgen::generate!({
    inline: "
        package edgewit:heavy;

        world heavy {
            include edgewit:plugin/authorizer@0.1.0;
            include edgewit:plugin/configured@0.1.0;
        }
    ",
    path: "../../../wit",
    world: "edgewit:heavy/heavy",
    generate_all,
});

use edgewit::plugin::config;
use edgewit::plugin::request::Request;
use exports::edgewit::plugin::authorize::{Allowed, ContextValue, Decision};
use exports::edgewit::plugin::{authorize, configure};

struct Heavy;

export!(Heavy);

struct Prepared {
    table: Vec<u32>,
    token: Regex,
}

static PREPARED: OnceLock<Prepared> = OnceLock::new();

impl configure::Guest for Heavy {
    fn configure() -> Result<(), String> {
        let entries = match config::get("entries") {
            Some(text) => text.parse().map_err(|_| format!("found entries `{text}`, expected a number"))?,
            None => 0_u32,
        };
        let token = Regex::new(r"^(?i:bearer)\s+(\w+)-(\d+)$").map_err(|error| error.to_string())?;
        let _first = PREPARED.set(Prepared { table: (0..entries).map(mixed).collect(), token });
        Ok(())
    }
}

impl authorize::Guest for Heavy {
    fn authorize(request: Request) -> Result<Decision, String> {
        let prepared = PREPARED.get().ok_or("not configured")?;
        let Some(header) = request.header("authorization") else { return Ok(Decision::Unauthorized) };
        let Some(found) = prepared.token.captures(&header) else { return Ok(Decision::Unauthorized) };
        let number: usize = found[2].parse().map_err(|_| "a number that is too large".to_owned())?;
        // One look at the table: what a request touches of it is paid, what it does not touch is not.
        let entry = prepared.table.get(number).copied().unwrap_or_default();
        Ok(Decision::Allow(Allowed {
            principal_id: found[1].to_owned(),
            context: vec![("entry".to_owned(), ContextValue::Integer(i64::from(entry)))],
            usage_identifier_key: None,
        }))
    }
}

/// A number that takes a while.
fn mixed(number: u32) -> u32 {
    (0..16).fold(number, |mixed, round| {
        (mixed ^ (mixed >> 15)).wrapping_mul(0x2c1b_3c6d).rotate_left(round).wrapping_add(number)
    })
}
