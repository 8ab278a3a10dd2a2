//! `edgewit plugin build`.

use super::args::Build;
use super::open::{self, Bench, whole};
use super::recipe::{self, Recipe};
use super::report;
use crate::show;
use crate::{ENVIRONMENT, INPUT};
use edgewit_model::Finding;
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What guests are compiled for.
const TARGET: &str = "wasm32-unknown-unknown";
/// Wraps the linked module into a component. Comes with rustup's stable toolchain.
const LINKER: &str = "wasm-component-ld";
/// Where cargo reads it.
const LINKER_VARIABLE: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER";

/// Why nothing was built.
enum Failure {
    /// The source's fault.
    Input(Finding),
    /// This machine's.
    Environment(String),
}

pub(crate) fn run(build: &Build) -> u8 {
    match built(build).and_then(|output| inspected(&output)) {
        Ok(line) => {
            show::out(&line);
            0
        }
        Err(Failure::Input(finding)) => {
            show::err(&finding.to_string());
            INPUT
        }
        Err(Failure::Environment(message)) => {
            show::err(&format!("edgewit: {message}"));
            ENVIRONMENT
        }
    }
}

fn wrong(path: &Path, message: impl Into<String>) -> Finding {
    Finding::error("plugin-build", &whole(path), message.into())
}

fn built(build: &Build) -> Result<PathBuf, Failure> {
    let folder = &build.folder;
    let recipe = recipe::of(folder)
        .map_err(|(message, help)| Failure::Input(wrong(folder, message).with_help(help)))?;
    let absolute = std::fs::canonicalize(folder)
        .map_err(|error| Failure::Input(wrong(folder, format!("cannot be read: {error}"))))?;
    let output = match &build.output {
        Some(output) => output.clone(),
        None => {
            let name = absolute.file_name().map_or_else(|| "plugin".into(), |name| name.to_string_lossy());
            folder.join(format!("{}.wasm", name.replace('-', "_")))
        }
    };
    let output = std::path::absolute(&output)
        .map_err(|error| Failure::Environment(format!("{}: {error}", output.display())))?;
    match recipe {
        Recipe::Script(_) => run_script(&absolute, folder, &output)?,
        Recipe::Rust => cargo(&absolute, folder, &output)?,
    }
    Ok(output)
}

fn run_script(absolute: &Path, folder: &Path, output: &Path) -> Result<(), Failure> {
    let script = absolute.join("build");
    let status = Command::new(&script).arg(output).current_dir(absolute).stdin(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => {}
        // Build scripts say with 3 that the machine lacks something, as this command does.
        Ok(status) if status.code() == Some(i32::from(ENVIRONMENT)) => {
            let shown = folder.join("build");
            return Err(Failure::Environment(format!(
                "{} says that this machine lacks something; the lines above say what",
                shown.display()
            )));
        }
        Ok(status) => {
            let message = format!("its `build` ended with {status}");
            let finding = wrong(folder, message)
                .with_help("the lines above are its own; it must write the component to its first argument");
            return Err(Failure::Input(finding));
        }
        Err(error) => {
            return Err(Failure::Environment(format!("{} cannot be run: {error}", script.display())));
        }
    }
    if output.is_file() {
        return Ok(());
    }
    let message = format!("its `build` ended well and wrote no {}", output.display());
    Err(Failure::Input(wrong(folder, message).with_help("it must write the component to its first argument")))
}

/// Standard output of a tool.
fn ask(tool: &mut Command) -> Result<String, String> {
    let name = tool.get_program().to_string_lossy().into_owned();
    let output = tool.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{name} cannot be run: {error}; it comes with rustup"))?;
    if !output.status.success() {
        return Err(format!("{name} ended with {}; the lines above are its own", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The compiler that cargo will use.
fn rustc(arguments: &[&str]) -> Result<String, Failure> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    ask(Command::new(rustc).args(arguments)).map_err(Failure::Environment)
}

/// The Rust recipe, as in plugins/build.
fn cargo(absolute: &Path, folder: &Path, output: &Path) -> Result<(), Failure> {
    let manifest = absolute.join("Cargo.toml");
    let mut metadata = Command::new("cargo");
    metadata.args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"]).arg(&manifest);
    let metadata = match ask(&mut metadata) {
        Ok(text) => text,
        Err(message) if message.contains("cannot be run") => return Err(Failure::Environment(message)),
        Err(message) => return Err(Failure::Input(wrong(&folder.join("Cargo.toml"), message))),
    };
    let library = library(&metadata, &manifest).map_err(|(message, help)| {
        Failure::Input(wrong(&folder.join("Cargo.toml"), message).with_help(help))
    })?;
    let linker = require_target()?;
    let status = Command::new("cargo")
        .args(["build", "--release", "--target", TARGET, "--manifest-path"])
        .arg(&manifest)
        .env(LINKER_VARIABLE, linker)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags(&library.workspace))
        .current_dir(absolute)
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(_) => {
            let finding = wrong(folder, "does not build").with_help("the lines above are the compiler's");
            return Err(Failure::Input(finding));
        }
        Err(error) => return Err(Failure::Environment(format!("cargo cannot be run: {error}"))),
    }
    let made = library.target_directory.join(TARGET).join("release").join(format!("{}.wasm", library.name));
    std::fs::copy(&made, output)
        .map(drop)
        .map_err(|error| Failure::Environment(format!("{} cannot be written: {error}", output.display())))
}

/// Room for the heap from the start, and no path of this machine in panic messages.
fn flags(workspace: &Path) -> String {
    let mut flags = vec!["-Clink-arg=--initial-memory=2097152".to_owned()];
    let mut remap =
        |from: &Path, to: &str| flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home);
    let sources = home.map(|home| home.join("registry/src"));
    if let Some(sources) = &sources {
        remap(sources, "/crates");
    }
    remap(workspace, "/plugins");
    // Registries have folders of their own below that, with a name and a number in them.
    let registries = sources.and_then(|sources| std::fs::read_dir(sources).ok());
    for registry in registries.into_iter().flatten().flatten() {
        remap(&registry.path(), "/crates");
    }
    flags.join(" ")
}

/// The linker. The compiler must know the target, and the linker must be there.
fn require_target() -> Result<OsString, Failure> {
    let sysroot = PathBuf::from(rustc(&["--print", "sysroot"])?);
    if !sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
        return Err(Failure::Environment(format!(
            "the compiler does not know the target {TARGET}\n    help: rustup target add {TARGET}\n          where \
             rustup cannot fetch it, `plugins/build --debian` in Edgewit's repository builds guests with Debian's \
             compiler"
        )));
    }
    if let Some(chosen) = std::env::var_os(LINKER_VARIABLE) {
        return Ok(chosen);
    }
    let version = rustc(&["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let linker = sysroot.join("lib/rustlib").join(host).join("bin").join(LINKER);
    if linker.is_file() {
        return Ok(LINKER.into());
    }
    Err(Failure::Environment(format!(
        "found no {}\n    help: it comes with rustup's stable toolchain: rustup update stable",
        linker.display()
    )))
}

struct Library {
    name: String,
    workspace: PathBuf,
    target_directory: PathBuf,
}

/// The cdylib of the package with this manifest.
fn library(metadata: &str, manifest: &Path) -> Result<Library, (String, String)> {
    let metadata: Value = serde_json::from_str(metadata).map_err(|error| {
        (format!("cargo metadata says what is no JSON: {error}"), "update cargo".to_owned())
    })?;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = packages
        .iter()
        .find(|package| package["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest));
    let Some(package) = own else {
        let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
        let message = "is a workspace without a package of its own".to_owned();
        return Err((message, format!("give the folder of one of its members: {}", names.join(", "))));
    };
    let targets = package["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_cdylib = |target: &&Value| {
        target["crate_types"].as_array().is_some_and(|types| types.iter().any(|kind| kind == "cdylib"))
    };
    match targets.iter().find(is_cdylib).and_then(|target| target["name"].as_str()) {
        Some(name) => Ok(Library {
            name: name.replace('-', "_"),
            workspace: metadata["workspace_root"].as_str().map_or_else(|| manifest.into(), PathBuf::from),
            target_directory: metadata["target_directory"].as_str().unwrap_or("target").into(),
        }),
        None => Err((
            "has no library of the crate type `cdylib`".to_owned(),
            "write `[lib]` and `crate-type = [\"cdylib\"]`, as plugins/bearer-rust/Cargo.toml does"
                .to_owned(),
        )),
    }
}

/// World and size of what was built.
fn inspected(output: &Path) -> Result<String, Failure> {
    let bytes = open::read(output).map_err(Failure::Input)?;
    let bench = Bench::new().map_err(Failure::Environment)?;
    let outline =
        bench.host.outline(&bytes).map_err(|error| Failure::Input(open::explain(output, &error)))?;
    let worlds: Vec<&str> = outline.worlds.iter().map(|world| world.name()).collect();
    if worlds.is_empty() {
        let error = edgewit_plugin::LoadError::NoWorld { exports: outline.exports };
        return Err(Failure::Input(open::explain(output, &error)));
    }
    Ok(format!("{}: {}, {}", output.display(), worlds.join(", "), report::size(bytes.len())))
}
