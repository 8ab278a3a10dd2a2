//! `edgewit completions`, `edgewit man`, `edgewit schema`.

use crate::args::Args;
use crate::show;
use crate::{ENVIRONMENT, USAGE};
use clap::CommandFactory;
use edgewit_gateway::config::files::schemas;

pub(crate) fn completions(shell: clap_complete::Shell) -> u8 {
    clap_complete::generate(shell, &mut Args::command(), "edgewit", &mut std::io::stdout());
    0
}

pub(crate) fn man() -> u8 {
    let mut stdout = std::io::stdout();
    let mut pages = Vec::new();
    collect(&Args::command(), "edgewit", &mut pages);
    for (name, page) in pages {
        if let Err(error) = clap_mangen::Man::new(page.name(name)).render(&mut stdout) {
            show::err(&format!("edgewit: the manual page cannot be written: {error}"));
            return ENVIRONMENT;
        }
    }
    0
}

/// A page for the command and one for each below it: `edgewit`, `edgewit-plugin`, `edgewit-plugin-test`.
fn collect(command: &clap::Command, name: &str, pages: &mut Vec<(String, clap::Command)>) {
    pages.push((name.to_owned(), command.clone()));
    for below in command.get_subcommands().filter(|command| command.get_name() != "help") {
        collect(below, &format!("{name}-{}", below.get_name()), pages);
    }
}

pub(crate) fn schema(file: Option<&str>) -> u8 {
    let schemas = schemas();
    let text = match file {
        Some(name) => schemas
            .iter()
            .find(|(file, _)| *file == name)
            .map(|(_, schema)| serde_json::to_string_pretty(schema)),
        None => {
            let all: serde_json::Map<String, serde_json::Value> =
                schemas.iter().map(|(file, schema)| ((*file).to_owned(), schema.clone().into())).collect();
            Some(serde_json::to_string_pretty(&all))
        }
    };
    match text {
        Some(Ok(text)) => {
            show::out(&text);
            0
        }
        Some(Err(error)) => {
            show::err(&format!("edgewit: {error}"));
            ENVIRONMENT
        }
        None => {
            let names: Vec<&str> = schemas.iter().map(|(name, _)| *name).collect();
            show::err(&format!(
                "edgewit: found `{}`, expected one of {}",
                file.unwrap_or_default(),
                names.join(", ")
            ));
            USAGE
        }
    }
}
