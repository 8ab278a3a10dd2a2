//! Configuration folders in the temporary directory, removed when dropped.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::binary::workspace;
use crate::case::Case;
use crate::matcher::Names;

/// A folder of its own below the temporary directory.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// An empty folder.
    ///
    /// # Panics
    /// When it cannot be created.
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("edgewit-tests-{}-{number}", process::id()));
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // The node may print resolved paths; resolving here keeps prefixes comparable.
        let path = fs::canonicalize(&path).unwrap_or(path);
        Self { path }
    }

    /// A folder with one API, `apis/api.yaml`.
    pub fn with_api(document: &str) -> Self {
        let folder = Self::new();
        folder.write("apis/api.yaml", document);
        folder
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file in place, as some editors do.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).unwrap_or_else(|error| panic!("{}: {error}", parent.display()));
        }
        fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Replaces a file by renaming a new one over it, as other editors and deployment tools do.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn replace(&self, name: &str, content: impl AsRef<[u8]>) {
        let new = format!("{name}.new~");
        self.write(&new, content);
        let (from, to) = (self.path.join(new), self.path.join(name));
        fs::rename(&from, &to).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
    }
}

/// Puts the names of a case's origin, and the folder of prebuilt components, into a text of it.
pub fn with_origin(text: &str, origin: &str) -> String {
    text.replace("${origin.host}", origin)
        .replace("${origin}", &format!("http://{origin}"))
        .replace("${plugins}", &workspace().join("plugins/prebuilt").to_string_lossy())
}

/// The folder of a case with a node of its own, and the names in it.
pub fn of_case(case: &Case, origin: &str) -> (Folder, Names) {
    let folder = Folder::new();
    if let Some(api) = &case.api {
        folder.write("apis/api.yaml", with_origin(api, origin));
    }
    for (name, text) in &case.config {
        folder.write(name, with_origin(text, origin));
    }
    let mut api_id = configured_id(case).unwrap_or_else(|| "api".to_owned());
    if !case.stage_variables.is_empty() {
        folder.write("edgewit.yaml", settings([("api", &case.stage_variables)].into_iter(), origin));
    }
    if case.api.is_none()
        && let Some(stem) =
            case.config.keys().find_map(|name| Path::new(name.strip_prefix("apis/")?).file_stem())
        && configured_id(case).is_none()
    {
        api_id = stem.to_string_lossy().into_owned();
    }
    (folder, Names { origin: origin.to_owned(), api_id })
}

/// One folder for many cases: identifier, case, and HOST:PORT of its origin.
pub fn of_cases<'a>(cases: impl Iterator<Item = (&'a str, &'a Case, &'a str)>) -> Folder {
    let folder = Folder::new();
    let mut apis = serde_json::Map::new();
    for (id, case, origin) in cases {
        folder
            .write(&format!("apis/{id}.yaml"), with_origin(case.api.as_deref().unwrap_or_default(), origin));
        if !case.stage_variables.is_empty() {
            apis.insert(id.to_owned(), stages(&case.stage_variables, origin));
        }
    }
    folder.write("edgewit.yaml", json!({ "apis": apis }).to_string());
    folder
}

fn settings<'a>(apis: impl Iterator<Item = (&'a str, &'a BTreeMap<String, String>)>, origin: &str) -> String {
    let apis: serde_json::Map<_, _> =
        apis.map(|(id, variables)| (id.to_owned(), stages(variables, origin))).collect();
    json!({ "apis": apis }).to_string()
}

fn stages(variables: &BTreeMap<String, String>, origin: &str) -> serde_json::Value {
    let variables: BTreeMap<_, _> =
        variables.iter().map(|(name, value)| (name, with_origin(value, origin))).collect();
    json!({ "stages": { "dev": { "variables": variables } } })
}

/// `apis.<stem>.id` of a case's own `edgewit.yaml`; the case's document has the stem `api`.
fn configured_id(case: &Case) -> Option<String> {
    let settings: serde_json::Value = serde_saphyr::from_str(case.config.get("edgewit.yaml")?).ok()?;
    let apis = settings.get("apis")?;
    let api = apis.get("api").or_else(|| apis.as_object()?.values().next())?;
    Some(api.get("id")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::parse;

    fn case(rest: &str) -> Case {
        let steps = "steps: [{request: {path: /}, response: {status: 200}}]";
        parse(&format!("title: T\nbasis: chosen\nprose: P\n{steps}\n{rest}")).unwrap()
    }

    fn read(folder: &Folder, name: &str) -> String {
        fs::read_to_string(folder.path().join(name)).unwrap()
    }

    #[test]
    fn a_case_of_its_own_brings_its_files() {
        let case = case(
            "api: 'uri: ${origin}/a ${origin.host} ${stageVariables.x}'\nconfig: {edgewit.yaml: 'apis: {api: {id: abc}}', plugins.yaml: x}",
        );
        let (folder, names) = of_case(&case, "127.0.0.1:9");
        assert_eq!(
            read(&folder, "apis/api.yaml"),
            "uri: http://127.0.0.1:9/a 127.0.0.1:9 ${stageVariables.x}"
        );
        assert_eq!((names.api_id.as_str(), read(&folder, "plugins.yaml").as_str()), ("abc", "x"));
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn the_identifier_is_the_stem_when_none_is_configured() {
        let case = case("config: {apis/pets.json: x}");
        assert_eq!(of_case(&case, "o").1.api_id, "pets");
    }

    #[test]
    fn cases_share_a_folder_and_keep_their_variables() {
        let case = case("api: A\nstage_variables: {backend: '${origin.host}'}");
        let folder = of_cases([("case0007", &case, "127.0.0.1:9")].into_iter());
        let expected = r#"{"apis":{"case0007":{"stages":{"dev":{"variables":{"backend":"127.0.0.1:9"}}}}}}"#;
        assert_eq!(
            (read(&folder, "apis/case0007.yaml").as_str(), read(&folder, "edgewit.yaml").as_str()),
            ("A", expected)
        );
    }
}
