//! `cargo fuzz run selection_pattern`; see [`edgewit_fuzz::selection_pattern`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::selection_pattern(data));

#[cfg(not(fuzzing))]
fn main() {}
