//! The command line.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// An edge proxy and API gateway that runs Amazon API Gateway definitions on your own machines.
///
/// Authorizers run as sandboxed WebAssembly components, loaded per route and swapped while traffic flows.
#[derive(Debug, Parser)]
#[command(name = "edgewit", version, styles = STYLES, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 fine, 1 the input was wrong, 2 usage, 3 the environment failed.")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// What the node log on stderr shows: error, warn, info, debug, trace, or filters by module
    #[arg(long, global = true, env = "EDGEWIT_LOG", value_name = "FILTER", default_value = "warn")]
    #[arg(value_parser = log_filter)]
    pub(crate) log: String,

    /// Form of the node log
    #[arg(long, global = true, env = "EDGEWIT_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// One readable line for each event
    Text,
    /// One JSON object for each event
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a configuration folder or one OpenAPI file
    Serve(Serve),
    /// Compile everything and print each mistake with file and line; exit 1 on any
    Check(Check),
    Invoke(crate::invoke::args::Invoke),
    Api(crate::api::args::Api),
    State(crate::state::args::State),
    Plugin(crate::plugin::args::Plugin),
    /// Print shell completions
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff)
    Man,
    /// Print the JSON Schema of a configuration file, for editors
    Schema {
        /// edgewit.yaml, plugins.yaml or functions.yaml; all of them when left out
        #[arg(value_name = "FILE")]
        file: Option<String>,
    },
}

/// Serve a configuration folder or one OpenAPI file.
///
/// Saving a changed file or component reloads the configuration: it is compiled beside the running one and swapped
/// in whole, or refused with its mistakes while the old one serves on. SIGHUP does the same, SIGTERM ends the node
/// when the requests in flight are done.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(
    after_help = "Examples:\n  edgewit serve\n  edgewit serve petstore.yaml --stage prod\n  edgewit serve /etc/edgewit --listen 0.0.0.0:8080"
)]
pub(crate) struct Serve {
    /// A configuration folder or one OpenAPI file
    #[arg(value_name = "CONF", default_value = "conf/quickstart", env = "EDGEWIT_CONF")]
    pub(crate) conf: PathBuf,

    /// Address for plain HTTP, HTTP/1.1 and HTTP/2 with prior knowledge [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "EDGEWIT_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,

    /// Address for the control plane, health and metrics, or `none`; loopback without access keys [default:
    /// 127.0.0.1:9080]
    #[arg(long, value_name = "ADDR", env = "EDGEWIT_ADMIN")]
    pub(crate) admin: Option<String>,

    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N", env = "EDGEWIT_THREADS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    /// Folder for what the node keeps between two starts: the state of the control plane, compiled plugins [default:
    /// edgewit in the user's state folder]
    #[arg(long, value_name = "DIR", env = "EDGEWIT_DATA")]
    pub(crate) data: Option<PathBuf>,

    /// Redis that a fleet of nodes shares its control plane and the stores of plugins in; without it this node is alone
    #[arg(long, value_name = "URL", env = "EDGEWIT_REDIS")]
    pub(crate) redis: Option<String>,

    #[command(flatten)]
    pub(crate) compile: Compile,

    /// Write the addresses as JSON to this file once the node serves
    #[arg(long, value_name = "FILE", env = "EDGEWIT_READY_FILE", hide_env = true)]
    pub(crate) ready_file: Option<PathBuf>,
}

/// Compile everything and print each mistake with file and line; exit 1 on any
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// A configuration folder or one OpenAPI file
    #[arg(value_name = "CONF", default_value = "conf/quickstart", env = "EDGEWIT_CONF")]
    pub(crate) conf: PathBuf,

    #[command(flatten)]
    pub(crate) compile: Compile,

    /// Print only errors, no warnings or notes
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Compile {
    /// Stage of APIs that configure none [default: dev]
    #[arg(long, value_name = "NAME", env = "EDGEWIT_STAGE", value_parser = stage_name)]
    pub(crate) stage: Option<String>,

    /// What to do with routes that need what this version cannot do [default: refuse]
    #[arg(long, value_name = "WHAT", env = "EDGEWIT_UNAVAILABLE_ROUTES")]
    pub(crate) unavailable_routes: Option<Unavailable>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Unavailable {
    /// Refuse the document
    Refuse,
    /// Serve the document; such routes answer 500
    #[value(name = "answer-500")]
    Answer500,
}

impl Compile {
    pub(crate) fn overrides(&self, check_only: bool) -> edgewit_gateway::deploy::Overrides {
        use edgewit_plan::UnavailableRoutes as U;
        edgewit_gateway::deploy::Overrides {
            stage: self.stage.clone(),
            unavailable_routes: self.unavailable_routes.map(|what| match what {
                Unavailable::Refuse => U::Refuse,
                Unavailable::Answer500 => U::Answer500,
            }),
            check_only,
            ..Default::default()
        }
    }
}

/// Takes a filter of the node log as it is, if it is one.
fn log_filter(text: &str) -> Result<String, String> {
    const EXPECTED: &str = "expected error, warn, info, debug, trace or off, or MODULE=LEVEL";
    // A word that is no level would be a module of that name, and a misspelt level would show nothing.
    for word in text.split(',').map(str::trim) {
        let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
        if plain && word.parse::<tracing_subscriber::filter::LevelFilter>().is_err() {
            return Err(format!("found `{word}`, {EXPECTED}"));
        }
    }
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}; {EXPECTED}")),
    }
}

pub(crate) fn stage_name(text: &str) -> Result<String, String> {
    if edgewit_gateway::deploy::is_stage_name(text) {
        Ok(text.to_owned())
    } else {
        Err("expected 1 to 128 letters, digits, `_` or `-`".to_owned())
    }
}

/// A stage variable.
pub(crate) fn variable(text: &str) -> Result<(String, String), String> {
    pair(text, "NAME=VALUE")
}

/// What stands before and behind the first `=`.
pub(crate) fn pair(text: &str, expected: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("expected {expected}")),
    }
}
