//! Imports documents and prints what came of them: `cargo run --example import -- FILE…`,
//! or every file of the folder that `EDGEWIT_DOCUMENTS` names.
//! Arguments of the form `NAME=VALUE` are parameters for what a CloudFormation template left open.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use edgewit_model::{ImportOptions, Severity, import};
use std::path::PathBuf;
use std::time::Instant;

fn main() {
    let mut options = ImportOptions::default();
    options.limits.document_bytes = 256 * 1024 * 1024;
    let mut files: Vec<PathBuf> = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some((name, value)) => {
                options.parameters.insert(name.to_owned(), value.to_owned());
            }
            None => files.push(PathBuf::from(argument)),
        }
    }
    if let Some(folder) = std::env::var_os("EDGEWIT_DOCUMENTS") {
        match std::fs::read_dir(&folder) {
            Ok(entries) => files.extend(entries.flatten().map(|entry| entry.path())),
            Err(error) => eprintln!("{}: {error}", folder.display()),
        }
    }
    files.sort();
    for file in files {
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                continue;
            }
        };
        let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let start = Instant::now();
        let imported = import(&name, &text, &options);
        let elapsed = start.elapsed();
        let count = |severity| imported.findings.iter().filter(|f| f.severity == severity).count();
        let size = match &imported.api {
            Some(api) => {
                let methods: usize = api.resources.iter().map(|r| r.methods.len()).sum();
                format!(
                    "imported: {} resources, {methods} methods, {} models",
                    api.resources.len(),
                    api.models.len()
                )
            }
            None => "refused".to_owned(),
        };
        println!(
            "=== {name}: {size}; {} errors, {} warnings, {} notes; {} bytes in {elapsed:.1?}",
            count(Severity::Error),
            count(Severity::Warning),
            count(Severity::Note),
            text.len(),
        );
        for finding in &imported.findings {
            println!("{finding}");
        }
    }
}
