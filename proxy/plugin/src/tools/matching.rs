//! Sets of patterns and of literal texts.
//!
//! The node does this work for a plugin and cannot interrupt it, so every search is bounded before it begins or while
//! it runs, and so is what may be compiled.

use std::panic::{RefUnwindSafe, UnwindSafe};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::{Regex, RegexBuilder};
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind as Which, PatternSet};

/// Members of one set.
pub(crate) const MEMBERS: usize = 10_000;
/// Steps that one search may take where no automaton can be built ahead of it: some tens of milliseconds.
const SEARCH_STEPS: usize = 10_000_000;
/// Bytes of states that a search keeps while it goes.
const CACHE_BYTES: usize = 1 << 20;
/// Bytes that one member takes besides its states: a pattern of its own for the places of its groups.
const MEMBER_BYTES: usize = 1 << 10;
/// Bytes of states that a search for the groups of one member keeps while it goes.
const MEMBER_CACHE_BYTES: usize = 16 << 10;

/// What may still be compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes of the texts of patterns and of literals.
    pub(crate) source_bytes: usize,
    /// Bytes of everything compiled.
    pub(crate) compiled_bytes: usize,
}

impl Room {
    /// For everything that a plugin makes in `configure`, where it may take its time.
    pub(crate) const CONFIGURE: Self = Self { source_bytes: 2 << 20, compiled_bytes: 64 << 20 };
    /// For everything that one instance makes during requests.
    pub(crate) const REQUEST: Self = Self { source_bytes: 4 << 10, compiled_bytes: 2 << 20 };

    fn take(&mut self, source_bytes: usize) -> Result<(), String> {
        self.source_bytes = self.source_bytes.checked_sub(source_bytes).ok_or_else(|| {
            let left = self.source_bytes;
            format!(
                "patterns and literals of {source_bytes} bytes, and there is room for {left}: {MAKE_EARLY}"
            )
        })?;
        Ok(())
    }

    fn take_compiled(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.compiled_bytes.checked_sub(bytes).ok_or_else(|| too_large(self.compiled_bytes))?;
        self.compiled_bytes = left;
        Ok(())
    }
}

const MAKE_EARLY: &str = "use fewer, and make them in `configure`";

fn too_large(left: usize) -> String {
    format!("the set does not fit into the {left} bytes that are left for compiled sets: {MAKE_EARLY}")
}

/// A search that would have taken the node too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this set is too much work for a text of {bytes} bytes: use simpler patterns, or show it less text")]
pub(crate) struct TooMuchWork {
    bytes: usize,
}

/// What is looked for together.
#[derive(Debug)]
pub(crate) enum Set {
    Patterns(Box<Patterns>),
    Literals(Literals),
}

impl Set {
    /// # Errors
    /// The pattern that is none, in one line, or what there is too much of.
    pub(crate) fn patterns(patterns: &[String], room: &mut Room) -> Result<Self, String> {
        members(patterns.len())?;
        room.take(patterns.iter().map(String::len).sum())?;
        Patterns::new(patterns, room).map(|patterns| Self::Patterns(Box::new(patterns)))
    }

    /// # Errors
    /// What there is too much of.
    pub(crate) fn literals(literals: &[Vec<u8>], ignore_case: bool, room: &mut Room) -> Result<Self, String> {
        members(literals.len())?;
        room.take(literals.iter().map(Vec::len).sum())?;
        let all = AhoCorasick::builder()
            .ascii_case_insensitive(ignore_case)
            .match_kind(MatchKind::Standard)
            .build(literals)
            .map_err(|error| error.to_string())?;
        room.take_compiled(all.memory_usage())?;
        Ok(Self::Literals(Literals { all, count: literals.len() }))
    }

    pub(crate) fn matches(&self, text: &[u8]) -> Result<bool, TooMuchWork> {
        match self {
            Self::Patterns(patterns) => patterns.matches(text),
            Self::Literals(literals) => Ok(literals.all.is_match(text)),
        }
    }

    pub(crate) fn matching(&self, text: &[u8]) -> Result<Vec<u32>, TooMuchWork> {
        match self {
            Self::Patterns(patterns) => patterns.matching(text),
            Self::Literals(literals) => literals.matching(text),
        }
    }

    /// Places of the whole match and of the groups of member `index`, in bytes.
    pub(crate) fn captures(&self, index: u32, text: &[u8]) -> Result<Option<Groups>, TooMuchWork> {
        match self {
            Self::Patterns(patterns) => patterns.captures(index as usize, text),
            Self::Literals(literals) => literals.place(index, text),
        }
    }
}

/// First and last byte of each group that took part.
pub(crate) type Groups = Vec<Option<(u32, u32)>>;

type Caches = Pool<Cache, Box<dyn Fn() -> Cache + Send + Sync + UnwindSafe + RefUnwindSafe>>;

/// Patterns: together in an automaton that is built while it searches, and one by one for their places.
#[derive(Debug)]
pub(crate) struct Patterns {
    all: DFA,
    caches: Caches,
    /// For texts that the automaton gives up on.
    slow: PikeVM,
    each: Vec<Regex>,
}

impl Patterns {
    fn new(patterns: &[String], room: &mut Room) -> Result<Self, String> {
        let syntax = syntax::Config::new().utf8(false);
        for (index, pattern) in patterns.iter().enumerate() {
            syntax::parse_with(pattern, &syntax)
                .map_err(|error| format!("pattern {index}: {}", last_line(&error.to_string())))?;
        }
        // Patterns are compiled three times: for both automata, and each for itself.
        let states = thompson::Config::new()
            .utf8(false)
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(room.compiled_bytes / 4));
        let states =
            NFA::compiler().configure(states).syntax(syntax).build_many(patterns).map_err(|error| {
                if error.size_limit().is_some() {
                    too_large(room.compiled_bytes)
                } else {
                    last_line(&error.to_string())
                }
            })?;
        let caches_bytes = CACHE_BYTES.min(room.compiled_bytes / 4);
        room.take_compiled(states.memory_usage() * 3 + patterns.len() * MEMBER_BYTES + caches_bytes)?;
        let config = DFA::config()
            .match_kind(Which::All)
            .unicode_word_boundary(true)
            .cache_capacity(caches_bytes)
            .skip_cache_capacity_check(true)
            // A search that keeps throwing its states away gives up, unless each of them serves for as many bytes as
            // making it took steps: so no text takes longer than its length says.
            .minimum_cache_clear_count(Some(3))
            .minimum_bytes_per_state(Some(states.states().len().max(10)));
        let all = DFA::builder()
            .configure(config)
            .build_from_nfa(states.clone())
            .map_err(|error| last_line(&error.to_string()))?;
        let slow = PikeVM::builder()
            .configure(PikeVM::config().match_kind(Which::All))
            .build_from_nfa(states)
            .map_err(|error| last_line(&error.to_string()))?;
        let each = patterns.iter().enumerate().map(|(index, pattern)| {
            let built = RegexBuilder::new(pattern)
                .size_limit(room.compiled_bytes)
                .dfa_size_limit(MEMBER_CACHE_BYTES)
                .build();
            built.map_err(|error| format!("pattern {index}: {}", last_line(&error.to_string())))
        });
        let each = each.collect::<Result<Vec<_>, _>>()?;
        let maker = all.clone();
        Ok(Self { caches: Pool::new(Box::new(move || maker.create_cache())), all, slow, each })
    }

    fn matches(&self, text: &[u8]) -> Result<bool, TooMuchWork> {
        let input = Input::new(text).earliest(true);
        match self.all.try_search_fwd(&mut self.caches.get(), &input) {
            Ok(found) => Ok(found.is_some()),
            Err(_gave_up) => {
                within(self.slow.get_nfa().states().len(), text)?;
                Ok(self.slow.is_match(&mut self.slow.create_cache(), input))
            }
        }
    }

    fn matching(&self, text: &[u8]) -> Result<Vec<u32>, TooMuchWork> {
        let input = Input::new(text);
        let mut found = PatternSet::new(self.all.pattern_len());
        if self.all.try_which_overlapping_matches(&mut self.caches.get(), &input, &mut found).is_err() {
            within(self.slow.get_nfa().states().len(), text)?;
            found.clear();
            self.slow.which_overlapping_matches(&mut self.slow.create_cache(), &input, &mut found);
        }
        Ok(found.iter().map(|index| number(index.as_usize())).collect())
    }

    fn captures(&self, index: usize, text: &[u8]) -> Result<Option<Groups>, TooMuchWork> {
        let Some(pattern) = self.each.get(index) else { return Ok(None) };
        within(self.states_of(index) * pattern.captures_len(), text)?;
        let Some(groups) = pattern.captures(text) else { return Ok(None) };
        Ok(Some(groups.iter().map(|group| group.and_then(|g| place(g.start(), g.end()))).collect()))
    }

    /// At least as many states as came of one pattern. They lie side by side, but where among them the pattern starts is
    /// not known: so everything between the start of its neighbours counts.
    fn states_of(&self, index: usize) -> usize {
        let states = self.slow.get_nfa();
        let start = |index| {
            let pattern = regex_automata::PatternID::new(index).ok()?;
            states.start_pattern(pattern).map(|start| start.as_usize())
        };
        let begin = index.checked_sub(1).and_then(start).unwrap_or(0);
        let end = start(index + 1).unwrap_or(states.states().len());
        end.saturating_sub(begin).max(1)
    }
}

/// Literal texts in one automaton.
#[derive(Debug)]
pub(crate) struct Literals {
    all: AhoCorasick,
    count: usize,
}

impl Literals {
    fn matching(&self, text: &[u8]) -> Result<Vec<u32>, TooMuchWork> {
        let mut seen = vec![false; self.count];
        let mut left = self.count;
        for (steps, found) in self.all.find_overlapping_iter(text).enumerate() {
            if left == 0 {
                break;
            }
            steps_left(steps, text)?;
            let seen = &mut seen[found.pattern().as_usize()];
            left -= usize::from(!*seen);
            *seen = true;
        }
        Ok(seen.iter().enumerate().filter(|(_, seen)| **seen).map(|(index, _)| number(index)).collect())
    }

    fn place(&self, index: u32, text: &[u8]) -> Result<Option<Groups>, TooMuchWork> {
        for (steps, found) in self.all.find_overlapping_iter(text).enumerate() {
            steps_left(steps, text)?;
            if found.pattern().as_u32() == index {
                return Ok(Some(vec![place(found.start(), found.end())]));
            }
        }
        Ok(None)
    }
}

/// Whether `states` for each byte of the text are few enough.
fn within(states: usize, text: &[u8]) -> Result<(), TooMuchWork> {
    steps_left(states.saturating_mul(text.len()), text)
}

fn steps_left(steps: usize, text: &[u8]) -> Result<(), TooMuchWork> {
    if steps > SEARCH_STEPS { Err(TooMuchWork { bytes: text.len() }) } else { Ok(()) }
}

fn place(start: usize, end: usize) -> Option<(u32, u32)> {
    Some((u32::try_from(start).ok()?, u32::try_from(end).ok()?))
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
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

    fn patterns(patterns: &[&str]) -> Result<Set, String> {
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Set::patterns(&patterns, &mut Room::CONFIGURE.clone())
    }

    fn literals(literals: &[Vec<u8>], ignore_case: bool) -> Result<Set, String> {
        Set::literals(literals, ignore_case, &mut Room::CONFIGURE.clone())
    }

    #[test]
    fn patterns_are_found_together_and_by_their_place() {
        let set = patterns(&["a(b)?c", "^x", r"\bé\b"]).unwrap();
        assert_eq!(set.matches(b"--ac--"), Ok(true));
        assert_eq!(set.matches(b"-----"), Ok(false));
        assert_eq!(set.matching(b"xabc"), Ok(vec![0, 1]));
        // Word boundaries beside letters that are not ASCII go the slow way.
        assert_eq!(set.matching("x é".as_bytes()), Ok(vec![1, 2]));
        assert_eq!(set.matches("-é-".as_bytes()), Ok(true));
        assert_eq!(set.captures(0, b"xabc"), Ok(Some(vec![Some((1, 4)), Some((2, 3))])));
        assert_eq!(set.captures(0, b"ac"), Ok(Some(vec![Some((0, 2)), None])));
        assert_eq!(set.captures(7, b"ac"), Ok(None));
        assert_eq!(patterns(&["("]).unwrap_err(), "pattern 0: unclosed group");
        assert_eq!(patterns(&["a", "b**["]).unwrap_err(), "pattern 1: unclosed character class");
        assert_eq!(patterns(&[]).unwrap().matching(b"a"), Ok(vec![]));
    }

    #[test]
    fn bytes_that_are_no_text_are_searched_too() {
        let set = patterns(&[r"(?-u:\xff)\x00", "$"]).unwrap();
        assert_eq!(set.matching(b"a\xff\x00"), Ok(vec![0, 1]));
        assert_eq!(set.matching(b""), Ok(vec![1]));
    }

    #[test]
    fn literals_are_found_in_either_case() {
        let set = literals(&[b"select".to_vec(), b"union".to_vec()], true).unwrap();
        assert_eq!(set.matching(b"UNION SELECT"), Ok(vec![0, 1]));
        assert_eq!(set.captures(1, b"a Union"), Ok(Some(vec![Some((2, 7))])));
        assert_eq!(literals(&[b"select".to_vec()], false).unwrap().matches(b"SELECT"), Ok(false));
    }

    #[test]
    fn a_set_ends_at_its_limit() {
        let numbers = |count| (0..count).map(|n: usize| n.to_string().into_bytes()).collect::<Vec<_>>();
        assert!(literals(&numbers(MEMBERS), false).is_ok());
        assert!(literals(&numbers(MEMBERS + 1), false).is_err());
    }

    #[test]
    fn sources_end_at_their_limit_in_sum() {
        let mut room = Room { source_bytes: 10, ..Room::REQUEST };
        assert!(Set::patterns(&["abcdef".to_owned()], &mut room).is_ok());
        let error = Set::patterns(&["abcde".to_owned()], &mut room).unwrap_err();
        let wanted = "patterns and literals of 5 bytes, and there is room for 4";
        assert!(error.starts_with(wanted), "{error}");
        assert!(Set::literals(&[b"abcd".to_vec()], false, &mut room).is_ok());
        assert!(Set::literals(&[b"a".to_vec()], false, &mut room).is_err());
    }

    #[test]
    fn compiled_sets_end_at_their_limit_in_sum() {
        let mut room = Room::REQUEST;
        let large = [r"\w{30}".to_owned()];
        let made = (0..100).take_while(|_| Set::patterns(&large, &mut room).is_ok()).count();
        assert!(made < 3, "{made} sets of some hundred kilobytes fit into {:?}", Room::REQUEST);
        let error = Set::patterns(&[r"\w{500}{500}".to_owned()], &mut Room::CONFIGURE.clone()).unwrap_err();
        assert!(error.starts_with("the set does not fit into the"), "{error}");
    }

    #[test]
    fn a_search_that_would_take_too_long_is_refused() {
        // Every byte leads to a state that was never seen before, and each is made of thousands.
        let hard = patterns(&["[ab]*a[ab]{2000}[^ab]{2000}c"]).unwrap();
        let mut seed = 7_u32;
        let mut byte = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if seed >> 31 == 0 { b'a' } else { b'b' }
        };
        let text: Vec<u8> = (0..1_000_000).map(|_| byte()).collect();
        let too_much = TooMuchWork { bytes: text.len() };
        assert_eq!(hard.matches(&text), Err(too_much));
        assert_eq!(hard.matching(&text), Err(too_much));
        assert_eq!(hard.captures(0, &text), Err(too_much));
        assert_eq!(hard.matches(&text[..100]), Ok(false), "little text is no trouble");
        // Ten thousand literals that end in each other.
        let nested = literals(&(1..2000).map(|n| vec![b'a'; n]).collect::<Vec<_>>(), false).unwrap();
        let text = vec![b'a'; 1_000_000];
        assert_eq!(nested.captures(5000, &text), Err(TooMuchWork { bytes: text.len() }));
        assert_eq!(nested.matching(&text).unwrap().len(), 1999, "it ends when all were seen");
    }
}
