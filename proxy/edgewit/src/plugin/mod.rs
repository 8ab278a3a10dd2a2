//! `edgewit plugin`: build, inspect and test.

pub(crate) mod args;
mod ask;
mod build;
mod cases;
mod compare;
mod found;
mod inspect;
mod made_up;
mod measure;
mod open;
mod outcome;
mod recipe;
mod report;
mod test;

use args::{Plugin, PluginCommand};

pub(crate) fn run(plugin: &Plugin) -> u8 {
    match &plugin.command {
        PluginCommand::Build(build) => build::run(build),
        PluginCommand::Inspect(inspect) => inspect::run(inspect),
        PluginCommand::Test(test) => test::run(test),
    }
}
