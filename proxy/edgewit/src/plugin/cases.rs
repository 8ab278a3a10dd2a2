//! Reading files with cases. docs/plugins.md explains the format.

use super::ask::{self, Question};
use super::made_up::{MadeUp, MadeUpAnswer};
use super::open::whole;
use super::outcome::{Outcome, Texts};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edgewit_model::{Finding, Location};
use edgewit_plugin::World;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a file with cases.
const FILE_BYTES: usize = 4 << 20;

/// One case, ready to be run.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) at: Location,
    /// Keys to set, and with none to remove, over what the command line gives.
    pub(crate) config: BTreeMap<String, Option<String>>,
    pub(crate) expected: Outcome,
    asked: Option<Ask>,
    request: Arc<MadeUp>,
    answer: Arc<MadeUpAnswer>,
    event: Option<String>,
}

/// What may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Ask {
    Authorize,
    RewriteRequest,
    RewriteResponse,
    InspectHead,
    Inspect,
    Handle,
    Http,
}

/// A file, or one case in it: what a file says holds for its cases too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    name: Option<String>,
    /// For people.
    #[serde(rename = "prose")]
    _prose: Option<String>,
    config: BTreeMap<String, Option<String>>,
    ask: Option<Ask>,
    request: RequestWritten,
    event: Option<Value>,
    event_text: Option<String>,
    answer: Option<AnswerWritten>,
    expect: Option<Spanned<Outcome>>,
    cases: Option<Vec<Spanned<Written>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RequestWritten {
    method: Option<String>,
    path: Option<String>,
    resource_path: Option<String>,
    stage: Option<String>,
    api_id: Option<String>,
    request_id: Option<String>,
    source_ip: Option<String>,
    protocol: Option<String>,
    headers: Option<Texts>,
    query: Option<Texts>,
    path_parameters: Option<Texts>,
    stage_variables: Option<Texts>,
    context: Option<Texts>,
    method_arn: Option<String>,
    token: Option<String>,
    identity_sources: Option<Vec<String>>,
    body: Option<String>,
    body_base64: Option<String>,
    body_json: Option<Value>,
    body_whole: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AnswerWritten {
    status: Option<u16>,
    headers: Texts,
    body: Option<String>,
    body_base64: Option<String>,
    body_json: Option<Value>,
    body_whole: Option<bool>,
}

/// Reads the cases of a file.
///
/// # Errors
/// What is wrong with the file, at its line.
pub(crate) fn read(path: &Path) -> Result<Vec<Case>, Finding> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Finding::error("cases-unreadable", &whole(path), format!("cannot be read: {error}"))
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    if text.len() > FILE_BYTES {
        return Err(unreadable(&format!("{} bytes, expected at most {FILE_BYTES}", text.len())));
    }
    // `no` and `y` are texts: only true and false are truths.
    let options = serde_saphyr::options! { strict_booleans: true };
    let file = serde_saphyr::from_str_with_options(&text, options);
    let file: Spanned<Written> = file.map_err(|error| invalid(path, &error))?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(cases) = &file.value.cases else {
        return Ok(vec![ready(path, &file.value, &Written::default(), &stem, &file)?]);
    };
    if let Some(expect) = &file.value.expect {
        let message = "a file with `cases` expects nothing itself: move `expect` into a case";
        return Err(Finding::error("cases-invalid", &located(path, expect), message));
    }
    if cases.is_empty() {
        let message = "found an empty list of cases, expected at least one";
        return Err(Finding::error("cases-invalid", &located(path, &file), message));
    }
    let numbered = cases.iter().enumerate();
    numbered
        .map(|(at, case)| ready(path, &case.value, &file.value, &format!("case {}", at + 1), case))
        .collect()
}

fn invalid(path: &Path, error: &serde_saphyr::Error) -> Finding {
    let at = error.location().map_or_else(
        || whole(path),
        |l| Location {
            line: u32::try_from(l.line()).unwrap_or(0),
            column: u32::try_from(l.column()).unwrap_or(0),
            ..whole(path)
        },
    );
    // The rendered error begins with its own location and ends with a source excerpt.
    let message = error.without_snippet().to_string();
    let message = message.lines().next().unwrap_or_default();
    let message = message.split(" at line ").next().unwrap_or(message).to_owned();
    Finding::error("cases-invalid", &at, message)
        .with_help("docs/plugins.md has the format under \"Test a plugin\"")
}

fn located<T>(path: &Path, value: &Spanned<T>) -> Location {
    Location { line: u32::try_from(value.referenced.line()).unwrap_or(0), ..whole(path) }
}

/// `written` over what its file says.
fn ready<T>(
    path: &Path,
    written: &Written,
    file: &Written,
    name: &str,
    place: &Spanned<T>,
) -> Result<Case, Finding> {
    let wrong = |message: String| Finding::error("cases-invalid", &located(path, place), message);
    if written.cases.is_some() && file.cases.is_some() {
        return Err(wrong("found `cases` in a case, expected them at the top of the file only".to_owned()));
    }
    let Some(expect) = &written.expect else {
        let outcomes = "allow, deny, unauthorized, policy, forward, respond, response, finding, result, failure, \
                        http, error or refused";
        let help = format!("write `expect:` with one of {outcomes}");
        return Err(wrong("a case without `expect`, which would always pass".to_owned()).with_help(help));
    };
    let mut config = file.config.clone();
    config.extend(written.config.clone());
    let event = match (written.event.as_ref().or(file.event.as_ref()), &written.event_text) {
        (_, Some(text)) => Some(text.clone()),
        (Some(event), None) => Some(event.to_string()),
        (None, None) => None,
    };
    let answer = written.answer.as_ref().or(file.answer.as_ref());
    let request = written.request.over(&file.request).map_err(wrong)?;
    let mut case = Case {
        name: written.name.clone().unwrap_or_else(|| name.to_owned()),
        at: located(path, place),
        config,
        asked: written.ask.or(file.ask),
        expected: expect.value.clone(),
        request: Arc::new(request),
        answer: Arc::new(answer.map(AnswerWritten::made_up).transpose().map_err(wrong)?.unwrap_or_else(bare)),
        event,
    };
    case.asked = case.asked.or_else(|| told(&expect.value)).or(match (&case.event, answer) {
        (Some(_), _) => Some(Ask::Handle),
        (None, Some(_)) => Some(Ask::RewriteResponse),
        (None, None) => None,
    });
    Ok(case)
}

/// What must have been asked for such an outcome.
fn told(expected: &Outcome) -> Option<Ask> {
    Some(match expected {
        Outcome::Allow(_) | Outcome::Deny(_) | Outcome::Unauthorized | Outcome::Policy(_) => Ask::Authorize,
        Outcome::Forward(_) | Outcome::Respond(_) => Ask::RewriteRequest,
        Outcome::Response(_) => Ask::RewriteResponse,
        Outcome::Finding(finding) if finding.verdict == "read-body" => Ask::InspectHead,
        Outcome::Finding(_) => Ask::Inspect,
        Outcome::Result(_) | Outcome::Failure(_) => Ask::Handle,
        Outcome::Http(_) => Ask::Http,
        Outcome::Error(_) | Outcome::Refused(_) => return None,
    })
}

fn bare() -> MadeUpAnswer {
    MadeUpAnswer { status: 200, headers: Vec::new(), body: None }
}

impl Case {
    /// What to ask a plugin of these worlds.
    ///
    /// # Errors
    /// When the plugin cannot be asked that.
    pub(crate) fn question(&self, worlds: &[World]) -> Result<Question, String> {
        let ask = match (self.asked, worlds) {
            (Some(ask), _) => ask,
            (None, [World::Authorizer]) => Ask::Authorize,
            (None, [World::Transform]) => Ask::RewriteRequest,
            (None, [World::Firewall]) => Ask::Inspect,
            (None, [World::Function]) => Ask::Handle,
            (None, [World::Http]) => Ask::Http,
            (None, _) => return Err("the plugin can do several things: say which with `ask`".to_owned()),
        };
        let request = Arc::clone(&self.request);
        let question = match ask {
            Ask::Authorize => Question::Authorize(request),
            Ask::RewriteRequest => Question::RewriteRequest(request),
            Ask::RewriteResponse => Question::RewriteResponse(request, Arc::clone(&self.answer)),
            Ask::InspectHead => Question::Inspect(request, false),
            Ask::Inspect => Question::Inspect(request, true),
            Ask::Handle => {
                let event =
                    self.event.clone().ok_or("a function is asked with `event`, and there is none")?;
                Question::Handle(request, ask::event(event))
            }
            Ask::Http => Question::Serve(request),
        };
        if worlds.contains(&question.world()) {
            return Ok(question);
        }
        let is: Vec<&str> = worlds.iter().map(|world| world.name()).collect();
        Err(format!(
            "asks for the world `{}`, and the component is of {}",
            question.world().name(),
            is.join(", ")
        ))
    }
}

type Body = Option<(Vec<u8>, bool)>;

fn body(
    text: Option<&String>,
    base64: Option<&String>,
    json: Option<&Value>,
    whole: Option<bool>,
) -> Result<Body, String> {
    let bytes = match (text, base64, json) {
        (None, None, None) => return Ok(None),
        (Some(text), None, None) => text.clone().into_bytes(),
        (None, Some(base64), None) => {
            STANDARD.decode(base64).map_err(|error| format!("`body_base64`: {error}"))?
        }
        (None, None, Some(json)) => json.to_string().into_bytes(),
        _ => return Err("found more than one of `body`, `body_base64`, `body_json`".to_owned()),
    };
    Ok(Some((bytes, whole.unwrap_or(true))))
}

impl RequestWritten {
    fn over(&self, file: &Self) -> Result<MadeUp, String> {
        let bare = MadeUp::bare();
        let text = |pick: fn(&Self) -> &Option<String>| pick(self).as_ref().or(pick(file).as_ref()).cloned();
        let pairs = |pick: fn(&Self) -> &Option<Texts>| {
            pick(self).as_ref().or(pick(file).as_ref()).map(|texts| texts.0.clone()).unwrap_or_default()
        };
        let path = text(|r| &r.path).unwrap_or(bare.path);
        let (stage, below) =
            match path.strip_prefix('/').map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
                Some((stage, below)) => (stage.to_owned(), format!("/{below}")),
                None => return Err(format!("`path`: found `{path}`, expected /STAGE/…")),
            };
        if path.contains('?') {
            return Err(format!("`path`: found `{path}`, expected no query: that goes under `query`"));
        }
        let own =
            body(self.body.as_ref(), self.body_base64.as_ref(), self.body_json.as_ref(), self.body_whole)?;
        let files =
            body(file.body.as_ref(), file.body_base64.as_ref(), file.body_json.as_ref(), file.body_whole)?;
        Ok(MadeUp {
            method: text(|r| &r.method).unwrap_or(bare.method),
            resource_path: text(|r| &r.resource_path).unwrap_or(below),
            stage: text(|r| &r.stage).unwrap_or(stage),
            path,
            api_id: text(|r| &r.api_id).unwrap_or(bare.api_id),
            request_id: text(|r| &r.request_id).unwrap_or(bare.request_id),
            source_ip: text(|r| &r.source_ip).unwrap_or(bare.source_ip),
            protocol: text(|r| &r.protocol).unwrap_or(bare.protocol),
            headers: pairs(|r| &r.headers),
            query: pairs(|r| &r.query),
            path_parameters: pairs(|r| &r.path_parameters),
            stage_variables: pairs(|r| &r.stage_variables),
            context: pairs(|r| &r.context),
            method_arn: text(|r| &r.method_arn),
            token: text(|r| &r.token),
            identity_sources: self
                .identity_sources
                .as_ref()
                .or(file.identity_sources.as_ref())
                .cloned()
                .unwrap_or_default(),
            body: own.or(files),
        })
    }
}

impl AnswerWritten {
    fn made_up(&self) -> Result<MadeUpAnswer, String> {
        let body =
            body(self.body.as_ref(), self.body_base64.as_ref(), self.body_json.as_ref(), self.body_whole)?;
        Ok(MadeUpAnswer { status: self.status.unwrap_or(200), headers: self.headers.0.clone(), body })
    }
}
