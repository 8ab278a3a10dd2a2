//! `cargo fuzz run import`; see [`edgewit_fuzz::import`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::import(data));

#[cfg(not(fuzzing))]
fn main() {}
