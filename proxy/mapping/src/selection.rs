//! Selection patterns: Java regular expressions that must match a whole text.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html>.

use regex::{Regex, RegexBuilder};
use std::borrow::Cow;

/// Longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 4 * 1024;

/// Largest compiled pattern, in bytes.
pub const MAX_COMPILED_BYTES: usize = 1024 * 1024;

/// Steps back that a match with look-around or back-references may take; past them the text does not match.
pub const MAX_BACKTRACKS: usize = 100_000;

/// Why a pattern was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found {found} at byte {offset}, expected {expected}")]
pub struct SelectionError {
    /// Byte offset into the pattern, from 0; 0 when the regular expression as a whole is refused.
    pub offset: usize,
    /// What was found.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

/// A `selectionPattern`, or another pattern that API Gateway matches against a whole text, such as
/// `identityValidationExpression`.
///
/// Matching takes time linear in the text, but for look-around and back-references, which are given up after
/// [`MAX_BACKTRACKS`]. `.` does not match line ends, as in Java.
#[derive(Clone, Debug)]
pub struct SelectionPattern {
    matcher: Matcher,
}

#[derive(Clone, Debug)]
enum Matcher {
    /// A pattern without special characters.
    Literal(Box<str>),
    Regex(Regex),
    /// With look-around, back-references or atomic groups.
    Backtracking(Box<fancy_regex::Regex>),
}

impl SelectionPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When the pattern is no regular expression, has a possessive quantifier, or is too large.
    pub fn parse(pattern: &str) -> Result<Self, SelectionError> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(SelectionError {
                offset: MAX_PATTERN_BYTES,
                found: format!("{} bytes", pattern.len()),
                expected: format!("at most {MAX_PATTERN_BYTES} bytes"),
            });
        }
        if pattern.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_' | b':' | b'/'))
        {
            return Ok(Self { matcher: Matcher::Literal(pattern.into()) });
        }
        let translated = from_java(pattern)?;
        // A pattern must be whole in itself: `a)|(b` may not borrow the group around it.
        let whole = format!(r"\A(?:{translated})\z");
        match compile(&translated).and_then(|_| compile(&whole)) {
            Ok(regex) => Ok(Self { matcher: Matcher::Regex(regex) }),
            Err(error @ regex::Error::CompiledTooBig(_)) => Err(refused(&error)),
            Err(error) if !looks_around(pattern) => Err(refused(&error)),
            Err(error) => match backtracking(&translated).and_then(|_| backtracking(&whole)) {
                Some(regex) => Ok(Self { matcher: Matcher::Backtracking(Box::new(regex)) }),
                None => Err(refused(&error)),
            },
        }
    }

    /// Whether the whole text matches.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.matcher {
            Matcher::Literal(literal) => **literal == *text,
            Matcher::Regex(regex) => regex.is_match(text),
            Matcher::Backtracking(regex) => regex.is_match(text).unwrap_or(false),
        }
    }
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).crlf(true).size_limit(MAX_COMPILED_BYTES).build()
}

/// Whether the pattern has what only backtracking can match.
fn looks_around(pattern: &str) -> bool {
    let group = ["(?=", "(?!", "(?<=", "(?<!", "(?>"].iter().any(|group| pattern.contains(group));
    let mut escapes = pattern.split('\\').skip(1);
    group || escapes.any(|after| after.starts_with(|c: char| matches!(c, '1'..='9' | 'k')))
}

fn backtracking(pattern: &str) -> Option<fancy_regex::Regex> {
    let mut builder = fancy_regex::RegexBuilder::new(pattern);
    builder.backtrack_limit(MAX_BACKTRACKS).delegate_size_limit(MAX_COMPILED_BYTES).build().ok()
}

fn refused(error: &regex::Error) -> SelectionError {
    let expected = "a regular expression".to_owned();
    let found = match error {
        regex::Error::CompiledTooBig(limit) => format!("a pattern that compiles to more than {limit} bytes"),
        // The last line of the crate's text is the reason; those before it draw the pattern.
        other => {
            other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    };
    SelectionError { offset: 0, found, expected }
}

/// The pattern with Java's meaning spelled out: ASCII classes, `\Q…\E`, `\Z`; possessive quantifiers are refused.
fn from_java(pattern: &str) -> Result<Cow<'_, str>, SelectionError> {
    if !pattern.contains(['\\', '+']) {
        return Ok(Cow::Borrowed(pattern));
    }
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut after_quantifier = false;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let offset = pattern.len() - rest.len();
        if let Some(quoted) = rest.strip_prefix(r"\Q") {
            let (text, after) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
            out.push_str(&regex::escape(text));
            rest = after;
            after_quantifier = false;
            continue;
        }
        if c == '\\' {
            let escaped = rest[1..].chars().next();
            let spelled_out = match escaped {
                Some('d') => "[0-9]",
                Some('D') => "[^0-9]",
                Some('w') => "[0-9A-Za-z_]",
                Some('W') => "[^0-9A-Za-z_]",
                Some('s') => r"[ \t\n\x0B\f\r]",
                Some('S') => r"[^ \t\n\x0B\f\r]",
                Some('h') => r"[ \t\xA0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]",
                Some('Z') => r"(?:\r\n|[\n\r\u0085\u2028\u2029])?",
                _ => "",
            };
            if spelled_out.is_empty() {
                out.push(c);
                out.extend(escaped);
            }
            out.push_str(spelled_out);
            rest = &rest[1 + escaped.map_or(0, char::len_utf8)..];
            after_quantifier = false;
            continue;
        }
        if c == '+' && after_quantifier && !in_class {
            return Err(SelectionError {
                offset,
                found: "a possessive quantifier".to_owned(),
                expected: "a greedy or reluctant quantifier".to_owned(),
            });
        }
        match c {
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        // `a+?` and `a??` are reluctant: their second sign quantifies nothing.
        after_quantifier =
            matches!(c, '*' | '+' | '}') || (c == '?' && !after_quantifier && !out.ends_with('('));
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn the_whole_text_must_match() {
        let table = [
            ("200", "200", true),
            ("200", "2000", false),
            ("20", "200", false),
            (r"4\d{2}", "404", true),
            (r"4\d{2}", "4041", false),
            (r"4\d{2}", "4٣٣", false),
            ("4..|5..", "503", true),
            ("4..|5..", "x503", false),
            (".*", "", true),
            (".+", "", false),
            (".*", "a\nb", false),
            (".*", "a\rb", false),
            (r"(\n|.)+", "a\nb", true),
            (".*Bad.*", "a Bad thing", true),
            ("(?i)bad", "BAD", true),
            (r"\QA.B\E.*", "A.Bx", true),
            (r"\QA.B\E.*", "AxBx", false),
            (r"[\w.]+", "a.b_1", true),
            (r"[\w.]+", "é", false),
            (r"a+?b", "aab", true),
            (r"^\[NotFound\].*$", "[NotFound] no", true),
            (r"Bearer .+\Z", "Bearer x", true),
            ("^2[0-9]{2}$", "204", true),
            ("", "", true),
            ("", "a", false),
        ];
        for (pattern, text, expected) in table {
            let compiled = SelectionPattern::parse(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
            assert_eq!(compiled.is_match(text), expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn look_around_and_back_references_match_within_bounds() {
        for (pattern, text, expected) in [
            (r"(?!2)\d{3}", "404", true),
            (r"(?!2)\d{3}", "204", false),
            (r"(?!2)\d{3}", "4040", false),
            (".*(?<!ok)", "not ok", false),
            (r"(a+)-\1", "aa-aa", true),
            ("(?>a+)b", "aab", true),
        ] {
            let compiled = SelectionPattern::parse(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
            assert_eq!(compiled.is_match(text), expected, "{pattern} on {text:?}");
        }
        let hard = SelectionPattern::parse(r"(?:(a|aa)\1?)+c?").unwrap();
        assert!(hard.is_match("aaaa"));
        assert!(!hard.is_match(&format!("{}b", "a".repeat(60))), "given up");
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["a++", "a*+", "(", "a)|(b", "[a", "a{2", "*"] {
            // `a{2` is a literal in some dialects; Java refuses it too.
            let error = SelectionPattern::parse(pattern).err();
            assert!(error.is_some(), "{pattern}");
        }
        assert_eq!(
            SelectionPattern::parse("a++").unwrap_err().to_string(),
            "found a possessive quantifier at byte 2, expected a greedy or reluctant quantifier"
        );
    }

    #[test]
    fn the_length_is_limited() {
        assert!(SelectionPattern::parse(&"a".repeat(MAX_PATTERN_BYTES)).is_ok());
        assert!(SelectionPattern::parse(&"a".repeat(MAX_PATTERN_BYTES + 1)).is_err());
        assert!(SelectionPattern::parse("(((a{100}){100}){100})").is_err());
    }
}
