//! Arguments of `edgewit plugin`.

use crate::args::pair;
use clap::Subcommand;
use edgewit_plugin::{Grants, Origin, PluginLimits, PluginSettings, StoreGrant};
use std::path::PathBuf;

/// Build, inspect and test plugins before a node has them
///
/// A plugin is a WebAssembly component. These commands run it as a node would, with made-up requests: no node,
/// no network and no configuration folder are needed. Limits are the default ones, but calls may take their time.
#[derive(Debug, clap::Args)]
pub(crate) struct Plugin {
    #[command(subcommand)]
    pub(crate) command: PluginCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    Build(Build),
    Inspect(Inspect),
    Test(Test),
}

/// Build the plugin of a folder to a component
///
/// A folder with an executable `build` in it is built by running `build OUTPUT`. A folder with a Cargo.toml is built
/// as a Rust guest. For other languages the command to run is named.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  edgewit plugin build plugins/bearer-rust\n  edgewit plugin build plugins/bearer-c --output bearer.wasm\n\nExit codes: 0 built, 1 the folder or its source is wrong, 2 usage, 3 this machine lacks a tool."
)]
pub(crate) struct Build {
    /// The folder with the source
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: PathBuf,

    /// The component to write [default: FOLDER/NAME.wasm, NAME being the folder's with `_` for `-`]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Say what a component is, what it needs and what a call of it costs
///
/// Loads it as a node does, `configure` included, and calls it some hundred times with a made-up request. Times are
/// those of this machine and this moment: compare them with each other, not with another machine's.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  edgewit plugin inspect plugins/prebuilt/token_authorizer.wasm\n  edgewit plugin inspect bearer.wasm --config key=test-key --config scope=pets:read\n  edgewit plugin inspect fetcher.wasm --grant-http https://example.com\n  edgewit plugin inspect fetcher.wasm --grant-http none --json | jq .costs\n\nExit codes: 0 a node would load it, 1 it would not, 2 usage, 3 this machine cannot run plugins."
)]
pub(crate) struct Inspect {
    /// The component
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) given: Given,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Ask a component what cases say, and compare its answers
///
/// Cases are YAML: a request or event, and the decision, changes, finding, result or answer that must come of it.
/// docs/plugins.md has the format.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  edgewit plugin test bearer.wasm plugins/bearer.cases.yaml\n  edgewit plugin test bearer.wasm cases/*.yaml --config key=test-key\n\nA file with one case:\n  prose: Strangers stay outside.\n  request: {path: /prod/pets/7, token: nobody}\n  expect: unauthorized\n\nExit codes: 0 every case passed, 1 one did not, or a file is wrong, 2 usage, 3 this machine cannot run plugins."
)]
pub(crate) struct Test {
    /// The component
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Files with cases
    #[arg(value_name = "CASES", required = true)]
    pub(crate) cases: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) given: Given,

    /// Print only cases that failed
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What `plugins.yaml` would say about the plugin.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Given {
    /// A text of its configuration, as under `config` in plugins.yaml; may be repeated
    #[arg(long = "config", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) config: Vec<(String, String)>,

    /// An origin at public addresses that it may call, or `none` to let it start and reach nothing; may be repeated
    #[arg(long, value_name = "ORIGIN", value_parser = public_origin)]
    pub(crate) grant_http: Vec<Granted>,

    /// An origin that it may also call at loopback, private and link-local addresses; may be repeated
    #[arg(long, value_name = "ORIGIN", value_parser = private_origin)]
    pub(crate) grant_http_private: Vec<Granted>,

    /// A key-value store that it may open, also in the place of a shared one: here all are in memory and end with the
    /// command; or `none` to let it start and open nothing; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) grant_keyvalue: Vec<String>,
}

/// An origin, or the word `none`.
#[derive(Clone, Debug)]
pub(crate) struct Granted(Option<Origin>);

/// Instances that these commands need: one at a time, and one that is tried.
const INSTANCES: u32 = 8;
/// Times of one call. Long, because a busy machine must fail no case; a plugin that loops still ends.
const CPU_MS: u64 = 10_000;
const WALL_MS: u64 = 30_000;

impl Given {
    /// The settings of a plugin with default limits, times of calls excepted.
    pub(crate) fn settings(&self) -> PluginSettings {
        let http = self.grant_http_private.iter().chain(&self.grant_http);
        let origins: Vec<Origin> = http.clone().filter_map(|granted| granted.0.clone()).collect();
        let stores: Vec<_> =
            self.grant_keyvalue.iter().filter(|name| *name != NONE).map(StoreGrant::here).collect();
        PluginSettings {
            config: self.config.iter().cloned().collect(),
            limits: PluginLimits {
                instances: INSTANCES,
                cpu_ms: CPU_MS,
                wall_ms: WALL_MS,
                ..PluginLimits::default()
            },
            grants: Grants {
                http: http.clone().next().is_some().then_some(origins),
                keyvalue: (!self.grant_keyvalue.is_empty()).then_some(stores),
            },
            warm: None,
            prepared: 0,
            configure_each: false,
        }
    }
}

/// Instead of a name: the import is granted, and nothing behind it.
pub(crate) const NONE: &str = "none";

fn key_value(text: &str) -> Result<(String, String), String> {
    pair(text, "KEY=VALUE")
}

fn public_origin(text: &str) -> Result<Granted, String> {
    granted(text, false)
}

fn private_origin(text: &str) -> Result<Granted, String> {
    granted(text, true)
}

fn granted(text: &str, private: bool) -> Result<Granted, String> {
    if text == NONE { Ok(Granted(None)) } else { Origin::parse(text, private).map(|o| Granted(Some(o))) }
}
