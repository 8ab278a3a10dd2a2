//! Looking through short texts, several bytes at a time.
//!
//! In WebAssembly each turn of a loop also looks at the clock, so that a loop over bytes costs several times as much
//! as it does natively.

/// Bytes of one turn.
const CHUNK: usize = 8;

/// Which bytes are plain.
pub(crate) type Plain = [bool; 256];

/// Where the first byte stands that is not plain.
pub(crate) fn first_not(bytes: &[u8], plain: &Plain) -> Option<usize> {
    let is_plain = |byte: &u8| plain[usize::from(*byte)];
    let (chunks, _) = bytes.as_chunks::<CHUNK>();
    let skipped = chunks.iter().position(|chunk| !chunk.iter().fold(true, |all, byte| all & is_plain(byte)));
    let start = skipped.unwrap_or(chunks.len()) * CHUNK;
    bytes[start..].iter().position(|byte| !is_plain(byte)).map(|at| start + at)
}

/// Where the first of two ASCII characters stands.
pub(crate) fn first_of(bytes: &[u8], one: u8, other: u8) -> Option<usize> {
    const LOW: u64 = u64::from_ne_bytes([0x01; CHUNK]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; CHUNK]);
    let (one_each, other_each) = (LOW * u64::from(one), LOW * u64::from(other));
    let (chunks, rest) = bytes.as_chunks::<CHUNK>();
    for (number, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        // The lowest high bit is at the first zero byte; those above it may be wrong.
        let zero = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
        let found = zero(word ^ one_each) | zero(word ^ other_each);
        if found != 0 {
            return Some(number * CHUNK + found.trailing_zeros() as usize / CHUNK);
        }
    }
    let at = rest.iter().position(|byte| *byte == one || *byte == other)?;
    Some(chunks.len() * CHUNK + at)
}

/// Whether two texts, of which most are names, are the same.
#[inline]
pub(crate) fn same(left: &str, right: &str) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let (left, right) = (left.as_bytes(), right.as_bytes());
    // The first and the last bytes are all there are.
    match left.len() {
        4..=8 => {
            left.first_chunk::<4>() == right.first_chunk() && left.last_chunk::<4>() == right.last_chunk()
        }
        9..=16 => {
            left.first_chunk::<8>() == right.first_chunk() && left.last_chunk::<8>() == right.last_chunk()
        }
        2..=3 => left.first_chunk::<2>() == right.first_chunk() && left.last() == right.last(),
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_are_compared() {
        for length in 0..40 {
            let text = "x".repeat(length);
            assert!(same(&text, &text.clone()));
            assert!(!same(&text, &"x".repeat(length + 1)));
            for at in 0..length {
                let mut other = text.clone();
                other.replace_range(at..=at, "y");
                assert!(!same(&text, &other), "{other}");
            }
        }
    }

    #[test]
    fn the_first_byte_is_found() {
        let mut plain = [true; 256];
        plain[usize::from(b'!')] = false;
        plain[usize::from(b'?')] = false;
        for length in 0..40 {
            // A byte with its high bit, and those next to the ones that are looked for.
            let text: Vec<u8> =
                [0xa1, b' ', b'"', b'>', b'@', 0, 0xff].into_iter().cycle().take(length).collect();
            assert_eq!(first_of(&text, b'!', b'?'), None);
            assert_eq!(first_not(&text, &plain), None);
            for at in 0..length {
                for mark in [b'!', b'?'] {
                    let mut text = text.clone();
                    text[at] = mark;
                    text[length - 1] = mark;
                    assert_eq!(first_of(&text, b'!', b'?'), Some(at));
                    assert_eq!(first_not(&text, &plain), Some(at));
                }
            }
        }
    }
}
