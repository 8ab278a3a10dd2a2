//! Java regular expressions, for `replaceAll`, `replaceFirst`, `matches` and `split`.
//!
//! Matching takes time linear in the text. What cannot be matched so (look-around, back-references, possessive
//! quantifiers) is refused.

mod replacement;
mod translate;

use crate::error::shown;
use regex::{Captures, Regex, RegexBuilder};
use replacement::Replacement;

#[derive(Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    /// As `matches` uses it; compiled with the pattern, because `a|ab` prefers `a` and still is the whole of `ab`.
    whole: Regex,
}

impl Pattern {
    /// Compiles a pattern; the error says what was found and what was expected.
    pub(crate) fn parse(pattern: &str, limit: usize) -> Result<Self, String> {
        let translated = translate::from_java(pattern).map_err(|found| refused(pattern, &found))?;
        let compile = |pattern: &str| RegexBuilder::new(pattern).crlf(true).size_limit(limit).build();
        let regex = compile(&translated).map_err(|error| refused(pattern, &reason(&error)))?;
        let whole =
            compile(&format!(r"\A(?:{translated})\z")).map_err(|error| refused(pattern, &reason(&error)))?;
        Ok(Self { regex, whole })
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// Replaces the first match, or all of them; `None` when the result would have more bytes than `limit`.
    pub(crate) fn replace(
        &self,
        text: &str,
        replacement: &str,
        first_only: bool,
        limit: usize,
    ) -> Result<Option<String>, String> {
        let replacement = Replacement::parse(replacement, &self.regex)?;
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        let count = if first_only { 1 } else { usize::MAX };
        if let Some(literal) = replacement.as_literal() {
            self.each(text, count, |range| {
                out.push_str(&text[copied..range.start]);
                out.push_str(literal);
                copied = range.end;
                out.len() <= limit
            });
        } else {
            self.each_captures(text, count, |captures, range| {
                out.push_str(&text[copied..range.start]);
                replacement.expand(captures, limit, &mut out);
                copied = range.end;
                out.len() <= limit
            });
        }
        out.push_str(&text[copied..]);
        Ok((out.len() <= limit).then_some(out))
    }

    /// Java's `split`: empty parts at the end are dropped when the limit is 0, and one before a match of nothing
    /// at the start always.
    pub(crate) fn split(&self, text: &str, limit: i64) -> Vec<std::ops::Range<usize>> {
        let mut parts = Vec::new();
        let mut start = 0;
        let most = usize::try_from(limit).ok().filter(|&most| most > 0).unwrap_or(usize::MAX);
        self.each(text, usize::MAX, |range| {
            if parts.len() + 1 < most && (range.end > 0) && (range.start < text.len() || !range.is_empty()) {
                parts.push(start..range.start);
                start = range.end;
            }
            parts.len() < most
        });
        parts.push(start..text.len());
        if limit == 0 {
            while parts.len() > 1 && parts.last().is_some_and(std::ops::Range::is_empty) {
                parts.pop();
            }
        }
        parts
    }

    /// Matches as Java's `Matcher.find` gives them, also an empty one right behind another, while `found` wants more.
    fn each(&self, text: &str, count: usize, mut found: impl FnMut(std::ops::Range<usize>) -> bool) {
        let mut at = 0;
        for _ in 0..count {
            let Some(range) = self.regex.find_at(text, at).map(|found| found.range()) else { return };
            if !found(range.clone()) {
                return;
            }
            match next_start(text, &range) {
                Some(next) => at = next,
                None => return,
            }
        }
    }

    fn each_captures(
        &self,
        text: &str,
        count: usize,
        mut found: impl FnMut(&Captures<'_>, std::ops::Range<usize>) -> bool,
    ) {
        let mut at = 0;
        for _ in 0..count {
            let Some(captures) = self.regex.captures_at(text, at) else { return };
            let Some(range) = captures.get(0).map(|whole| whole.range()) else { return };
            if !found(&captures, range.clone()) {
                return;
            }
            match next_start(text, &range) {
                Some(next) => at = next,
                None => return,
            }
        }
    }
}

/// Where to look for the next match; `None` behind an empty one at the end.
fn next_start(text: &str, range: &std::ops::Range<usize>) -> Option<usize> {
    if !range.is_empty() {
        return Some(range.end);
    }
    text[range.end..].chars().next().map(|c| range.end + c.len_utf8())
}

fn refused(pattern: &str, found: &str) -> String {
    let expected = "a regular expression that can be matched in linear time";
    format!("found {found} in {}, expected {expected}", shown(pattern))
}

/// Why the crate has refused a pattern. The last line of its text is the reason; those before it draw the pattern.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(limit) => format!("a pattern that compiles to more than {limit} bytes"),
        other => {
            let text = other.to_string();
            text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

    use super::*;

    fn pattern(pattern: &str) -> Pattern {
        Pattern::parse(pattern, 256 * 1024).unwrap()
    }

    #[test]
    fn replacements_are_javas() {
        for (text, regex, replacement, expected) in [
            ("foobarbab", "ba.", "-", "foo--"),
            ("a\\'b", r"\\'", "'", "a'b"),
            ("2020-01", r"(\d+)-(\d+)", "$2/$1", "01/2020"),
            ("ab", "(?<x>a)", "<${x}>", "<a>b"),
            ("abc", "x*", "-", "-a-b-c-"),
            ("baac", "a*", "-", "-b--c-"),
            ("a.b", r"\.", r"\$", "a$b"),
            ("aé", r"\w", "_", "_é"),
            ("x", "(x)", "$12", "x2"),
        ] {
            assert_eq!(
                pattern(regex).replace(text, replacement, false, 100).unwrap().unwrap(),
                expected,
                "{text} {regex}"
            );
        }
    }

    #[test]
    fn a_replacement_is_bounded() {
        for replacement in ["xx", "$1$1"] {
            assert!(pattern("(a)").replace("aaa", replacement, false, 6).unwrap().is_some());
            assert!(pattern("(a)").replace("aaa", replacement, false, 5).unwrap().is_none());
        }
    }

    #[test]
    fn a_broken_replacement_is_refused() {
        for replacement in ["$", "$x", "\\", "$2", "${y}", "${x"] {
            assert!(pattern("(?<x>a)").replace("a", replacement, false, 100).is_err(), "{replacement}");
        }
    }

    #[test]
    fn matches_is_of_the_whole_text() {
        assert!(pattern("[0-9]*").matches("123"));
        assert!(!pattern("[0-9]*").matches("d123"));
        assert!(pattern("a|ab").matches("ab"));
    }

    #[test]
    fn splits_as_java_does() {
        let split = |text: &str, regex: &str, limit| {
            pattern(regex)
                .split(text, limit)
                .into_iter()
                .map(|part| text[part].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(split("a,b,,", ",", 0), ["a", "b"]);
        assert_eq!(split("a,b,,", ",", -1), ["a", "b", "", ""]);
        assert_eq!(split("a,b,c", ",", 2), ["a", "b,c"]);
        assert_eq!(split(",a", ",", 0), ["", "a"]);
        assert_eq!(split("abc", "", 0), ["a", "b", "c"]);
        assert_eq!(split("", ",", 0), [""]);
        assert_eq!(split(",", ",", 0), [""]);
    }

    #[test]
    fn what_is_not_linear_is_refused() {
        for regex in ["(?=a)", r"(a)\1", "a++", "(?>a)", "(?<!a)b"] {
            let error = Pattern::parse(regex, 256 * 1024).unwrap_err();
            assert!(error.contains("linear time"), "{error}");
        }
        let large = "a{1000}{10}";
        assert!(Pattern::parse(large, 256 * 1024).unwrap_err().contains("262144 bytes"));
        assert!(Pattern::parse(large, 16 * 1024 * 1024).is_ok());
    }
}
