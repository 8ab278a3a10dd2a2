//! The `edgewit` command.

mod api;
mod args;
mod check;
mod generate;
mod input;
mod invoke;
mod plugin;
mod serve;
mod show;
mod state;

use args::{Args, Command};
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Returns memory to the system faster than the C library's allocator, and is faster on small objects.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The input was wrong.
const INPUT: u8 = 1;
/// The command line was wrong; clap uses the same.
const USAGE: u8 = 2;
/// The machine failed.
const ENVIRONMENT: u8 = 3;

fn main() -> ExitCode {
    let args = Args::parse();
    log_to_stderr(&args.log, args.log_format);
    let code = match args.command {
        Command::Serve(serve) => serve::run(&serve),
        Command::Check(check) => check::run(&check),
        Command::Invoke(invoke) => invoke::run(&invoke),
        Command::Api(api) => api::run(&api),
        Command::State(state) => state::run(&state),
        Command::Plugin(plugin) => plugin::run(&plugin),
        Command::Completions { shell } => generate::completions(shell),
        Command::Man => generate::man(),
        Command::Schema { file } => generate::schema(file.as_deref()),
    };
    ExitCode::from(code)
}

fn log_to_stderr(filter: &str, format: args::LogFormat) {
    let mut filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| "warn".into());
    // Below `info` Pingora writes whole headers, with whatever secrets they hold. What finds credentials tells at length
    // where it did not find them; the node says it in a line.
    for quiet in ["pingora_core=warn", "pingora_proxy=warn", "aws_config=error", "aws_runtime=error"] {
        if let Ok(directive) = quiet.parse() {
            filter = filter.add_directive(directive);
        }
    }
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        args::LogFormat::Text => builder.with_target(false).init(),
        args::LogFormat::Json => builder.json().init(),
    }
}
