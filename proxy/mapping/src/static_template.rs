//! Mapping templates that need no engine, because they refer to nothing.
//!
//! Source: <https://velocity.apache.org/engine/1.7/user-guide.html>.

/// Longest mapping template, in bytes (300 KB).
pub const MAX_TEMPLATE_BYTES: usize = crate::template::MAX_TEMPLATE_BYTES;

/// What the template renders to, when it holds no reference and no directive; comments are taken out.
///
/// `None` means that the template needs an engine, or fails in one (a `$` at the very end).
pub fn render(template: &str) -> Option<String> {
    if template.len() > MAX_TEMPLATE_BYTES {
        return None;
    }
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = memchr::memchr2(b'$', b'#', rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        // A backslash may escape the reference or directive behind it.
        if before.ends_with('\\') {
            return None;
        }
        out.push_str(before);
        let after = &from[1..];
        rest = if from.starts_with('$') {
            if !is_plain_dollar(after) {
                return None;
            }
            out.push('$');
            after
        } else if let Some(comment) = after.strip_prefix('#') {
            // A line comment takes its line end along.
            comment.split_once('\n').map_or("", |(_, next)| next)
        } else if let Some(comment) = after.strip_prefix('*') {
            comment.split_once("*#")?.1
        } else {
            if !is_plain_hash(after) {
                return None;
            }
            out.push('#');
            after
        };
    }
    out.push_str(rest);
    Some(out)
}

fn is_plain_dollar(after: &str) -> bool {
    after
        .chars()
        .next()
        .is_some_and(|c| !(c.is_ascii_alphabetic() || matches!(c, '_' | '{' | '!' | '\\' | '$')))
}

/// Directives are recognised by their beginning, so `#endless` is one: being careful costs only an engine.
fn is_plain_hash(after: &str) -> bool {
    const DIRECTIVES: [&str; 13] = [
        "set", "if", "else", "end", "foreach", "define", "stop", "break", "macro", "include", "parse",
        "evaluate", "return",
    ];
    !after.starts_with(['{', '[', '@']) && !DIRECTIVES.iter().any(|directive| after.starts_with(directive))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn templates() {
        let table = [
            ("", Some("")),
            (r#"{"statusCode": 200}"#, Some(r#"{"statusCode": 200}"#)),
            ("costs 5 $ or $5", Some("costs 5 $ or $5")),
            ("a $", None),
            ("$$a", None),
            ("$input.body", None),
            ("${x}", None),
            ("$!x", None),
            ("#13ff93 # \"#\"", Some("#13ff93 # \"#\"")),
            ("#set($x = 1)", None),
            ("#{else}", None),
            ("#[[ raw ]]#", None),
            ("#elseif", None),
            ("#name(1)", Some("#name(1)")),
            ("a ## comment\nb", Some("a b")),
            ("a ## comment", Some("a ")),
            ("## $input\n{}", Some("{}")),
            ("a#* $x\n*#\nb", Some("a\nb")),
            ("a#* open", None),
            (r"\#if", None),
            (r"\$x", None),
            (r"a\b", Some(r"a\b")),
        ];
        for (template, expected) in table {
            assert_eq!(render(template).as_deref(), expected, "{template:?}");
        }
    }

    #[test]
    fn the_length_is_limited() {
        assert!(render(&"a".repeat(MAX_TEMPLATE_BYTES)).is_some());
        assert!(render(&"a".repeat(MAX_TEMPLATE_BYTES + 1)).is_none());
    }
}
