//! A firewall for tests: what it does is told by the header `x-do`.
//!
//! | `x-do` | verdict |
//! |---|---|
//! | `block` | blocked without an answer of its own |
//! | `answer` | blocked with 418, a header and a body |
//! | `count` | counted, with the label `counted` |
//! | `body` | looks at the body: blocked when `attack` is in what it sees, or when it does not see all of it |
//! | `fail` | an error |
//! | otherwise | allowed |

wit_bindgen::generate!({ path: "../../../wit", world: "firewall" });

use edgewit::plugin::request::Request;
use exports::edgewit::plugin::inspect::{BlockAnswer, BodyPart, Finding, Guest, Verdict};

struct Watchdog;

export!(Watchdog);

impl Guest for Watchdog {
    fn inspect_head(request: Request) -> Result<Finding, String> {
        let verdict = |verdict, labels: &[&str]| {
            Ok(Finding { verdict, labels: labels.iter().map(|label| (*label).to_owned()).collect() })
        };
        match request.header("x-do").as_deref() {
            Some("block") => verdict(Verdict::Block(None), &["rule-1"]),
            Some("answer") => verdict(
                Verdict::Block(Some(BlockAnswer {
                    status: 418,
                    headers: vec![("x-rule".to_owned(), "teapot".to_owned())],
                    body: b"short and stout".to_vec(),
                })),
                &[],
            ),
            Some("count") => verdict(Verdict::Count, &["counted"]),
            Some("body") => verdict(Verdict::ReadBody, &[]),
            Some("fail") => Err("told to".to_owned()),
            _ => verdict(Verdict::Allow, &[]),
        }
    }

    fn inspect_body(_request: Request, body: BodyPart) -> Result<Finding, String> {
        let bad = !body.whole || body.bytes.windows(6).any(|window| window == b"attack");
        let verdict = if bad { Verdict::Block(None) } else { Verdict::Allow };
        Ok(Finding { verdict, labels: Vec::new() })
    }
}
