//! Escaping of text that is put into JSON and XML.

/// How a value is written into the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escaping {
    /// As it is.
    None,
    /// Control characters as in JSON, so that a value cannot end a line.
    Control,
    /// The inside of a JSON string.
    Json,
    /// XML text or attribute; control characters as in JSON, because XML has no form for them.
    Xml,
}

impl Escaping {
    /// Escapes what stands in `out` from `start` on. Values that need it are rare, so those that do are found first.
    pub(crate) fn apply_from(self, start: usize, out: &mut Vec<u8>) {
        let Some(first) = out[start..].iter().position(|&byte| self.concerns(byte)) else { return };
        let rest = out.split_off(start + first);
        for byte in rest {
            if self.concerns(byte) {
                self.push(byte, out);
            } else {
                out.push(byte);
            }
        }
    }

    /// Appends a text, escaped. Unlike [`Self::apply_from`] it takes what is not in `out` yet, and so moves nothing.
    pub(crate) fn push_text(self, text: &str, out: &mut Vec<u8>) {
        let bytes = text.as_bytes();
        let mut plain = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            if self.concerns(byte) {
                out.extend_from_slice(&bytes[plain..at]);
                self.push(byte, out);
                plain = at + 1;
            }
        }
        out.extend_from_slice(&bytes[plain..]);
    }

    fn concerns(self, byte: u8) -> bool {
        match self {
            Self::None => false,
            Self::Control => byte < 0x20,
            Self::Json => byte < 0x20 || matches!(byte, b'"' | b'\\'),
            Self::Xml => byte < 0x20 || matches!(byte, b'"' | b'\'' | b'&' | b'<' | b'>'),
        }
    }

    fn push(self, byte: u8, out: &mut Vec<u8>) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        match byte {
            b'"' if self == Self::Xml => out.extend_from_slice(b"&quot;"),
            b'\'' => out.extend_from_slice(b"&apos;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ => {
                let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[high], HEX[low]]);
            }
        }
    }
}
