//! `cargo fuzz run framing`; see [`edgewit_fuzz::framing`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::framing(data));

#[cfg(not(fuzzing))]
fn main() {}
