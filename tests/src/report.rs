//! How a failure reads: where, what was expected, what came.

use std::fmt::Write as _;

use crate::case::Headers;
use crate::matcher::{Names, matches};

/// One thing that was not as the case says: `what` differed, with a diff.
pub fn differs(what: &str, expected: &str, actual: &str) -> String {
    if expected.lines().count().max(actual.lines().count()) <= 1 {
        return format!("{what}\n  expected  {}\n  got       {}", shown(expected), shown(actual));
    }
    let mut out = what.to_owned();
    let (expected, actual): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    for index in 0..expected.len().max(actual.len()) {
        match (expected.get(index), actual.get(index)) {
            (Some(left), Some(right)) if left == right => {
                _ = write!(out, "\n    {left}");
            }
            (left, right) => {
                for (sign, line) in [('-', left), ('+', right)] {
                    if let Some(line) = line {
                        _ = write!(out, "\n  {sign} {line}");
                    }
                }
            }
        }
    }
    out
}

/// Compares a header set; `None` when it is as expected.
pub fn headers(what: &str, expected: &Headers, actual: &[(String, String)], names: &Names) -> Option<String> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, value) in actual {
        let name = name.to_ascii_lowercase();
        if name == "connection" && value.eq_ignore_ascii_case("keep-alive") {
            continue;
        }
        match found.iter_mut().find(|(have, _)| *have == name) {
            Some((_, values)) => values.push(value),
            None => found.push((name, vec![value])),
        }
    }
    found.sort();
    let mut lines = Vec::new();
    for (name, values) in expected {
        match found.iter().find(|(have, _)| have == name) {
            Some((_, have))
                if have.len() == values.0.len()
                    && values.0.iter().zip(have).all(|(left, right)| matches(left, right, names)) => {}
            have => {
                lines.extend(values.0.iter().map(|value| format!("  - {name}: {value}")));
                let have = have.map(|(_, have)| have.as_slice()).unwrap_or_default();
                lines.extend(have.iter().map(|value| format!("  + {name}: {value}")));
            }
        }
    }
    for (name, values) in found.iter().filter(|(name, _)| !expected.contains_key(name)) {
        lines.extend(values.iter().map(|value| format!("  + {name}: {value}")));
    }
    (!lines.is_empty()).then(|| format!("{what} (- expected, + got)\n{}", lines.join("\n")))
}

/// Indents every line.
pub fn indented(text: &str, by: usize) -> String {
    let blanks = " ".repeat(by);
    text.lines().map(|line| format!("{blanks}{line}")).collect::<Vec<_>>().join("\n")
}

/// Text with control characters escaped and, where it is very long, its middle left out.
fn shown(text: &str) -> String {
    const LONGEST: usize = 2_000;
    let escaped: String = text
        .chars()
        .flat_map(|c| if c.is_control() { c.escape_debug().collect::<Vec<_>>() } else { vec![c] })
        .collect();
    if escaped.chars().count() <= LONGEST {
        return escaped;
    }
    let head: String = escaped.chars().take(LONGEST).collect();
    format!("{head}… ({} bytes)", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Values;

    fn expected(list: &[(&str, &[&str])]) -> Headers {
        list.iter()
            .map(|(name, values)| {
                ((*name).to_owned(), Values(values.iter().map(|value| (*value).to_owned()).collect()))
            })
            .collect()
    }

    fn actual(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_header_set_is_compared_whole() {
        let names = Names::default();
        let want = expected(&[("a", &["1", "2"]), ("b", &["<int>"])]);
        let have = actual(&[("B", "7"), ("A", "1"), ("Connection", "keep-alive"), ("a", "2")]);
        assert_eq!(headers("response headers", &want, &have, &names), None);
        let have = actual(&[("a", "1"), ("b", "x"), ("c", "3")]);
        let report = headers("response headers", &want, &have, &names).unwrap();
        let lines = ["  - a: 1", "  - a: 2", "  + a: 1", "  - b: <int>", "  + b: x", "  + c: 3"];
        assert_eq!(report, format!("response headers (- expected, + got)\n{}", lines.join("\n")));
    }

    #[test]
    fn texts_are_shown_one_above_the_other() {
        assert_eq!(differs("status", "200", "403"), "status\n  expected  200\n  got       403");
        assert_eq!(differs("body", "a\nb\nc", "a\nx\nc"), "body\n    a\n  - b\n  + x\n    c");
        assert_eq!(differs("body", "", "\u{0}\r"), "body\n  expected  \n  got       \\0\\r");
    }
}
