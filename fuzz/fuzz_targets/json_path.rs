//! `cargo fuzz run json_path`; see [`edgewit_fuzz::json_path`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::json_path(data));

#[cfg(not(fuzzing))]
fn main() {}
