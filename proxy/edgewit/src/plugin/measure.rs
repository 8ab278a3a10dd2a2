//! What a call costs, measured here and now.

use super::ask::{self, Question, Reply};
use super::found;
use super::made_up::{MadeUp, MadeUpAnswer};
use super::open::Bench;
use edgewit_plugin::{LoadError, Plugin, PluginSettings, WarmPool, World};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Calls that a median is made of.
const CALLS: usize = 300;
/// Time after which fewer calls are enough.
const PATIENCE: Duration = Duration::from_secs(2);
/// Requests that the one kept instance serves: more than there will be.
const USES: u32 = 1_000_000;

/// Costs of one function.
pub(crate) struct Cost {
    pub(crate) world: World,
    /// Function and request: `authorize of a made-up GET /dev/pets/7`.
    pub(crate) question: String,
    /// What the plugin answered, in short.
    pub(crate) answer: String,
    /// Each call on an instance of its own, making it included.
    pub(crate) fresh: Sample,
    /// The same with the instance made before: what a request waits for. None where none could be made.
    pub(crate) prepared: Option<Sample>,
    /// Each call on one instance that is kept; none where it cannot be kept.
    pub(crate) warm: Option<Sample>,
}

/// Times of some calls.
pub(crate) struct Sample {
    pub(crate) median: Duration,
    pub(crate) calls: usize,
}

/// Measures one function of each world that the plugin is of.
///
/// # Errors
/// When the plugin cannot be loaded once more.
pub(crate) fn costs(
    bench: &Bench,
    path: &Path,
    bytes: &[u8],
    plugin: &Plugin,
    settings: &PluginSettings,
) -> Result<Vec<Cost>, LoadError> {
    let warm = WarmPool { size: 1, uses: USES, idle_ms: WarmPool::DEFAULT_IDLE_MS };
    let kept = bench.load(path, bytes, PluginSettings { warm: Some(warm), ..settings.clone() })?;
    let stocked = bench.load(path, bytes, PluginSettings { prepared: 1, ..settings.clone() })?;
    let measured = plugin.worlds().into_iter().map(|world| {
        let question = plausible(world);
        let (fresh, answer) = sample(bench, plugin, &question);
        let (prepared, _) = sample(bench, &stocked, &question);
        let prepared = (stocked.prepared() > 0).then_some(prepared);
        // An instance that failed is not kept, nor one that holds something of a request.
        let (_, reused_before) = kept.calls();
        let (warm, _) = sample(bench, &kept, &question);
        let reused = kept.calls().1 > reused_before;
        let asked = match &question {
            Question::Handle(..) => "handle of a made-up proxy event".to_owned(),
            other => format!("{} of a made-up GET /dev/pets/7", other.function()),
        };
        Cost { world, question: asked, answer, fresh, prepared, warm: reused.then_some(warm) }
    });
    Ok(measured.collect())
}

fn sample(bench: &Bench, plugin: &Plugin, question: &Question) -> (Sample, String) {
    bench.runtime.block_on(async {
        // The first one finds cold caches and, where instances are kept, none that waits.
        let answer = short(question.ask(plugin).await);
        replaced(plugin).await;
        let began = Instant::now();
        let mut times = Vec::with_capacity(CALLS);
        while times.len() < CALLS && (times.is_empty() || began.elapsed() < PATIENCE) {
            let at = Instant::now();
            let _answer = question.ask(plugin).await;
            times.push(at.elapsed());
            replaced(plugin).await;
        }
        times.sort_unstable();
        (Sample { median: times[times.len() / 2], calls: times.len() }, answer)
    })
}

/// Lets the next instance be made, where one is.
async fn replaced(plugin: &Plugin) {
    for _ in 0..plugin.settings().prepared {
        tokio::task::yield_now().await;
    }
}

fn short(answer: Result<Reply, edgewit_plugin::PluginError>) -> String {
    match answer {
        Ok(reply) => found::short(&reply),
        Err(error) => format!("fails: {error}"),
    }
}

fn plausible(world: World) -> Question {
    let request = Arc::new(MadeUp::default());
    match world {
        World::Authorizer => Question::Authorize(request),
        World::Transform => Question::RewriteResponse(request, Arc::new(MadeUpAnswer::default())),
        World::Firewall => Question::Inspect(request, true),
        World::Function => {
            let event = ask::event(proxy_event(&request));
            Question::Handle(request, event)
        }
        World::Http => Question::Serve(request),
    }
}

/// A small proxy event of format 1.0.
fn proxy_event(request: &MadeUp) -> String {
    let (method, path, resource) = (&request.method, &request.path, &request.resource_path);
    serde_json::json!({
        "resource": resource,
        "path": "/pets/7",
        "httpMethod": method,
        "headers": {"Accept": "*/*", "User-Agent": "edgewit-plugin"},
        "queryStringParameters": {"name": "ada"},
        "pathParameters": {"petId": "7"},
        "stageVariables": null,
        "requestContext": {
            "apiId": request.api_id,
            "stage": request.stage,
            "requestId": request.request_id,
            "httpMethod": method,
            "path": path,
            "resourcePath": resource,
            "identity": {"sourceIp": request.source_ip},
        },
        "body": null,
        "isBase64Encoded": false,
    })
    .to_string()
}
