//! Sets of patterns and of literal texts.

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// Members of one set.
pub(crate) const MEMBERS: usize = 10_000;
/// Bytes of a compiled set.
const COMPILED_BYTES: usize = 32 << 20;

/// What is looked for together.
#[derive(Debug)]
pub(crate) enum Set {
    /// Together, and one by one for their places.
    Patterns {
        all: RegexSet,
        each: Vec<Regex>,
    },
    Literals {
        all: AhoCorasick,
        count: usize,
    },
}

impl Set {
    /// # Errors
    /// The pattern that is none, in one line.
    pub(crate) fn patterns(patterns: &[String]) -> Result<Self, String> {
        members(patterns.len())?;
        let each = patterns
            .iter()
            .enumerate()
            .map(|(index, pattern)| {
                RegexBuilder::new(pattern)
                    .size_limit(COMPILED_BYTES)
                    .build()
                    .map_err(|error| format!("pattern {index}: {}", last_line(&error.to_string())))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let all = RegexSetBuilder::new(patterns)
            .size_limit(COMPILED_BYTES)
            .build()
            .map_err(|error| last_line(&error.to_string()))?;
        Ok(Self::Patterns { all, each })
    }

    /// # Errors
    /// When there are too many.
    pub(crate) fn literals(literals: &[Vec<u8>], ignore_case: bool) -> Result<Self, String> {
        members(literals.len())?;
        let total: usize = literals.iter().map(Vec::len).sum();
        if total > COMPILED_BYTES / 16 {
            return Err(format!("literals of {total} bytes, expected at most {}", COMPILED_BYTES / 16));
        }
        let all = AhoCorasick::builder()
            .ascii_case_insensitive(ignore_case)
            .match_kind(MatchKind::Standard)
            .build(literals)
            .map_err(|error| error.to_string())?;
        Ok(Self::Literals { all, count: literals.len() })
    }

    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Patterns { all, .. } => all.is_match(text),
            Self::Literals { all, .. } => all.is_match(text),
        }
    }

    pub(crate) fn matching(&self, text: &[u8]) -> Vec<u32> {
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        match self {
            Self::Patterns { all, .. } => all.matches(text).iter().map(number).collect(),
            Self::Literals { all, count } => {
                let mut seen = vec![false; *count];
                for found in all.find_overlapping_iter(text) {
                    seen[found.pattern().as_usize()] = true;
                }
                seen.iter().enumerate().filter(|(_, seen)| **seen).map(|(index, _)| number(index)).collect()
            }
        }
    }

    /// Places of the whole match and of the groups of member `index`, in bytes.
    pub(crate) fn captures(&self, index: u32, text: &[u8]) -> Option<Vec<Option<(u32, u32)>>> {
        let place = |start: usize, end: usize| Some((u32::try_from(start).ok()?, u32::try_from(end).ok()?));
        match self {
            Self::Patterns { each, .. } => {
                let groups = each.get(index as usize)?.captures(text)?;
                Some(groups.iter().map(|group| group.and_then(|g| place(g.start(), g.end()))).collect())
            }
            Self::Literals { all, .. } => {
                let found =
                    all.find_overlapping_iter(text).find(|found| found.pattern().as_u32() == index)?;
                Some(vec![place(found.start(), found.end())])
            }
        }
    }
}

fn members(count: usize) -> Result<(), String> {
    if count <= MEMBERS {
        Ok(())
    } else {
        Err(format!("a set of {count} members, expected at most {MEMBERS}"))
    }
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn patterns_are_found_together_and_by_their_place() {
        let set = Set::patterns(&["a(b)?c".to_owned(), "^x".to_owned()]).unwrap();
        assert!(set.matches(b"--ac--"));
        assert_eq!(set.matching(b"xabc"), [0, 1]);
        assert_eq!(set.captures(0, b"xabc"), Some(vec![Some((1, 4)), Some((2, 3))]));
        assert_eq!(set.captures(0, b"ac"), Some(vec![Some((0, 2)), None]));
        assert_eq!(set.captures(7, b"ac"), None);
        assert_eq!(Set::patterns(&["(".to_owned()]).unwrap_err(), "pattern 0: unclosed group");
    }

    #[test]
    fn literals_are_found_in_either_case() {
        let set = Set::literals(&[b"select".to_vec(), b"union".to_vec()], true).unwrap();
        assert_eq!(set.matching(b"UNION SELECT"), [0, 1]);
        assert_eq!(set.captures(1, b"a Union"), Some(vec![Some((2, 7))]));
        assert!(!Set::literals(&[b"select".to_vec()], false).unwrap().matches(b"SELECT"));
    }

    #[test]
    fn a_set_ends_at_its_limit() {
        let literals = |count| (0..count).map(|n: usize| n.to_string().into_bytes()).collect::<Vec<_>>();
        assert!(Set::literals(&literals(MEMBERS), false).is_ok());
        assert!(Set::literals(&literals(MEMBERS + 1), false).is_err());
    }
}
