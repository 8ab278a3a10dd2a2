//! `cargo fuzz run velocity`; see [`edgewit_fuzz::velocity`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::velocity(data));

#[cfg(not(fuzzing))]
fn main() {}
