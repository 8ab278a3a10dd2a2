//! `cargo fuzz run query`; see [`edgewit_fuzz::query`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::query(data));

#[cfg(not(fuzzing))]
fn main() {}
