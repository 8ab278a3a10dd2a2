//! Finds the `edgewit` binary the tests run, and builds it where it is missing or older than its sources.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// The binary: `EDGEWIT_BIN`, else the one beside the running test in Cargo's target folder.
///
/// # Panics
/// When it cannot be built.
pub fn edgewit() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match env::var_os("EDGEWIT_BIN") {
        Some(path) => {
            let path =
                fs::canonicalize(&path).unwrap_or_else(|error| panic!("EDGEWIT_BIN {path:?}: {error}"));
            assert!(path.is_file(), "EDGEWIT_BIN names no file: {}", path.display());
            path
        }
        None => built(),
    })
}

/// The folder of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

fn built() -> PathBuf {
    // <target>/<profile>/deps/<test>-<hash>
    let exe = env::current_exe().unwrap_or_else(|error| panic!("the path of the running test: {error}"));
    let profile_dir = exe.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    let binary = profile_dir.join(format!("edgewit{}", env::consts::EXE_SUFFIX));
    let newest = ["proxy", "wit", "Cargo.toml", "Cargo.lock"]
        .iter()
        .filter_map(|name| newest(&workspace().join(name)));
    let stale = match (modified(&binary), newest.max()) {
        (Some(built), Some(changed)) => changed > built,
        _ => true,
    };
    if stale {
        build(profile_dir);
    }
    assert!(binary.is_file(), "cargo built no {}", binary.display());
    binary
}

fn build(profile_dir: &Path) {
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    // Past the capture of the test runner: whoever waits shall see for what.
    let notice = "building edgewit, which the black-box tests run; the first time takes minutes\n";
    drop(std::io::stderr().write_all(notice.as_bytes()));
    let target = profile_dir.parent().unwrap_or(Path::new("target"));
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--package", "edgewit", "--bin", "edgewit", "--profile", profile])
        .arg("--target-dir")
        .arg(target)
        .current_dir(workspace())
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("cargo build -p edgewit: {status}"),
        Err(error) => panic!("cargo build -p edgewit: {error}"),
    }
}

/// The latest modification below `path`.
fn newest(path: &Path) -> Option<SystemTime> {
    if !path.is_dir() {
        return modified(path);
    }
    fs::read_dir(path).ok()?.flatten().filter_map(|entry| newest(&entry.path())).max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
