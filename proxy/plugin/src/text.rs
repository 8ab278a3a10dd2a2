//! Makes text of plugins fit for a log.

use std::borrow::Cow;

/// Bytes of a plugin's error text or reason that reach the log.
pub(crate) const GUEST_TEXT_BYTES: usize = 1024;

/// `text` as one line that a terminal shows as written: characters that move the cursor, end the line or turn the
/// writing direction become escapes.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_troublesome) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_troublesome(c) {
            printable.extend(c.escape_default());
        } else {
            printable.push(c);
        }
    }
    Cow::Owned(printable)
}

/// [`printable`], cut to [`GUEST_TEXT_BYTES`].
pub fn printable_line(text: &str) -> String {
    if text.len() <= GUEST_TEXT_BYTES {
        return printable(text).into_owned();
    }
    let cut = text.floor_char_boundary(GUEST_TEXT_BYTES);
    let (kept, dropped) = text.split_at(cut);
    format!("{}… ({} bytes more)", printable(kept), dropped.len())
}

fn is_troublesome(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(printable("naïve café 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_would_break_the_line_is_escaped() {
        assert_eq!(printable("a\r\nb\u{1b}[31m\u{2028}c\u{202e}"), "a\\r\\nb\\u{1b}[31m\\u{2028}c\\u{202e}");
    }

    #[test]
    fn a_line_ends_at_the_limit() {
        let limit = "x".repeat(GUEST_TEXT_BYTES);
        assert_eq!(printable_line(&limit), limit);
        assert_eq!(printable_line(&format!("{limit}y")), format!("{limit}… (1 bytes more)"));
    }
}
