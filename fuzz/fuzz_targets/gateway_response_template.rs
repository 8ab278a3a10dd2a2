//! `cargo fuzz run gateway_response_template`; see [`edgewit_fuzz::gateway_response_template`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::gateway_response_template(data));

#[cfg(not(fuzzing))]
fn main() {}
