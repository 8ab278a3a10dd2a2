//! `cargo fuzz run lambda_result`; see [`edgewit_fuzz::lambda_result`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::lambda_result(data));

#[cfg(not(fuzzing))]
fn main() {}
