//! What rendering a mapping template costs in the component that every node has: processor time for each call on a
//! fresh instance.
//!
//! ```text
//! cargo run --profile fast -p edgewit-plugin --example template_cost [component.wasm [part of a name]]
//! ```
//!
//! The templates are those of the example `render_cost` of `edgewit-velocity`, which shows what they cost natively.
//! The first template prints one character: what is left of it is the instance and the call. Every output is asserted
//! first. Templates are measured in turns, several rounds each, so that a machine that changes its speed changes it for
//! all. Prints the least and the median of the rounds.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use edgewit_plugin::{
    HostOptions, Plugin, PluginHost, PluginLimits, PluginRequest, PluginSettings, RequestOutcome,
};

#[path = "../../velocity/examples/cases/mod.rs"]
mod cases;
#[path = "../tests/plugin/support.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "made for the tests, which use all of it")]
mod support;

use cases::Case;

const COMPONENT: &[u8] = include_bytes!("../../../plugins/prebuilt/mapping_templates.wasm");

/// Rounds of each template.
const ROUNDS: usize = 15;
/// Length of a round.
const ROUND: Duration = Duration::from_millis(200);
/// Calls between two looks at the clock.
const BATCH: u32 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let component = match std::env::args_os().nth(1) {
        Some(path) => std::fs::read(path)?,
        None => COMPONENT.to_vec(),
    };
    let only = std::env::args().nth(2).unwrap_or_default();
    let nothing = "#set($nothing = 1)$nothing".to_owned();
    let mut cases =
        vec![Case { name: "nothing", template: nothing, body: String::new(), expected: "1".to_owned() }];
    cases.extend(cases::all()?);

    let host = PluginHost::new(HostOptions { instances: 16, ..HostOptions::default() })?;
    let config = cases.iter().enumerate().map(|(number, case)| (number.to_string(), case.template.clone()));
    let limits = PluginLimits { memory_bytes: 256 << 20, instances: 16, ..PluginLimits::default() };
    let settings = PluginSettings { config: config.collect(), limits, ..PluginSettings::default() };
    let plugin = host.load("mapping templates", &component, settings)?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let requests: Vec<Arc<dyn PluginRequest>> = (cases.iter().enumerate())
        .map(|(number, case)| Arc::new(Message::new(number, &case.body)) as Arc<dyn PluginRequest>)
        .collect();
    for (case, request) in cases.iter().zip(&requests) {
        let rendered = runtime.block_on(render(&plugin, request))?;
        assert_eq!(String::from_utf8_lossy(&rendered), case.expected, "{}", case.name);
    }
    let mut costs = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for ((case, request), costs) in cases.iter().zip(&requests).zip(&mut costs) {
            if !case.name.contains(&only) {
                continue;
            }
            costs.push(runtime.block_on(micros(&plugin, request))?);
        }
    }
    for (case, costs) in cases.iter().zip(&mut costs).filter(|(_, costs)| !costs.is_empty()) {
        costs.sort_by(f64::total_cmp);
        let (least, median) = (costs[0], costs[costs.len() / 2]);
        println!("{:9} {least:6.2} least, {median:6.2} median, µs", case.name);
    }
    Ok(())
}

async fn render(plugin: &Plugin, request: &Arc<dyn PluginRequest>) -> Result<Vec<u8>, Box<dyn Error>> {
    match plugin.rewrite_request(Arc::clone(request)).await? {
        RequestOutcome::Forward(changes) => Ok(changes.body.unwrap_or_default()),
        RequestOutcome::Respond(_) => Err("expected a rendered body, found an answer".into()),
    }
}

/// Microseconds for each call, over one round.
async fn micros(plugin: &Plugin, request: &Arc<dyn PluginRequest>) -> Result<f64, Box<dyn Error>> {
    let began = Instant::now();
    let mut calls = 0;
    while began.elapsed() < ROUND {
        for _ in 0..BATCH {
            render(plugin, request).await?;
        }
        calls += BATCH;
    }
    Ok(began.elapsed().as_secs_f64() * 1e6 / f64::from(calls))
}

/// A request with the headers a browser sends, for one of the templates.
struct Message {
    request: Box<dyn PluginRequest>,
    number: String,
    body: Vec<u8>,
}

impl Message {
    fn new(number: usize, body: &str) -> Self {
        let mut request = support::Request::new().query("limit", "50");
        for name in ["accept", "accept-encoding", "accept-language", "cookie", "host", "origin"] {
            request = request.header(name, "some value of ordinary length");
        }
        request.named.insert("requestId", "11111111-2222-3333-4444-555555555555");
        request.named.insert("identity.sourceIp", "192.0.2.1");
        Self { request: Box::new(request), number: number.to_string(), body: body.as_bytes().to_vec() }
    }
}

impl PluginRequest for Message {
    fn mapping_template(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.number))
    }
    fn body(&self) -> Option<(Cow<'_, [u8]>, bool)> {
        Some((Cow::Borrowed(&self.body), true))
    }

    fn method(&self) -> Cow<'_, str> {
        self.request.method()
    }
    fn path(&self) -> Cow<'_, str> {
        self.request.path()
    }
    fn resource_path(&self) -> Cow<'_, str> {
        self.request.resource_path()
    }
    fn stage(&self) -> Cow<'_, str> {
        self.request.stage()
    }
    fn api_id(&self) -> Cow<'_, str> {
        self.request.api_id()
    }
    fn request_id(&self) -> Cow<'_, str> {
        self.request.request_id()
    }
    fn source_ip(&self) -> Cow<'_, str> {
        self.request.source_ip()
    }
    fn protocol(&self) -> Cow<'_, str> {
        self.request.protocol()
    }
    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.request.header(name)
    }
    fn header_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.request.header_values(name, each);
    }
    fn header_names(&self, each: &mut dyn FnMut(&str)) {
        self.request.header_names(each);
    }
    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        self.request.query(name)
    }
    fn query_values(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.request.query_values(name, each);
    }
    fn query_names(&self, each: &mut dyn FnMut(&str)) {
        self.request.query_names(each);
    }
    fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        self.request.path_parameter(name)
    }
    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.request.stage_variable(name)
    }
    fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        self.request.context(name)
    }
    fn method_arn(&self) -> Cow<'_, str> {
        self.request.method_arn()
    }
    fn authorization_token(&self) -> Option<Cow<'_, str>> {
        self.request.authorization_token()
    }
    fn identity_sources(&self, each: &mut dyn FnMut(&str)) {
        self.request.identity_sources(each);
    }
}
