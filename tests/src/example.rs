//! The configurations of `conf/`: each is served as it is, or with its targets replaced by an origin, and tried.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::case::{Answer, Step};
use crate::folder::{Folder, with_origin};
use crate::matcher::Names;
use crate::node::{self, Launch, Node};
use crate::origin::Origin;
use crate::run::{self, Scene};

/// `conf/<name>/try.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Try {
    /// What the origin answers, in order; the last answer repeats.
    #[serde(default)]
    pub origin: Vec<Answer>,
    /// Texts to replace in every `.yaml` and `.json` file before the folder is served.
    #[serde(default)]
    pub replace: BTreeMap<String, String>,
    /// Requests and what must come of them.
    pub steps: Vec<Step>,
}

/// Reads a try file: a mapping like [`Try`], or only its steps.
///
/// # Errors
/// What does not fit.
pub fn parse(text: &str) -> Result<Try, String> {
    let mapping = text.lines().any(|line| line.starts_with("steps:"));
    let read = if mapping {
        serde_saphyr::from_str(text)
    } else {
        serde_saphyr::from_str(text).map(|steps| Try { steps, ..Try::default() })
    };
    let read = read.map_err(|error| error.to_string())?;
    if read.steps.is_empty() {
        return Err("expected steps".to_owned());
    }
    read.steps.iter().try_for_each(Step::rules)?;
    Ok(read)
}

/// Checks, serves and tries one configuration; returns what was wrong.
///
/// # Panics
/// When files cannot be copied.
pub fn run(conf: &Path) -> Option<String> {
    let finished = node::run(conf, &["check", "."]);
    if finished.code != Some(0) {
        return Some(format!("edgewit check {finished}"));
    }
    let text = match fs::read_to_string(conf.join("try.yaml")) {
        Ok(text) => text,
        Err(error) => return Some(format!("try.yaml: {error}")),
    };
    match parse(&text) {
        Ok(tried) => serve(conf, &tried),
        Err(error) => Some(format!("try.yaml: {error}")),
    }
}

/// Serves and tries one configuration; returns what was wrong.
///
/// # Panics
/// When files cannot be copied.
pub fn serve(conf: &Path, tried: &Try) -> Option<String> {
    let origin = Origin::start(tried.origin.clone()).unwrap_or_else(|error| panic!("an origin: {error}"));
    let (_scratch, folder) = copy(conf, &tried.replace, &origin.authority());
    let names = Names { origin: origin.authority(), api_id: api_id(&folder) };
    match Node::launch(&folder, &Launch::default()) {
        Err(finished) => Some(format!("the node {finished}")),
        Ok(node) => {
            let scene = Scene { addr: node.listen(), log: Some(node.stdout()), origin: &origin, names };
            run::steps(&tried.steps, &scene)
        }
    }
}

/// Copies a configuration to a place where components outside of it are found as before.
fn copy(conf: &Path, replace: &BTreeMap<String, String>, origin: &str) -> (Folder, std::path::PathBuf) {
    let scratch = Folder::new();
    let workspace = crate::binary::workspace();
    let plugins = fs::canonicalize(workspace.join("plugins"));
    if let Ok(plugins) = plugins {
        std::os::unix::fs::symlink(plugins, scratch.path().join("plugins"))
            .unwrap_or_else(|error| panic!("a link to plugins: {error}"));
    }
    let name = conf.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut pending = vec![String::new()];
    while let Some(inner) = pending.pop() {
        for entry in fs::read_dir(conf.join(&inner)).into_iter().flatten().flatten() {
            let file = Path::new(&inner).join(entry.file_name()).to_string_lossy().into_owned();
            if entry.path().is_dir() {
                pending.push(file);
                continue;
            }
            let mut content = fs::read(entry.path()).unwrap_or_else(|error| panic!("{file}: {error}"));
            if (file.ends_with(".yaml") || file.ends_with(".json")) && file != "try.yaml" {
                let mut text = String::from_utf8_lossy(&content).into_owned();
                for (from, to) in replace {
                    text = text.replace(from, &with_origin(to, origin));
                }
                content = text.into_bytes();
            }
            scratch.write(&format!("conf/{name}/{file}"), content);
        }
    }
    let folder = scratch.path().join("conf").join(name);
    (scratch, folder)
}

/// The configured id of the first document, else its file name.
fn api_id(folder: &Path) -> String {
    let entries = fs::read_dir(folder.join("apis")).into_iter().flatten().flatten();
    let mut stems: Vec<_> =
        entries.filter_map(|entry| Some(entry.path().file_stem()?.to_string_lossy().into_owned())).collect();
    stems.sort();
    let stem = stems.into_iter().next().unwrap_or_default();
    let settings = fs::read_to_string(folder.join("edgewit.yaml")).unwrap_or_default();
    let settings: serde_json::Value = serde_saphyr::from_str(&settings).unwrap_or_default();
    settings["apis"][&stem]["id"].as_str().map_or(stem.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_file_is_steps_or_a_mapping_with_steps() {
        let steps = "- request: {path: /dev/a}\n  response: {status: 200}\n";
        assert_eq!(parse(steps).unwrap().steps.len(), 1);
        let mapping = format!("replace: {{a: '${{origin}}'}}\nsteps:\n{steps}");
        let read = parse(&mapping).unwrap();
        assert_eq!((read.steps.len(), read.replace["a"].as_str()), (1, "${origin}"));
        assert!(parse("[]").is_err() && parse("steps: []").is_err());
        assert!(parse("- request: {}\n  response: {status: 200}\n").is_err());
    }

    #[test]
    fn a_copy_has_its_targets_replaced() {
        let conf = Folder::new();
        conf.write("apis/pets.yaml", "uri: https://pets.example/x");
        conf.write("edgewit.yaml", "apis: {pets: {id: shop}}");
        conf.write("apis/notes.txt", "https://pets.example");
        let replace = [("https://pets.example".to_owned(), "${origin}".to_owned())].into();
        let (_scratch, copied) = copy(conf.path(), &replace, "127.0.0.1:9");
        let read = |name: &str| fs::read_to_string(copied.join(name)).unwrap();
        assert_eq!(read("apis/pets.yaml"), "uri: http://127.0.0.1:9/x");
        assert_eq!(read("apis/notes.txt"), "https://pets.example");
    }

    #[test]
    fn the_default_host_names_the_first_document() {
        let conf = Folder::new();
        conf.write("apis/b.yaml", "");
        conf.write("apis/a.json", "");
        assert_eq!(api_id(conf.path()), "a");
        conf.write("edgewit.yaml", "apis: {a: {id: shop}}");
        assert_eq!(api_id(conf.path()), "shop");
    }
}
