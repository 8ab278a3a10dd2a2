//! `cargo fuzz run access_log_format`; see [`edgewit_fuzz::access_log_format`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::access_log_format(data));

#[cfg(not(fuzzing))]
fn main() {}
