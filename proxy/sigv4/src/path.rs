//! Canonical paths.

use crate::encode::{encode, escape};

/// How a path is written into the canonical request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathForm {
    /// S3: the path as it is sent, because keys may hold `//` and `..`.
    AsSent,
    /// The path as it is sent, encoded once more.
    Encoded,
    /// As [`Self::Encoded`], after dot segments and empty ones are gone.
    NormalisedAndEncoded,
}

impl PathForm {
    pub(crate) fn write(self, path: &str, out: &mut Vec<u8>) {
        match self {
            _ if path.is_empty() => out.push(b'/'),
            Self::AsSent => as_sent(path, out),
            Self::Encoded => segments(path, |segment, out| encode(segment.as_bytes(), out), out),
            Self::NormalisedAndEncoded => normalised(path, out),
        }
    }
}

/// Whether normalising surely leaves the path alone.
pub(crate) fn is_normal(path: &str) -> bool {
    path.starts_with('/') && !path.contains("//") && !path.contains("/.")
}

/// Whether the path has a segment that takes away the one before it.
pub(crate) fn goes_up(path: &str) -> bool {
    path.split('/').any(|segment| segment == "..")
}

/// What cannot stand in a request line is escaped, so that a path cannot end its line.
fn as_sent(path: &str, out: &mut Vec<u8>) {
    for byte in path.bytes() {
        if byte.is_ascii_graphic() { out.push(byte) } else { escape(byte, out) }
    }
}

fn segments(path: &str, write: impl Fn(&str, &mut Vec<u8>), out: &mut Vec<u8>) {
    let mut first = true;
    for segment in path.split('/') {
        if !first {
            out.push(b'/');
        }
        first = false;
        write(segment, out);
    }
}

/// RFC 3986, section 5.2.4, and several slashes become one; an escaped dot is no dot.
fn normalised(path: &str, out: &mut Vec<u8>) {
    let start = out.len();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                let parent = out[start..].iter().rposition(|byte| *byte == b'/').unwrap_or_default();
                out.truncate(start + parent);
            }
            segment => {
                if out.len() > start || path.starts_with('/') {
                    out.push(b'/');
                }
                encode(segment.as_bytes(), out);
            }
        }
    }
    if out.len() == start || path.ends_with('/') {
        out.push(b'/');
    }
}
