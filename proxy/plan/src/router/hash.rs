//! A hash of path segments that is cheap for short ones.
//!
//! It need not withstand an attacker, because tables are checked when they are built; see [`super::table`].

#![expect(clippy::cast_possible_truncation, reason = "hashes are meant to be cut")]

/// Longest segment that [`ends`] and its length determine.
pub(super) const INLINE_BYTES: usize = 16;

/// The first and the last eight bytes, which overlap in a short segment. With the length, they determine any
/// segment of at most 16 bytes.
#[inline]
pub(super) fn ends(segment: &[u8]) -> [u64; 2] {
    if let (Some(first), Some(last)) = (segment.first_chunk::<8>(), segment.last_chunk::<8>()) {
        [u64::from_le_bytes(*first), u64::from_le_bytes(*last)]
    } else if let (Some(first), Some(last)) = (segment.first_chunk::<4>(), segment.last_chunk::<4>()) {
        [u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last))]
    } else if let [first, .., last] | [first @ last] = segment {
        let middle = segment.get(segment.len() / 2).copied().unwrap_or_default();
        [u64::from(*first) | u64::from(middle) << 8 | u64::from(*last) << 16, 0]
    } else {
        [0, 0]
    }
}

#[inline]
pub(super) fn hash(seed: u16, segment: &[u8]) -> u64 {
    if segment.len() <= INLINE_BYTES {
        return mix(u64::from(seed), ends(segment), segment.len() as u64);
    }
    segment
        .chunks(INLINE_BYTES)
        .fold(u64::from(seed), |state, chunk| mix(state, ends(chunk), segment.len() as u64))
}

#[inline]
pub(super) fn mix(seed: u64, words: [u64; 2], len: u64) -> u64 {
    let [first, last] = words;
    let a = seed ^ first ^ 0x243f_6a88_85a3_08d3;
    let b = last ^ len.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xa409_3822_299f_31d0;
    fold(fold(a, b), 0x1319_8a2e_0370_7345)
}

/// Folded 64x64 multiplication: every bit of both operands reaches every bit of the result.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Maps a hash to `0..len` by multiplication: any table size will do. Uses the upper bits.
#[inline]
pub(super) fn place(hash: u64, len: usize) -> usize {
    ((u128::from(hash) * len as u128) >> 64) as usize
}
