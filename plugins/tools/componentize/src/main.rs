//! Makes a component out of a WebAssembly module.
//!
//! ```text
//! componentize [--world WIT_FOLDER WORLD] [--adapt ADAPTER.wat] MODULE.wasm OUTPUT.wasm
//! ```
//!
//! `--world` says what the module implements, for modules that do not carry it in a custom section. `--adapt` gives the
//! module that answers `wasi_snapshot_preview1`, as text or binary.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

const USAGE: &str = "componentize [--world WIT_FOLDER WORLD] [--adapt ADAPTER.wat] MODULE.wasm OUTPUT.wasm";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("componentize: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let mut next = || arguments.next().with_context(|| format!("too few arguments, expected {USAGE}"));
    let (mut world, mut adapter) = (None, None);
    let module = loop {
        match next()?.as_str() {
            "--world" => world = Some((PathBuf::from(next()?), next()?)),
            "--adapt" => adapter = Some(PathBuf::from(next()?)),
            module => break PathBuf::from(module),
        }
    };
    let output = PathBuf::from(next()?);
    if let Some(more) = arguments.next() {
        bail!("found `{more}` after the output, expected {USAGE}");
    }

    let mut bytes = wat::parse_file(&module)?;
    if let Some((folder, name)) = world {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_path(&folder)?;
        let world = resolve.select_world(&[package], Some(&name))?;
        wit_component::embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8, false)?;
    }
    let mut encoder = ComponentEncoder::default();
    encoder.module(&bytes).with_context(|| format!("{}: no module for a component", module.display()))?;
    if let Some(path) = adapter {
        encoder.adapter("wasi_snapshot_preview1", &wat::parse_file(&path)?)?;
    }
    let component =
        encoder.validate(true).encode().with_context(|| format!("{}: not a component", module.display()))?;
    std::fs::write(&output, component).with_context(|| output.display().to_string())
}
