//! Importing API documents and compiling their stages.

use super::Overrides;
use super::plugins::LoadedPlugins;
use crate::config::{Folder, StageFile, files};
use crate::node::admin_address;
use edgewit_mapping::template::named;
use edgewit_model::import::{ImportOptions, import as import_document};
use edgewit_model::stage::{Deployment, Stage};
use edgewit_model::{Finding, Location};
use edgewit_plan::{Binding, Limits, Options, Plan, UnavailableRoutes, compile as compile_stage};
use indexmap::IndexMap;
use serde_saphyr::Spanned;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Default name of a stage.
const STAGE: &str = "dev";

/// A stage to compile.
pub(super) struct Named {
    stage: Stage,
    /// The document, as it is shown to the user.
    file: Arc<str>,
    /// The document had no errors; otherwise the stage is compiled for its findings only.
    whole: bool,
}

/// Whether a compiler's finding about a document with errors is more than a consequence of those:
/// these are the checks that import leaves to it.
fn adds_to_import(finding: &Finding) -> bool {
    // What import could not resolve stands in the text as it was, and has its finding.
    if finding.message.contains("${") {
        return false;
    }
    finding.code.starts_with("unavailable-")
        || matches!(
            finding.code,
            "integration-missing"
                | "mapping-invalid"
                | "pattern-invalid"
                | "model-invalid"
                | "policy-invalid"
        )
}

/// Imports every document and makes its stages.
pub(super) fn import(folder: &Folder, overrides: &Overrides, findings: &mut Vec<Finding>) -> Vec<Named> {
    check_names(folder, findings);
    let options = import_options(folder);
    let mut stages = Vec::new();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for (stem, shown, text) in &folder.apis {
        let imported = import_document(shown, text, &options);
        findings.extend(imported.findings);
        let settings = folder.node.apis.get(stem);
        let id = settings.and_then(|settings| settings.value.id.clone()).unwrap_or_else(|| api_id(stem));
        if !valid_id(&id) {
            let message =
                format!("`apis.{stem}.id`: found `{id}`, expected 1 to 63 lower-case letters, digits or `-`");
            let at = settings.map_or_else(node_file, |settings| located(files::NODE, settings));
            findings.push(Finding::error("api-id-invalid", &at, message));
            continue;
        }
        if let Some(other) = ids.insert(id.clone(), shown.clone()) {
            let message = format!("the API id `{id}` is that of {other} too");
            let finding = Finding::error(
                "api-id-twice",
                &Location { file: (&**shown).into(), line: 0, column: 0 },
                message,
            );
            findings.push(
                finding
                    .with_help(format!("give one of them another id: `apis.{stem}.id` in {}", files::NODE)),
            );
            continue;
        }
        // A document with errors is compiled too, for what else there is to find; it is never served,
        // because its errors keep every generation from being made.
        let whole = imported.api.is_some();
        let Some(api) = imported.api.or(imported.partial) else { continue };
        let deployment = Deployment { id: short_hash(text, 6), api: Arc::new(api) };
        let file: Arc<str> = shown.as_str().into();
        let made = make_stages(folder, overrides, stem, &id, &deployment, findings).into_iter();
        stages.extend(made.map(|stage| Named { stage, file: Arc::clone(&file), whole }));
    }
    for (stem, settings) in &folder.node.apis {
        if !folder.apis.iter().any(|(known, _, _)| known == stem) {
            let message = format!("`apis.{stem}`: there is no document of this name below {}/", files::APIS);
            findings.push(Finding::error("api-unknown", &located(files::NODE, settings), message));
        }
    }
    stages
}

fn make_stages(
    folder: &Folder,
    overrides: &Overrides,
    stem: &str,
    id: &str,
    deployment: &Deployment,
    findings: &mut Vec<Finding>,
) -> Vec<Stage> {
    let node = &folder.node;
    let configured = node.apis.get(stem).map(|api| &api.value.stages).into_iter().flatten();
    let mut configured: Vec<(String, Location, StageFile)> = configured
        .map(|(name, stage)| (name.clone(), located(files::NODE, stage), stage.value.clone()))
        .collect();
    if configured.is_empty() {
        let of_node = || node.stage.as_ref().map(|stage| (stage.value.clone(), located(files::NODE, stage)));
        let of_flag = overrides.stage.clone().map(|stage| (stage, flag("--stage")));
        let (name, at) = of_flag.or_else(of_node).unwrap_or_else(|| (STAGE.to_owned(), node_file()));
        configured.push((name, at, StageFile::default()));
    }
    let mut stages = Vec::new();
    for (name, at, settings) in configured {
        if !is_stage_name(&name) {
            let message = format!("stage `{name}`: expected 1 to 128 letters, digits, `_` or `-`");
            findings.push(Finding::error("stage-name-invalid", &at, message));
            continue;
        }
        let given = overrides.stage_variables.clone();
        let variables = settings.variables.into_iter().chain(given);
        let format = settings.access_log.format.as_ref().or(node.access_log.format.as_ref());
        stages.push(Stage {
            rest_api_id: id.to_owned(),
            name,
            deployment: deployment.clone(),
            variables: variables.collect::<IndexMap<_, _>>(),
            access_log_format: access_log_format(format),
            account_id: node.account().to_owned(),
            region: node.region().to_owned(),
        });
    }
    stages
}

/// Stages as the control plane shows them: file, stage, and the time of the file's last change in seconds since 1970.
pub(super) fn shown(stages: Vec<Named>, folder: &Folder) -> Vec<(Arc<str>, Stage, u64)> {
    let changed = |file: &str| {
        let path = folder.watched.iter().find(|path| path.ends_with(file))?;
        let time = std::fs::metadata(path).and_then(|meta| meta.modified()).ok()?;
        Some(time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs())
    };
    stages
        .into_iter()
        .map(|named| {
            let since = changed(&named.file).unwrap_or(0);
            (named.file, named.stage, since)
        })
        .collect()
}

/// Whether a stage may be called so.
pub fn is_stage_name(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=128).contains(&name.len()) && name.bytes().all(legal)
}

/// Compiles every stage; what is missing has findings.
pub(super) fn compile(
    stages: &[Named],
    folder: &Folder,
    plugins: &LoadedPlugins,
    unavailable_routes: UnavailableRoutes,
    findings: &mut Vec<Finding>,
) -> Vec<Option<Plan>> {
    super::functions::check(folder, plugins, findings);
    super::aws::check(folder, findings);
    super::vpc_links::check(folder, findings);
    // What a file that cannot be read would have said is not known, so nothing is said to be missing in it.
    let broken =
        |file: &str| findings.iter().any(|found| found.code == "config-invalid" && &*found.at.file == file);
    let broken = Broken { node: broken(files::NODE), functions: broken(files::FUNCTIONS) };
    let lenience = Lenience { unavailable_routes, serve_mistakes: false, broken };
    let mut plans = Vec::new();
    for stage in stages {
        let (plan, mut found) = one(&stage.stage, folder, lenience);
        if !stage.whole {
            found.retain(adds_to_import);
        }
        findings.extend(found);
        plans.push(plan.filter(|_| stage.whole));
    }
    dedup(findings);
    sort(findings, folder);
    plans
}

/// Files that could not be read.
#[derive(Clone, Copy)]
struct Broken {
    node: bool,
    functions: bool,
}

/// What keeps a stage from being compiled, and what does not.
#[derive(Clone, Copy)]
pub(super) struct Lenience {
    unavailable_routes: UnavailableRoutes,
    /// Mistakes in a method cost that method only.
    serve_mistakes: bool,
    /// What these files would have is not missed.
    broken: Broken,
}

impl Lenience {
    /// That of API Gateway, which takes a deployment whose integrations cannot work, and answers 500 where one is called.
    pub(super) const DEPLOYED: Self = Self {
        unavailable_routes: UnavailableRoutes::Answer500,
        serve_mistakes: true,
        broken: Broken { node: false, functions: false },
    };
}

/// Compiles one stage.
pub(super) fn one(stage: &Stage, folder: &Folder, lenience: Lenience) -> (Option<Plan>, Vec<Finding>) {
    let Lenience { unavailable_routes, serve_mistakes, broken } = lenience;
    let unknown = || broken.functions.then_some(Binding::Endpoint { origin: None, name: None, sign: false });
    let resolve = |arn: &str| super::functions::resolve(folder, arn).or_else(unknown);
    let endpoint = |service: &str| super::aws::endpoint(folder, service);
    let has_vpc_link = |id: &str| broken.node || folder.node.vpc_links.contains_key(id);
    let mut limits = Limits::default();
    if let Some(timeout) = folder.node.limits.integration_timeout_ms {
        limits.timeout_ms_max = timeout;
    }
    let options = Options {
        unavailable_routes,
        serve_mistakes,
        resolve_function: &resolve,
        service_endpoint: &endpoint,
        has_vpc_link: &has_vpc_link,
        limits,
    };
    compile_stage(stage, &options)
}

/// File by file in the order they were read, by place within a file.
fn sort(findings: &mut [Finding], folder: &Folder) {
    let order = |finding: &Finding| {
        let file = &*finding.at.file;
        folder.apis.iter().position(|(_, shown, _)| shown == file).map_or(0, |position| position + 1)
    };
    findings.sort_by(|a, b| {
        (order(a), &a.at.file, a.at.line, a.at.column).cmp(&(order(b), &b.at.file, b.at.line, b.at.column))
    });
}

/// Stages of one API share its document: what one says of it the others need not repeat.
fn dedup(findings: &mut Vec<Finding>) {
    let mut seen = std::collections::HashSet::new();
    findings.retain(|finding| seen.insert((finding.at.clone(), finding.code, finding.message.clone())));
}

/// Region and account become parts of ARNs and must have the form of such; the admin address is loopback.
fn check_names(folder: &Folder, findings: &mut Vec<Finding>) {
    let node = &folder.node;
    if let Some(admin) = &node.admin
        && let Err(wrong) = admin_address(&admin.value, node)
    {
        let at = located(files::NODE, admin);
        findings.push(Finding::error("admin-invalid", &at, format!("`admin`: {wrong}")));
    }
    if let Err(wrong) = crate::control::Access::of(node) {
        let at = node.access_keys.first().map_or_else(node_file, |key| located(files::NODE, key));
        findings.push(Finding::error("access-key-invalid", &at, wrong));
    }
    let digits = |account: &str| account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    if let Some(account) = node.account.as_deref().filter(|account| !digits(account)) {
        let message = format!("`account`: found `{account}`, expected twelve digits");
        findings.push(Finding::error("account-invalid", &node_file(), message));
    }
    let legal = |region: &str| {
        !region.is_empty()
            && region.len() <= 63
            && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if let Some(region) = node.region.as_deref().filter(|region| !legal(region)) {
        let message = format!("`region`: found `{region}`, expected lower-case letters, digits and `-`");
        findings.push(Finding::error("region-invalid", &node_file(), message));
    }
}

fn import_options(folder: &Folder) -> ImportOptions {
    let node = &folder.node;
    let mut options = ImportOptions {
        parameters: node.parameters.clone().into_iter().collect(),
        region: node.region().to_owned(),
        account_id: node.account().to_owned(),
        ..ImportOptions::default()
    };
    if let Some(bytes) = node.limits.document_bytes {
        options.limits.document_bytes = bytes;
    }
    if let Some(timeout) = node.limits.integration_timeout_ms {
        options.limits.integration_timeout_ms = timeout;
    }
    options
}

pub(super) fn access_log_format(format: Option<&Spanned<String>>) -> Option<(String, Location)> {
    let at = format.map_or_else(node_file, |format| located(files::NODE, format));
    match format.map_or("json", |format| &format.value) {
        "off" => None,
        other => Some((named(other).map_or_else(|| other.to_owned(), str::to_owned), at)),
    }
}

fn api_id(stem: &str) -> String {
    let lower = stem.to_ascii_lowercase();
    if valid_id(&lower) { lower } else { short_hash(stem, 10) }
}

fn valid_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 63
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Lower-case alphanumerics out of a hash of `text`.
fn short_hash(text: &str, length: usize) -> String {
    let alphabet = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let digest = Sha256::digest(text);
    digest.iter().take(length).map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
}

/// Where a value stands in a configuration file.
pub(super) fn located<T>(file: &str, value: &Spanned<T>) -> Location {
    let number = |n: u64| u32::try_from(n).unwrap_or(0);
    Location {
        file: file.into(),
        line: number(value.referenced.line()),
        column: number(value.referenced.column()),
    }
}

fn flag(name: &str) -> Location {
    Location { file: name.into(), line: 0, column: 0 }
}

fn node_file() -> Location {
    flag(files::NODE)
}
