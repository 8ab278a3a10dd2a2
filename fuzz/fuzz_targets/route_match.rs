//! `cargo fuzz run route_match`; see [`edgewit_fuzz::route_match`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::route_match(data));

#[cfg(not(fuzzing))]
fn main() {}
