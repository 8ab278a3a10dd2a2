//! `cargo fuzz run sigv4`; see [`edgewit_fuzz::sigv4`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::sigv4(data));

#[cfg(not(fuzzing))]
fn main() {}
