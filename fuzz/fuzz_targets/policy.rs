//! `cargo fuzz run policy`; see [`edgewit_fuzz::policy`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::policy(data));

#[cfg(not(fuzzing))]
fn main() {}
