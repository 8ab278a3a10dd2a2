//! What a folder with a plugin's source is, and how it is built.

use std::path::{Path, PathBuf};

/// How a folder is built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Recipe {
    /// By its own script, which takes the component's path.
    Script(PathBuf),
    /// As a Rust guest.
    Rust,
}

/// Tells by the files in it.
///
/// # Errors
/// What is wrong with the folder, and what to do instead.
pub(crate) fn of(folder: &Path) -> Result<Recipe, (String, String)> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        (format!("cannot be read: {error}"), "give the folder with the plugin's source".to_owned())
    })?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let script = folder.join("build");
    if script.is_file() {
        if is_executable(&script) {
            return Ok(Recipe::Script(script));
        }
        let help = format!("chmod +x {}", script.display());
        return Err(("its `build` cannot be executed".to_owned(), help));
    }
    if names.iter().any(|name| name == "Cargo.toml") {
        return Ok(Recipe::Rust);
    }
    let shown = folder.display();
    for language in &LANGUAGES {
        if let Some(found) = names.iter().find(|name| language.is_shown_by(name)) {
            let message = format!("is {} (by {found}) without a `build` script", language.name);
            let example = language.example;
            let help = format!(
                "copy plugins/{example}/build of Edgewit's repository into it and adapt it, or run: {}\n          \
                 plugins/{example}/README.md says what that needs",
                language.command.replace("FOLDER", &shown.to_string())
            );
            return Err((message, help));
        }
    }
    let help =
        "expected an executable `build`, a Cargo.toml, or source in C, Go, JavaScript or Python".to_owned();
    Err(("holds no source of a plugin".to_owned(), help))
}

struct Language {
    name: &'static str,
    /// Files that show it, `*` standing for a name.
    files: &'static [&'static str],
    /// Which plugin of the repository shows how.
    example: &'static str,
    /// The shortest way, from the root of the repository.
    command: &'static str,
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "JavaScript",
        files: &["package.json", "*.js", "*.mjs"],
        example: "bearer-js",
        command: "plugins/tools/componentize-qjs FOLDER/wit WORLD FOLDER/ENTRY.js OUTPUT.wasm",
    },
    Language {
        name: "Go",
        files: &["go.mod", "*.go"],
        example: "bearer-go",
        command: "wit-bindgen go, go build -buildmode=c-shared with GOOS=wasip1 GOARCH=wasm, then componentize, as in \
                  plugins/bearer-go/build",
    },
    Language {
        name: "Python",
        files: &["pyproject.toml", "*.py"],
        example: "bearer-python",
        command: "componentize-py --wit-path FOLDER/wit --world WORLD componentize --stub-wasi --output OUTPUT.wasm MODULE",
    },
    Language {
        name: "C",
        files: &["*.c"],
        example: "bearer-c",
        command: "wit-bindgen c, python -m ziglang cc -target wasm32-wasi -mexec-model=reactor, then componentize, as \
                  in plugins/bearer-c/build",
    },
];

impl Language {
    fn is_shown_by(&self, name: &str) -> bool {
        self.files.iter().any(|file| match file.strip_prefix('*') {
            Some(end) => name.len() > end.len() && name.ends_with(end),
            None => name == *file,
        })
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_path: &Path) -> bool {
    true
}
