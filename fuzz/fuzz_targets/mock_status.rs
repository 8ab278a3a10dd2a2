//! `cargo fuzz run mock_status`; see [`edgewit_fuzz::mock_status`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::mock_status(data));

#[cfg(not(fuzzing))]
fn main() {}
