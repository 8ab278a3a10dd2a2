//! `cargo fuzz run static_template`; see [`edgewit_fuzz::static_template`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| edgewit_fuzz::static_template(data));

#[cfg(not(fuzzing))]
fn main() {}
