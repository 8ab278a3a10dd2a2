//! `edgewit api`: list, show, deploy, rollback and diff, by the control plane of a running node.

mod admin;
mod answers;
pub(crate) mod args;
mod client;
mod deploy;
mod diff;
mod document;
mod failure;
mod list;
mod rollback;
mod show;
mod text;
mod tree;

use args::{Api, ApiCommand};
use failure::Failure;
use tokio::runtime::Builder;

pub(crate) fn run(api: &Api) -> u8 {
    let ran = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(command(&api.command)),
        Err(error) => Err(Failure::Environment(format!("cannot start the runtime: {error}"))),
    };
    ran.unwrap_or_else(|failure| {
        crate::show::err(&failure.text());
        match &api.command {
            ApiCommand::Diff(_) => diff::code(&failure),
            _ => failure.code(),
        }
    })
}

async fn command(command: &ApiCommand) -> Result<u8, Failure> {
    match command {
        ApiCommand::List(list) => list::run(list).await,
        ApiCommand::Show(show) => show::run(show).await,
        ApiCommand::Deploy(deploy) => deploy::run(deploy).await,
        ApiCommand::Rollback(rollback) => rollback::run(rollback).await,
        ApiCommand::Diff(diff) => diff::run(diff).await,
    }
}
