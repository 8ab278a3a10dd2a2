//! Matching of the parts between the `*`s of a pattern.

use super::Case;

/// Characters between two `*`; `None` stands for `?`.
pub(super) type Segment = Box<[Option<char>]>;

/// Matches by taking each segment as early as it fits, which never needs to be taken back.
pub(super) fn matches(segments: &[Segment], text: &str, case: Case) -> bool {
    let Some((first, others)) = segments.split_first() else { return text.is_empty() };
    let Some(mut rest) = strip_segment(first, text, case) else { return false };
    let Some((last, middle)) = others.split_last() else { return rest.is_empty() };
    for segment in middle.iter().filter(|segment| !segment.is_empty()) {
        let Some(after) = find_segment(segment, rest, case) else { return false };
        rest = after;
    }
    ends_with_segment(last, rest, case)
}

/// What follows the segment, when the text begins with it.
fn strip_segment<'a>(segment: &[Option<char>], text: &'a str, case: Case) -> Option<&'a str> {
    let mut chars = text.chars();
    for expected in segment {
        let found = chars.next()?;
        if expected.is_some_and(|expected| !same(expected, found, case)) {
            return None;
        }
    }
    Some(chars.as_str())
}

/// What follows the first place where the segment fits.
fn find_segment<'a>(segment: &[Option<char>], text: &'a str, case: Case) -> Option<&'a str> {
    let anchor = segment.first().copied().flatten().filter(|c| case == Case::Sensitive && c.is_ascii());
    let mut rest = text;
    loop {
        if let Some(anchor) = anchor {
            let mut buffer = [0; 4];
            let anchor = anchor.encode_utf8(&mut buffer).as_bytes()[0];
            rest = &rest[memchr::memchr(anchor, rest.as_bytes())?..];
        }
        if let Some(after) = strip_segment(segment, rest, case) {
            return Some(after);
        }
        let skipped = rest.chars().next()?;
        rest = &rest[skipped.len_utf8()..];
    }
}

fn ends_with_segment(segment: &[Option<char>], text: &str, case: Case) -> bool {
    let mut chars = text.chars();
    segment
        .iter()
        .rev()
        .all(|expected| chars.next_back().is_some_and(|found| expected.is_none_or(|c| same(c, found, case))))
}

fn same(left: char, right: char, case: Case) -> bool {
    left == right || (case == Case::Ignored && left.eq_ignore_ascii_case(&right))
}
