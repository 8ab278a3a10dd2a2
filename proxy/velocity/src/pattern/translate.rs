//! Java's syntax in that of the crate `regex`.

use std::borrow::Cow;

/// The pattern with Java's meaning spelled out: ASCII classes, `\Q…\E`, `\Z`, POSIX names; the error names what
/// cannot be matched in linear time.
pub(super) fn from_java(pattern: &str) -> Result<Cow<'_, str>, String> {
    if !pattern.contains(['\\', '+']) {
        return Ok(Cow::Borrowed(pattern));
    }
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut after_quantifier = false;
    let mut open_classes = 0_usize;
    while let Some(c) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix(r"\Q") {
            let (text, after) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
            out.push_str(&regex::escape(text));
            rest = after;
            after_quantifier = false;
            continue;
        }
        if c == '\\' {
            rest = escape(&rest[1..], open_classes > 0, &mut out)?;
            after_quantifier = false;
            continue;
        }
        if c == '+' && after_quantifier && open_classes == 0 {
            return Err("a possessive quantifier".to_owned());
        }
        match c {
            '[' => open_classes += 1,
            ']' => open_classes = open_classes.saturating_sub(1),
            _ => {}
        }
        after_quantifier = open_classes == 0 && matches!(c, '*' | '+' | '?' | '}') && !after_quantifier;
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    Ok(Cow::Owned(out))
}

/// Translates what stands behind a backslash, and gives what comes after it.
fn escape<'p>(rest: &'p str, in_class: bool, out: &mut String) -> Result<&'p str, String> {
    let Some(c) = rest.chars().next() else { return Err("a backslash at the end".to_owned()) };
    let after = &rest[c.len_utf8()..];
    let spelled_out = match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => r"[ \t\n\x0B\f\r]",
        'S' => r"[^ \t\n\x0B\f\r]",
        'h' => r"[ \t\xA0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]",
        'R' if !in_class => r"(?:\r\n|[\n\x0B\f\r\u0085\u2028\u2029])",
        'Z' if !in_class => r"(?:\r\n|[\n\r\u0085\u2028\u2029])?\z",
        'e' => r"\x1B",
        '<' => "<",
        '>' => ">",
        'p' | 'P' => {
            if let Some((name, after)) = after.strip_prefix('{').and_then(|name| name.split_once('}')) {
                property(name, c == 'P', out);
                return Ok(after);
            }
            ""
        }
        '1'..='9' => return Err("a back-reference".to_owned()),
        'k' => return Err("a back-reference".to_owned()),
        'G' => return Err(r"`\G`".to_owned()),
        _ => "",
    };
    if spelled_out.is_empty() {
        if c.is_ascii() {
            out.push('\\');
        }
        out.push(c);
    } else {
        out.push_str(spelled_out);
    }
    Ok(after)
}

/// `\p{name}`: of ASCII where Java says so, else of Unicode.
fn property(name: &str, negated: bool, out: &mut String) {
    let posix = ["Lower", "Upper", "ASCII", "Alpha", "Digit", "Alnum", "Punct", "Graph", "Print", "Blank"];
    let posix = posix.iter().chain(&["Cntrl", "XDigit", "Space"]).find(|known| **known == name);
    if let Some(posix) = posix {
        out.push_str(if negated { "[[:^" } else { "[[:" });
        out.push_str(&posix.to_ascii_lowercase());
        out.push_str(":]]");
        return;
    }
    out.push_str(if negated { r"\P{" } else { r"\p{" });
    out.push_str(name.strip_prefix("Is").unwrap_or(name));
    out.push('}');
}
