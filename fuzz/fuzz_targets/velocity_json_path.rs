//! `cargo fuzz run velocity_json_path`; see [`edgewit_fuzz::velocity_json_path`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::velocity_json_path(data));

#[cfg(not(fuzzing))]
fn main() {}
