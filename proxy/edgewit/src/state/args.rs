//! Arguments of `edgewit state`.

use clap::Subcommand;
use std::path::PathBuf;

/// Write out or read in what the control plane of a node keeps
///
/// For backups, and to go to another machine or kind of store. The node must not run: its store is one process's alone.
#[derive(Debug, clap::Args)]
pub(crate) struct State {
    #[command(subcommand)]
    pub(crate) command: StateCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    Export(Export),
    Import(Import),
}

/// Write all records to a file of lines
///
/// The file holds secrets, such as API keys, and is readable for its owner only.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  edgewit state export state.jsonl\n  edgewit state export - --data /var/lib/edgewit | gzip > state.jsonl.gz\n\nExit codes: 0 written, 1 there is no store, 2 usage, 3 the store or file cannot be used."
)]
pub(crate) struct Export {
    /// The file to write, `-` for standard output
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Read records from a file that export has written, all or none
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  edgewit state import state.jsonl --data /var/lib/edgewit\n  gunzip < state.jsonl.gz | edgewit state import - --replace\n\nExit codes: 0 read, 1 the file is wrong or there are records already, 2 usage, 3 the store cannot be used."
)]
pub(crate) struct Import {
    /// The file to read, `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Put the records in the place of those that are there
    #[arg(long)]
    pub(crate) replace: bool,

    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Where the store is.
#[derive(Debug, clap::Args)]
pub(crate) struct Kept {
    /// Folder that the node keeps its data in, as `edgewit serve` has it [default: edgewit in the user's state folder]
    #[arg(long, value_name = "DIR", env = "EDGEWIT_DATA")]
    pub(crate) data: Option<PathBuf>,

    /// Redis that a fleet shares its control plane in, instead of the store of one node; its nodes may run
    #[arg(long, value_name = "URL", env = "EDGEWIT_REDIS")]
    pub(crate) redis: Option<String>,
}
