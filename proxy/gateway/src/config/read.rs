//! Reads a configuration folder (or a single OpenAPI file) into memory.

use super::files::{APIS, FUNCTIONS, LATER, NODE, PLUGINS};
use super::{FunctionsFile, NodeFile, PluginsFile};
use edgewit_model::{Finding, Location};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// Bytes of one configuration file other than an API document.
pub(crate) const CONFIG_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes of one component.
pub(crate) const COMPONENT_BYTES: u64 = 64 * 1024 * 1024;

/// Everything a configuration folder holds, read and parsed, not yet compiled.
#[derive(Debug, Default)]
pub struct Folder {
    /// `edgewit.yaml`.
    pub node: NodeFile,
    /// `plugins.yaml`.
    pub plugins: PluginsFile,
    /// `functions.yaml`.
    pub functions: FunctionsFile,
    /// API documents: file name without extension, path as shown to the user, text.
    pub apis: Vec<(String, String, String)>,
    /// Components by the path that `plugins.yaml` gives.
    pub components: BTreeMap<PathBuf, Component>,
    /// Whether a single file is served, not a folder.
    pub single_file: bool,
    /// All files that were read: what a change must be looked for in.
    pub watched: Vec<PathBuf>,
    /// A hash of each file's bytes, by the name shown to the user.
    pub hashes: BTreeMap<String, u64>,
}

impl Folder {
    fn note(&mut self, shown: &str, bytes: &[u8]) {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        self.hashes.insert(shown.to_owned(), hasher.finish());
    }
}

/// A component's bytes, or why there are none.
pub type Component = Result<Vec<u8>, String>;

/// Reads `conf`, a folder or one OpenAPI file. Never fails: what cannot be read is a finding.
pub fn load(conf: &Path) -> (Folder, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut folder = Folder::default();
    match std::fs::metadata(conf) {
        Ok(meta) if meta.is_dir() => load_folder(conf, &mut folder, &mut findings),
        Ok(_) => {
            folder.single_file = true;
            load_document(conf, &conf.display().to_string(), &mut folder, &mut findings);
        }
        Err(error) => findings.push(
            Finding::error("conf-missing", &whole(conf), format!("cannot be read: {error}"))
                .with_help("give a configuration folder or one OpenAPI file"),
        ),
    }
    (folder, findings)
}

fn load_folder(conf: &Path, folder: &mut Folder, findings: &mut Vec<Finding>) {
    folder.node = parse_file(conf, NODE, folder, findings);
    folder.plugins = parse_file(conf, PLUGINS, folder, findings);
    folder.functions = parse_file(conf, FUNCTIONS, folder, findings);
    for name in LATER {
        let path = conf.join(name);
        if path.exists() {
            findings.push(
                Finding::error("unavailable-file", &shown(name), "this version does not read this file")
                    .with_help("remove it: serving without what it asks for would be unsafe"),
            );
        }
    }
    load_documents(conf, folder, findings);
    let components: Vec<PathBuf> =
        folder.plugins.plugins.values().map(|plugin| plugin.value.component.clone()).collect();
    for component in components {
        let path = conf.join(&component);
        let bytes = read_bounded(&path, COMPONENT_BYTES).map_err(|error| error.to_string());
        folder.note(&component.display().to_string(), bytes.as_deref().unwrap_or_default());
        folder.components.insert(component, bytes);
        folder.watched.push(path);
    }
    if let Some(ca_file) = folder.node.ca_file.clone() {
        let path = conf.join(&ca_file);
        let shown = ca_file.display().to_string();
        folder.note(&shown, &read_bounded(&path, CONFIG_FILE_BYTES).unwrap_or_default());
        folder.watched.push(path);
    }
}

const APIS_HELP: &str = "put OpenAPI documents (.yaml, .yml, .json) into the folder apis/, or say `control_plane: true` in edgewit.yaml and make APIs through that";

fn load_documents(conf: &Path, folder: &mut Folder, findings: &mut Vec<Finding>) {
    let apis = conf.join(APIS);
    // Whoever says that there is a control plane may mean to make all APIs with it.
    let made_elsewhere = folder.node.control_plane == Some(true);
    let mut paths: Vec<PathBuf> = match std::fs::read_dir(&apis) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound && made_elsewhere => return,
        Err(error) => {
            let finding = Finding::error("apis-missing", &shown(APIS), format!("cannot be read: {error}"));
            findings.push(finding.with_help(APIS_HELP));
            return;
        }
    };
    paths.retain(|path| {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let document = path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        document && !hidden
    });
    paths.sort();
    if paths.is_empty() && !made_elsewhere {
        let finding = Finding::error("apis-missing", &shown(APIS), "holds no document");
        findings.push(finding.with_help(APIS_HELP));
    }
    for path in paths {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        load_document(&path, &format!("{APIS}/{name}"), folder, findings);
    }
}

fn load_document(path: &Path, shown_as: &str, folder: &mut Folder, findings: &mut Vec<Finding>) {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    folder.watched.push(path.to_path_buf());
    // The document limit is checked at import, where it is configured; this bound only keeps a
    // wrong path (a disk image, say) from being read into memory.
    match read_bounded(path, 1024 * 1024 * 1024).and_then(utf8) {
        Ok(text) => {
            folder.note(shown_as, text.as_bytes());
            folder.apis.push((stem, shown_as.to_owned(), text));
        }
        Err(error) => findings.push(Finding::error(
            "file-unreadable",
            &shown(shown_as),
            format!("cannot be read: {error}"),
        )),
    }
}

fn parse_file<T: DeserializeOwned + Default>(
    conf: &Path,
    name: &str,
    folder: &mut Folder,
    findings: &mut Vec<Finding>,
) -> T {
    let path = conf.join(name);
    folder.watched.push(path.clone());
    let text = match read_bounded(&path, CONFIG_FILE_BYTES).and_then(utf8) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return T::default(),
        Err(error) => {
            findings.push(Finding::error(
                "file-unreadable",
                &shown(name),
                format!("cannot be read: {error}"),
            ));
            return T::default();
        }
    };
    folder.note(name, text.as_bytes());
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return T::default();
    }
    match serde_saphyr::from_str(&text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let at = error.location().map_or_else(
                || shown(name),
                |l| Location {
                    file: name.into(),
                    line: u32::try_from(l.line()).unwrap_or(0),
                    column: u32::try_from(l.column()).unwrap_or(0),
                },
            );
            // The rendered error begins with its own location and ends with a source excerpt.
            let message = error.without_snippet().to_string();
            let message = message.lines().next().unwrap_or_default();
            let message = message.split(" at line ").next().unwrap_or(message);
            findings.push(Finding::error("config-invalid", &at, message.to_owned()));
            T::default()
        }
    }
}

fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    use io::Read;
    let file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("more than {limit} bytes")));
    }
    Ok(bytes)
}

fn utf8(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn shown(name: &str) -> Location {
    Location { file: name.into(), line: 0, column: 0 }
}

fn whole(path: &Path) -> Location {
    shown(&path.display().to_string())
}
