//! The texts of execution logs: how API Gateway dates a line, prints a map, and what it hides or cuts.
//!
//! Pure: the time of a line is an argument.

use std::borrow::Cow;

/// Characters of a map or a body that a line shows.
const SHOWN_CHARS: usize = 1000;

/// What stands for the rest.
const TRUNCATED: &str = " [TRUNCATED]";

/// Characters at the end of a secret that stay readable, so that one can be told from another.
const SHOWN_OF_SECRET: usize = 6;

/// Headers that hold credentials, in lower case.
const SECRETS: [&str; 4] = ["authorization", "proxy-authorization", "x-api-key", "x-amz-security-token"];

/// A line with its time in front: `Tue Sep 06 18:35:01 UTC 2016 : …`.
pub(crate) fn dated(epoch_ms: u64, line: &str) -> String {
    let time = i64::try_from(epoch_ms).ok().and_then(chrono::DateTime::from_timestamp_millis);
    format!("{} : {line}", time.unwrap_or_default().format("%a %b %d %H:%M:%S UTC %Y"))
}

/// A map as Java prints one, `{a=b, c=d}`, cut where it is long.
pub(crate) fn map<N: AsRef<str>, V: AsRef<str>>(entries: impl IntoIterator<Item = (N, V)>) -> String {
    let mut inside = String::new();
    for (name, value) in entries {
        if !inside.is_empty() {
            inside.push_str(", ");
        }
        inside.push_str(name.as_ref());
        inside.push('=');
        inside.push_str(value.as_ref());
    }
    format!("{{{}}}", cut(&inside))
}

/// As much of a text as a line shows.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}{TRUNCATED}", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The value of a header as it may be shown: of a secret only the end, and less where it is short.
pub(crate) fn masked<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if !SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
        return Cow::Borrowed(value);
    }
    let length = value.chars().count();
    let hidden = length - SHOWN_OF_SECRET.min(length / 4);
    Cow::Owned(value.chars().enumerate().map(|(at, c)| if at < hidden { '*' } else { c }).collect())
}

/// A header name as it is usually spelled. Answers keep no spelling on their way, as HTTP/2 has none.
pub(crate) fn spelled(lower: &str) -> String {
    match lower {
        "etag" => return "ETag".to_owned(),
        "www-authenticate" => return "WWW-Authenticate".to_owned(),
        "x-amzn-requestid" => return "x-amzn-RequestId".to_owned(),
        "x-amzn-errortype" => return "x-amzn-ErrorType".to_owned(),
        _ => {}
    }
    let (prefix, rest) = match lower.strip_prefix("x-amzn-remapped-") {
        Some(rest) => ("x-amzn-Remapped-", rest),
        None => ("", lower),
    };
    let mut out = prefix.to_owned();
    let mut begins = true;
    for c in rest.chars() {
        out.push(if begins { c.to_ascii_uppercase() } else { c });
        begins = c == '-';
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_its_time() {
        assert_eq!(dated(1_473_186_901_000, "x"), "Tue Sep 06 18:35:01 UTC 2016 : x");
        assert_eq!(dated(951_782_400_000, ""), "Tue Feb 29 00:00:00 UTC 2000 : ");
        assert_eq!(dated(u64::MAX, "x"), "Thu Jan 01 00:00:00 UTC 1970 : x");
    }

    #[test]
    fn maps_print_as_in_java() {
        assert_eq!(map([("a", "b"), ("c", "d")]), "{a=b, c=d}");
        assert_eq!(map::<&str, &str>([]), "{}");
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        let whole = "ä".repeat(SHOWN_CHARS);
        assert_eq!(cut(&whole), whole);
        let longer = format!("{whole}x");
        assert_eq!(cut(&longer), format!("{whole} [TRUNCATED]"));
        let long = map([("a", "b".repeat(SHOWN_CHARS))]);
        assert!(long.ends_with("b [TRUNCATED]}"), "{long}");
    }

    #[test]
    fn secrets_show_their_end_only() {
        assert_eq!(masked("Accept", "a/b"), "a/b");
        assert_eq!(masked("AUTHORIZATION", "Bearer 0123456789abcdefbb20e2"), "***********************bb20e2");
        assert_eq!(masked("x-api-key", "secret"), "*****t");
        assert_eq!(masked("X-Amz-Security-Token", "äöü"), "***");
        assert_eq!(masked("Proxy-Authorization", ""), "");
    }

    #[test]
    fn names_are_spelled_as_usual() {
        for (lower, expected) in [
            ("content-type", "Content-Type"),
            ("x-amzn-trace-id", "X-Amzn-Trace-Id"),
            ("x-amzn-errortype", "x-amzn-ErrorType"),
            ("x-amzn-remapped-date", "x-amzn-Remapped-Date"),
            ("etag", "ETag"),
            ("a--b-", "A--B-"),
            ("", ""),
        ] {
            assert_eq!(spelled(lower), expected);
        }
    }
}
