//! How a failure reads: where, what was expected, what came.

use crate::case::Headers;
use crate::matcher::{Names, matches};

/// One thing that was not as the case says: `what` differed, with a diff.
pub fn differs(what: &str, expected: &str, actual: &str) -> String {
    if expected.lines().count().max(actual.lines().count()) <= 1 {
        return format!("{what}\n  expected  {}\n  got       {}", shown(expected), shown(actual));
    }
    let (expected, actual): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    format!("{what} (- expected, + got)\n{}", lines_differ(&expected, &actual, |left, right| left == right))
}

/// A diff of lines: as few `-` and `+` as possible, lines that fit as found.
pub fn lines_differ<T: AsRef<str>>(
    expected: &[T],
    actual: &[T],
    fits: impl Fn(&str, &str) -> bool,
) -> String {
    let same = |left: usize, right: usize| fits(expected[left].as_ref(), actual[right].as_ref());
    // longest[left][right]: how many lines of the two rests can be paired.
    let mut longest = vec![vec![0; actual.len() + 1]; expected.len() + 1];
    for left in (0..expected.len()).rev() {
        for right in (0..actual.len()).rev() {
            longest[left][right] = match same(left, right) {
                true => longest[left + 1][right + 1] + 1,
                false => longest[left + 1][right].max(longest[left][right + 1]),
            };
        }
    }
    let (mut out, mut left, mut right) = (Vec::new(), 0, 0);
    while left < expected.len() || right < actual.len() {
        let both = left < expected.len() && right < actual.len();
        if both && same(left, right) {
            out.push(format!("    {}", actual[right].as_ref()));
            (left, right) = (left + 1, right + 1);
        } else if right == actual.len() || (both && longest[left + 1][right] >= longest[left][right + 1]) {
            out.push(format!("  - {}", expected[left].as_ref()));
            left += 1;
        } else {
            out.push(format!("  + {}", actual[right].as_ref()));
            right += 1;
        }
    }
    out.join("\n")
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
        let report = differs("body", "a\nb\nc\nd", "a\nx\nc\nd\ne");
        assert_eq!(report, "body (- expected, + got)\n    a\n  - b\n  + x\n    c\n    d\n  + e");
        assert_eq!(
            lines_differ(&["<int>", "b"], &["new", "7", "b"], |left, _| left == "<int>" || left == "b"),
            "    new\n    7\n  + b"
        );
        assert_eq!(differs("body", "", "\u{0}\r"), "body\n  expected  \n  got       \\0\\r");
    }
}
