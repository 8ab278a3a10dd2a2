//! A bounded, repeatable run of every fuzz target on stable Rust: all seeds, and mutations of them.
//!
//! The same inputs on every run, chosen by a generator with a fixed start; `ROUNDS=n` takes n times as many.
//! This finds a regression that a seed reaches; finding new things is libFuzzer's work (see `README.md`).
//! An input that overflows the stack ends the process: it is the last one written to the file named at the start.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests fail by panicking and report by printing"
)]

use edgewit_fuzz::{TARGETS, Target};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

/// Mutated inputs of a target in one round; documents take a hundred times as long as a query string.
const INPUTS: [(&str, usize); 3] = [("import", 3_000), ("selection_pattern", 2_000), ("sigv4", 3_000)];
const OTHER_INPUTS: usize = 10_000;

/// Longest a single input may take. Two orders of magnitude above what the slowest seed needs, because the machine
/// may be doing something else; an input that is really too slow grows past any bound.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest input, in bytes.
const MAX_BYTES: usize = 64 * 1024;

#[test]
fn every_target_has_seeds_and_a_libfuzzer_target() {
    for (name, _) in TARGETS {
        assert!(!seeds(name).is_empty(), "no seeds for {name}");
        assert!(folder().join(format!("fuzz_targets/{name}.rs")).is_file(), "no fuzz_targets/{name}.rs");
    }
    let folders = fs::read_dir(folder().join("seeds")).unwrap().count();
    assert_eq!(folders, TARGETS.len(), "a folder of seeds without a target");
}

macro_rules! smoke {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            run(stringify!($name), edgewit_fuzz::$name);
        }
    )*};
}

smoke! {
    access_log_format control_request framing gateway_response_template import json_path lambda_authorizer_result lambda_result
    mapping_expression mock_status policy query route_match selection_pattern sigv4 static_template velocity
    velocity_json_path
}

fn run(name: &str, target: Target) {
    let seeds = seeds(name);
    let rounds: usize = env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let inputs = INPUTS.iter().find(|(known, _)| *known == name).map_or(OTHER_INPUTS, |(_, inputs)| *inputs);
    let current = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.input"));
    let mut random = Random::new(name);
    let mut slowest = Duration::ZERO;
    let mutated = (0..inputs * rounds).map(|_| random.mutation(&seeds));
    let started = Instant::now();
    for input in seeds.iter().cloned().chain(mutated) {
        fs::write(&current, &input).unwrap();
        let before = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| target(&input)));
        let took = before.elapsed();
        assert!(outcome.is_ok(), "{name} panicked on {}: {}", current.display(), input.escape_ascii());
        assert!(took < PATIENCE, "{name} took {took:?} for {}: {}", current.display(), input.escape_ascii());
        slowest = slowest.max(took);
    }
    println!(
        "{name}: {} seeds, {} mutations, {:.1?}, slowest {slowest:.1?}",
        seeds.len(),
        inputs * rounds,
        started.elapsed()
    );
}

/// The seeds of a target; documents also from the configurations that come with Edgewit.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let mut files = files_in(&folder().join("seeds").join(name));
    if name == "import" {
        for conf in files_in(&folder().join("../conf")) {
            files.extend(files_in(&conf.join("apis")));
        }
    }
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Pieces that have broken a parser somewhere: brackets, references, numbers at the edge, odd characters.
const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    "\\",
    "$",
    "${",
    "$context.",
    "#",
    "##",
    "#*",
    "*#",
    "%",
    "%2F",
    "%zz",
    "+",
    "/",
    "//",
    "..",
    "{proxy+}",
    "?",
    "*",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{feff}",
    "é",
    "\u{10ffff}",
    "-1",
    "18446744073709551616",
    "1e999",
    "&a ",
    "*a",
    "!Sub ",
    "<<: ",
];

/// xorshift64*: enough to choose inputs with, and the same everywhere.
struct Random(u64);

impl Random {
    fn new(name: &str) -> Self {
        Self(name.bytes().fold(0x9e37_79b9_7f4a_7c15, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        }))
    }

    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(bits).unwrap() % bound
    }

    /// A range within `bytes`, mostly short.
    fn range(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let start = self.below(bytes.len() + 1);
        let longest = if self.below(4) == 0 { bytes.len() } else { 16 };
        let len = self.below(longest.max(1)).min(bytes.len() - start);
        start..start + len
    }

    /// A seed with up to six changes.
    fn mutation(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len() + 1);
            match self.below(8) {
                0 if !bytes.is_empty() => {
                    let at = at.min(bytes.len() - 1);
                    bytes[at] ^= 1 << self.below(8);
                }
                1 => drop(bytes.splice(at..at, [u8::try_from(self.below(256)).unwrap()])),
                2 => drop(bytes.drain(self.range(&bytes))),
                3 | 4 => {
                    let piece = PIECES[self.below(PIECES.len())];
                    drop(bytes.splice(at..at, piece.bytes()));
                }
                // The same again, once or so often that depth and size limits are met.
                5 => {
                    let times = if self.below(8) == 0 { 400 } else { 1 };
                    let again = bytes[self.range(&bytes)].repeat(times);
                    drop(bytes.splice(at..at, again));
                }
                6 => {
                    let other = &seeds[self.below(seeds.len())];
                    let part = other[self.range(other)].to_vec();
                    let range = self.range(&bytes);
                    drop(bytes.splice(range, part));
                }
                _ => bytes.truncate(at),
            }
            bytes.truncate(MAX_BYTES);
        }
        bytes
    }
}
