//! The names inside references: `context.identity.sourceIp`, `context.authorizer.claims['custom:tier']`.

use std::borrow::Cow;

/// Whether `-` may be part of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hyphens {
    /// It may, as in header names.
    Allowed,
    /// It ends the name, as in `$context.requestId-$context.status`.
    End,
}

/// Reads dotted segments and `['key']` segments from the start of `text`.
///
/// Gives the name with every segment in dotted form, and the bytes used; a `.` that no segment follows is not used.
pub(crate) fn dotted_name(text: &str, hyphens: Hyphens) -> (Cow<'_, str>, usize) {
    let bytes = text.as_bytes();
    let is_name =
        |b: u8| b.is_ascii_alphanumeric() || b == b'_' || (b == b'-' && hyphens == Hyphens::Allowed);
    let mut name = Cow::Borrowed("");
    let mut used = 0;
    loop {
        let (key, end) = match bytes.get(used) {
            Some(b'[') if used > 0 => match bracket(text, used) {
                Some(found) => found,
                None => break,
            },
            Some(b'.') if used > 0 => {
                let end = run(bytes, used + 1, is_name);
                (&text[used + 1..end], end)
            }
            Some(_) if used == 0 => {
                let end = run(bytes, 0, is_name);
                (&text[..end], end)
            }
            _ => break,
        };
        if key.is_empty() {
            break;
        }
        match &mut name {
            Cow::Borrowed(whole) if bytes[used] != b'[' => *whole = &text[..end],
            _ => {
                let owned = name.to_mut();
                owned.push('.');
                owned.push_str(key);
            }
        }
        used = end;
    }
    (name, used)
}

fn run(bytes: &[u8], start: usize, is_name: impl Fn(u8) -> bool) -> usize {
    bytes[start..].iter().position(|&b| !is_name(b)).map_or(bytes.len(), |length| start + length)
}

/// The key of `['key']` or `["key"]` at `start`, and where it ends.
fn bracket(text: &str, start: usize) -> Option<(&str, usize)> {
    let rest = &text[start + 1..];
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let length = rest[1..].find(quote)?;
    let key = &rest[1..1 + length];
    rest[length + 2..].starts_with(']').then_some((key, start + 1 + length + 3))
}
