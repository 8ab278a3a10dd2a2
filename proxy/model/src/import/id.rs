//! Identifiers derived from what they identify, so that the same document gives the same ones.

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// `length` lower-case alphanumerics from `text`; `attempt` gives another one after a collision.
pub fn short_hash(text: &str, length: usize, attempt: u32) -> String {
    // FNV-1a, 64 bits: stable over versions of the standard library, unlike its default hasher.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes().chain(attempt.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let mut id = String::with_capacity(length);
    for _ in 0..length {
        // The high half: the low bits of FNV are its weakest.
        id.push(char::from(ALPHABET[((hash >> 32) % 36) as usize]));
        hash = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_stable_and_of_the_asked_length() {
        assert_eq!(short_hash("/pets", 6, 0), short_hash("/pets", 6, 0));
        assert_ne!(short_hash("/pets", 6, 0), short_hash("/pets", 6, 1));
        assert_ne!(short_hash("/pets", 6, 0), short_hash("/pet", 6, 0));
        let id = short_hash("/", 10, 0);
        assert_eq!(id.len(), 10);
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    }
}
