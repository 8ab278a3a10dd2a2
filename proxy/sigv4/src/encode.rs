//! Percent encoding as signatures want it, and hexadecimal digits.

const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";
const HEX_LOWER: &[u8; 16] = b"0123456789abcdef";

/// The bytes that stay as they are: the unreserved ones of RFC 3986.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let c = byte as u8;
        table[byte] = c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    table
};

/// Appends `text` with every byte escaped that is not unreserved.
pub(crate) fn encode(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(plain) = rest.iter().position(|byte| !UNRESERVED[usize::from(*byte)]) {
        out.extend_from_slice(&rest[..plain]);
        escape(rest[plain], out);
        rest = &rest[plain + 1..];
    }
    out.extend_from_slice(rest);
}

/// Appends one byte, escaped unless it is unreserved.
pub(crate) fn encode_byte(byte: u8, out: &mut Vec<u8>) {
    if UNRESERVED[usize::from(byte)] {
        out.push(byte);
    } else {
        escape(byte, out);
    }
}

pub(crate) fn escape(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'%', HEX_UPPER[usize::from(byte >> 4)], HEX_UPPER[usize::from(byte & 15)]]);
}

/// The byte that the escape at the start of `text` stands for; `None` when there is no escape.
pub(crate) fn escaped(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some(digit(high)? << 4 | digit(low)?)
        }
        _ => None,
    }
}

/// 32 bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (place, byte) in text.chunks_exact_mut(2).zip(bytes) {
        place[0] = HEX_LOWER[usize::from(byte >> 4)];
        place[1] = HEX_LOWER[usize::from(byte & 15)];
    }
    text
}

/// The reverse of [`hex`]; upper-case digits are refused, as AWS compares texts.
pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let text: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}
