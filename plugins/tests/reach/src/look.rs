//! Looks at bodies, and tells what it has seen of them.
//!
//! | `behave` | |
//! |---|---|
//! | `look` | a transform says so in `x-seen`, of request and answer; a firewall reads the body and lets it pass |
//! | `look, replace TEXT` | the request has this body then |
//! | `look, answer TEXT` | the answer has |
//! | `look, status STATUS` | the answer has this status |
//! | `look, fail late` | an error, once the answer is there |
//! | `look, tell` | a firewall answers with what it has seen |
//! | `look, guard` | a firewall stops what has `attack` in what it has seen |

use super::edgewit::plugin::body::BodyPart;
use super::exports::edgewit::plugin::inspect::{BlockAnswer, Verdict};
use super::exports::edgewit::plugin::rewrite::Change;

/// `x-seen`, where it is told to look.
pub fn header(behave: &str, body: Option<BodyPart>) -> Option<Change> {
    let seen = body.map_or("nothing".to_owned(), |body| seen(&body));
    behave.starts_with("look").then(|| Change::Set(("x-seen".to_owned(), seen)))
}

/// What a firewall that has read the body says.
pub fn verdict(behave: &str, body: BodyPart) -> Verdict {
    match behave {
        "look, tell" => Verdict::Block(Some(BlockAnswer {
            status: 418,
            headers: Vec::new(),
            body: seen(&body).into_bytes(),
        })),
        "look, guard" if body.bytes.windows(6).any(|window| window == b"attack") => Verdict::Block(None),
        _ => Verdict::Allow,
    }
}

/// How many bytes, and whether they are all; the first and the last.
fn seen(body: &BodyPart) -> String {
    let whole = if body.whole { "all of" } else { "first" };
    let end = |byte: Option<&u8>| byte.map_or(String::new(), |byte| format!(" {byte}"));
    format!("{whole} {}{}{}", body.bytes.len(), end(body.bytes.first()), end(body.bytes.last()))
}
