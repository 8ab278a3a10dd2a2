//! `cargo fuzz run control_request`; see [`edgewit_fuzz::control_request`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::control_request(data));

#[cfg(not(fuzzing))]
fn main() {}
