//! `cargo fuzz run mapping_expression`; see [`edgewit_fuzz::mapping_expression`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::mapping_expression(data));

#[cfg(not(fuzzing))]
fn main() {}
