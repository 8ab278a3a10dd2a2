//! `edgewit serve`.

use crate::args::Serve;
use crate::show::{self, Line};
use crate::{ENVIRONMENT, INPUT, USAGE};
use edgewit_gateway::node::{self, Event, NodeError, NodeOptions, Reporter};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) fn run(serve: &Serve) -> u8 {
    let options = NodeOptions {
        conf: serve.conf.clone(),
        listen: serve.listen,
        admin: serve.admin.clone(),
        threads: serve.threads.map(usize::from),
        data: serve.data.clone(),
        redis: serve.redis.clone(),
        overrides: serve.compile.overrides(false),
    };
    let ready_file = serve.ready_file.clone();
    let quickstart = serve.conf.ends_with("conf/quickstart");
    let report: Reporter = Arc::new(move |event: Event<'_>| tell(&event, ready_file.as_ref(), quickstart));
    match node::run(&options, &report) {
        Ok(()) => 0,
        Err(NodeError::Configuration(findings)) => {
            for finding in &findings {
                show::err(&finding.to_string());
            }
            let errors = findings.iter().filter(|finding| finding.is_error()).count();
            show::err(&format!("edgewit: {errors} {}, nothing is served", Line::plural(errors, "error")));
            INPUT
        }
        Err(error @ NodeError::Usage(_)) => {
            show::err(&format!("edgewit: {error}"));
            USAGE
        }
        Err(error @ NodeError::Environment { .. }) => {
            show::err(&format!("edgewit: {error}"));
            ENVIRONMENT
        }
    }
}

fn tell(event: &Event<'_>, ready_file: Option<&PathBuf>, quickstart: bool) {
    match event {
        Event::Serving { listen, admin, generation, findings, took } => {
            for finding in *findings {
                show::err(&finding.to_string());
            }
            show::serving(*listen, *admin, generation, *took);
            if quickstart {
                show::try_it(*listen);
            }
            if let Some(path) = ready_file
                && let Err(error) = write_ready_file(path, *listen, *admin)
            {
                show::err(&format!("edgewit: {} cannot be written: {error}", path.display()));
            }
        }
        Event::Reloaded(reload) => show::reloaded(reload),
        Event::Draining { connections } => {
            show::err(&format!("draining: {connections} open {}", Line::plural(*connections, "connection")));
        }
        Event::Stopped { cut: 0 } => show::err("stopped"),
        Event::Stopped { cut } => {
            show::err(&format!("stopped: {cut} {} cut", Line::plural(*cut, "connection")));
        }
    }
}

/// Whoever waits for the file sees it whole or not at all.
fn write_ready_file(path: &Path, listen: SocketAddr, admin: Option<SocketAddr>) -> std::io::Result<()> {
    let text =
        serde_json::json!({"listen": listen.to_string(), "admin": admin.map(|admin| admin.to_string())});
    let temporary = path.with_extension("new");
    std::fs::write(&temporary, text.to_string())?;
    std::fs::rename(temporary, path)
}
