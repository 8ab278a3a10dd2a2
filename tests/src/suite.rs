//! All case files together: loaded, run concurrently, compared with the list of expected failures.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::admin::Admin;
use crate::case::{self, Case};
use crate::folder::{self, Folder};
use crate::matcher::Names;
use crate::node::{self, Launch, Node};
use crate::origin::Origin;
use crate::report;
use crate::run::{self, Scene};

/// Cases that run at the same time.
const WORKERS: usize = 8;

/// A case file.
#[derive(Debug)]
pub struct CaseFile {
    /// Path relative to the folder of cases.
    pub name: String,
    /// Identifier of its API on the shared node.
    pub api_id: String,
    /// The case, or why it cannot be read.
    pub case: Result<Case, String>,
}

/// What became of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Cases as they should be.
    pub passed: Vec<String>,
    /// Cases that failed, with what was wrong.
    pub failed: BTreeMap<String, String>,
}

/// Every `*.yaml` below `folder`, in the order of their names.
///
/// # Panics
/// When a folder cannot be read.
pub fn load(folder: &Path) -> Vec<CaseFile> {
    let mut paths = Vec::new();
    collect(folder, &mut paths);
    paths.sort();
    let name = |path: &Path| path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
    let file = |(index, path): (usize, &PathBuf)| CaseFile {
        name: name(path),
        api_id: format!("case{index:04}"),
        case: fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| case::parse(&text)),
    };
    paths.iter().enumerate().map(file).collect()
}

/// What is wrong with the files as such: unreadable ones, repeated titles, folders without a case.
pub fn problems(folder: &Path, files: &[CaseFile]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
    for file in files {
        match &file.case {
            Err(error) => problems.push(format!("{}: {error}", file.name)),
            Ok(case) => {
                if let Some(other) = titles.insert(case.title.trim(), &file.name) {
                    problems.push(format!("{}: same title as {other}", file.name));
                }
            }
        }
    }
    for area in fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        let area = area.file_name().to_string_lossy().into_owned();
        if !files.iter().any(|file| file.name.starts_with(&format!("{area}/"))) {
            problems.push(format!("{area}: no case in this folder"));
        }
    }
    problems
}

/// Runs the cases whose name contains `filter`.
pub fn run(files: &[CaseFile], filter: &str) -> Outcome {
    let outcome = Mutex::new(Outcome::default());
    let record = |name: &str, failure: Option<String>| {
        if let Ok(mut outcome) = outcome.lock() {
            match failure {
                None => outcome.passed.push(name.to_owned()),
                Some(report) => drop(outcome.failed.insert(name.to_owned(), report)),
            }
        }
    };
    let mut chosen = Vec::new();
    for file in files.iter().filter(|file| file.name.contains(filter)) {
        match &file.case {
            Ok(case) => chosen.push(Prepared::new(file, case)),
            Err(error) => record(&file.name, Some(error.clone())),
        }
    }
    let (shared, alone): (Vec<_>, Vec<_>) =
        chosen.into_iter().partition(|prepared| prepared.case.shares_node());
    let (node, shared) = shared_node(shared, &record);
    in_parallel(&shared, |prepared| {
        let addr = node.as_ref().map(Node::listen);
        record(&prepared.file.name, addr.and_then(|addr| prepared.on(addr)));
    });
    drop(node);
    in_parallel(&alone, |prepared| record(&prepared.file.name, prepared.alone()));
    outcome.into_inner().unwrap_or_default()
}

/// Runs the cases whose name contains `filter` and whose API is all there is to them, with their APIs made through the
/// control plane instead of from files: the answers must be the same.
///
/// # Panics
/// When the node does not start.
pub fn run_published(files: &[CaseFile], filter: &str) -> Outcome {
    let outcome = Mutex::new(Outcome::default());
    let prepared = |file| -> Option<Prepared<'_>> {
        let file: &CaseFile = file;
        let case = file.case.as_ref().ok().filter(|case| case.shares_node())?;
        Some(Prepared::new(file, case))
    };
    let chosen: Vec<_> =
        files.iter().filter(|file| file.name.contains(filter)).filter_map(prepared).collect();
    let (folder, data) = (Folder::new(), Folder::new());
    folder.write("edgewit.yaml", "control_plane: true\n");
    let node = Node::launch(folder.path(), &Launch::with_data(data.path().join("state"), &[]));
    let node = node.unwrap_or_else(|finished| panic!("the node {finished}"));
    in_parallel(&chosen, |prepared| {
        let failure = match prepared.publish(Admin(node.admin())) {
            Ok(api_id) => prepared.at(node.listen(), api_id),
            Err(refused) => Some(refused),
        };
        if let Ok(mut outcome) = outcome.lock() {
            match failure {
                None => outcome.passed.push(prepared.file.name.clone()),
                Some(report) => drop(outcome.failed.insert(prepared.file.name.clone(), report)),
            }
        }
    });
    outcome.into_inner().unwrap_or_default()
}

/// Compares an outcome with the list of expected failures, and prints the failures and the two totals.
///
/// # Errors
/// A sentence for every case that is not as the list says.
pub fn judge(outcome: &Outcome, files: &[CaseFile], expected_failures: &str) -> Result<String, String> {
    let mut wrong = Vec::new();
    let mut expected = BTreeSet::new();
    for line in
        expected_failures.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        match line.split_once('#') {
            Some((name, reason)) if !reason.trim().is_empty() => {
                let name = name.trim();
                expected.insert(name);
                if !files.iter().any(|file| file.name == name) {
                    wrong.push(format!("{name} is in the list of expected failures but is no case"));
                }
            }
            _ => wrong.push(format!("the list of expected failures gives no `# reason` in {line:?}")),
        }
    }
    let mut text = String::new();
    for (name, report) in outcome.failed.iter().filter(|(name, _)| !expected.contains(name.as_str())) {
        let title = files.iter().find(|file| file.name == *name).and_then(|file| file.case.as_ref().ok());
        let title = title.map_or("", |case| case.title.as_str());
        _ = writeln!(text, "FAIL {name}: {title}\n{}\n", report::indented(report, 4));
        wrong.push(format!("{name} failed"));
    }
    for name in outcome.passed.iter().filter(|name| expected.contains(name.as_str())) {
        wrong.push(format!("{name} passed: remove it from the list of expected failures"));
    }
    let known = outcome.failed.keys().filter(|name| expected.contains(name.as_str())).count();
    _ = write!(text, "{} passed, {} failed", outcome.passed.len(), outcome.failed.len());
    if known > 0 {
        _ = write!(text, " ({known} of them expected)");
    }
    text.push('\n');
    match wrong.is_empty() {
        true => Ok(text),
        false => Err(format!("{text}{}\n", wrong.join("\n"))),
    }
}

/// A case with its origin running.
struct Prepared<'a> {
    file: &'a CaseFile,
    case: &'a Case,
    origin: Origin,
}

impl<'a> Prepared<'a> {
    fn new(file: &'a CaseFile, case: &'a Case) -> Self {
        let origin = Origin::start(case.origin.clone()).unwrap_or_else(|error| panic!("an origin: {error}"));
        Self { file, case, origin }
    }

    fn on(&self, addr: std::net::SocketAddr) -> Option<String> {
        self.at(addr, self.file.api_id.clone())
    }

    /// Makes the API and its stage; the id of the API.
    fn publish(&self, admin: Admin) -> Result<String, String> {
        let origin = self.origin.authority();
        let said = |response: crate::client::Response| format!("{} {}", response.status, response.text());
        let document = folder::with_origin(self.case.api.as_deref().unwrap_or_default(), &origin);
        let made = admin.send_text("POST", "/restapis?mode=import", &document);
        if made.status != 201 {
            return Err(format!("the import was answered {}", said(made)));
        }
        let made: serde_json::Value =
            serde_json::from_str(&made.text()).map_err(|error| error.to_string())?;
        let id = made["id"].as_str().unwrap_or_default().to_owned();
        let variables = self.case.stage_variables.iter();
        let variables: BTreeMap<_, _> =
            variables.map(|(name, value)| (name, folder::with_origin(value, &origin))).collect();
        let stage = serde_json::json!({"stageName": "dev", "variables": variables});
        let deployed = admin.send("POST", &format!("/restapis/{id}/deployments"), &stage);
        if deployed.status == 201 {
            Ok(id)
        } else {
            Err(format!("the deployment was answered {}", said(deployed)))
        }
    }

    fn at(&self, addr: std::net::SocketAddr, api_id: String) -> Option<String> {
        let names = Names { origin: self.origin.authority(), api_id };
        run::steps(&self.case.steps, &Scene { addr, log: None, origin: &self.origin, names })
    }

    fn alone(&self) -> Option<String> {
        let (folder, names) = folder::of_case(self.case, &self.origin.authority());
        if let Some(check) = &self.case.check {
            let finished = node::run(folder.path(), &["check", "."]);
            return run::check(check, &finished, &folder.path().to_string_lossy());
        }
        match Node::launch(folder.path(), &Launch::default()) {
            Err(finished) => Some(format!("the node {finished}")),
            Ok(node) => {
                let scene =
                    Scene { addr: node.listen(), log: Some(node.stdout()), origin: &self.origin, names };
                run::steps(&self.case.steps, &scene)
            }
        }
    }
}

/// Starts the node that the cases share. Where it refuses, each document is checked by itself and only those that
/// pass are served, so that one bad document fails one case.
fn shared_node<'a>(
    cases: Vec<Prepared<'a>>,
    record: &(impl Fn(&str, Option<String>) + Sync),
) -> (Option<Node>, Vec<Prepared<'a>>) {
    if cases.is_empty() {
        return (None, cases);
    }
    let launch = |cases: &[Prepared<'_>]| {
        let origins: Vec<_> = cases.iter().map(|prepared| prepared.origin.authority()).collect();
        let list = cases
            .iter()
            .zip(&origins)
            .map(|(one, origin)| (one.file.api_id.as_str(), one.case, origin.as_str()));
        let folder: Folder = folder::of_cases(list);
        Node::launch(folder.path(), &Launch::default()).map(|node| (node, folder))
    };
    let refused = match launch(&cases) {
        Ok((node, _)) => return (Some(node), cases),
        Err(finished) => finished,
    };
    let rejected = Mutex::new(BTreeSet::new());
    in_parallel(&cases, |prepared| {
        let origin = prepared.origin.authority();
        let folder =
            folder::of_cases([(prepared.file.api_id.as_str(), prepared.case, origin.as_str())].into_iter());
        let finished = node::run(folder.path(), &["check", "."]);
        if finished.code != Some(0) {
            record(&prepared.file.name, Some(format!("edgewit check {finished}")));
            rejected.lock().map(|mut rejected| rejected.insert(prepared.file.name.clone())).ok();
        }
    });
    let rejected = rejected.into_inner().unwrap_or_default();
    let cases: Vec<_> =
        cases.into_iter().filter(|prepared| !rejected.contains(&prepared.file.name)).collect();
    let again = if rejected.is_empty() { Err(refused) } else { launch(&cases) };
    match again {
        Ok((node, _)) => (Some(node), cases),
        Err(finished) => {
            for prepared in &cases {
                record(&prepared.file.name, Some(format!("the shared node {finished}")));
            }
            (None, Vec::new())
        }
    }
}

fn in_parallel<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..WORKERS.min(items.len()) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            paths.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(list: &[(&str, &str)]) -> (Folder, Vec<CaseFile>) {
        let folder = Folder::new();
        for (name, title) in list {
            let text = format!("title: {title}\nbasis: chosen\nprose: P\napi: A\ncheck: {{exit: 0}}");
            folder.write(name, text);
        }
        let files = load(folder.path());
        (folder, files)
    }

    #[test]
    fn files_are_judged_before_they_run() {
        let (folder, files) =
            cases(&[("a/one.yaml", "T"), ("a/two.yaml", "T"), ("b/bad.yaml", "["), ("c/note.txt", "")]);
        assert_eq!(
            files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(),
            ["a/one.yaml", "a/two.yaml", "b/bad.yaml"]
        );
        let problems = problems(folder.path(), &files);
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert_eq!(problems[0], "a/two.yaml: same title as a/one.yaml");
        assert!(problems[1].starts_with("b/bad.yaml: "));
        assert_eq!(problems[2], "c: no case in this folder");
    }

    #[test]
    fn the_list_of_expected_failures_can_only_shrink() {
        let (_folder, files) = cases(&[("a.yaml", "A"), ("b.yaml", "B"), ("c.yaml", "C")]);
        let failed = [("b.yaml".to_owned(), "wrong".to_owned())].into();
        let outcome = Outcome { passed: vec!["a.yaml".into(), "c.yaml".into()], failed };
        assert_eq!(
            judge(&outcome, &files, "b.yaml # not yet").unwrap(),
            "2 passed, 1 failed (1 of them expected)\n"
        );
        let unlisted = judge(&outcome, &files, "").unwrap_err();
        assert!(
            unlisted.starts_with("FAIL b.yaml: B\n    wrong\n\n2 passed, 1 failed\nb.yaml failed\n"),
            "{unlisted}"
        );
        let stale =
            judge(&outcome, &files, "b.yaml # not yet\nc.yaml # not yet\nd.yaml # gone\na.yaml").unwrap_err();
        for expected in ["c.yaml passed: remove it", "d.yaml is in the list", "no `# reason` in \"a.yaml\""] {
            assert!(stale.contains(expected), "{stale}");
        }
    }
}
