//! `edgewit state`: what the control plane keeps, as a file.

pub(crate) mod args;
mod output;

use crate::input::{self, STANDARD};
use crate::show::{self, Line};
use crate::{ENVIRONMENT, INPUT};
use args::{Export, Import, Kept, State, StateCommand};
use edgewit_gateway::node::{REDIS_PREFIX, default_data};
use edgewit_store::{
    CommitError, Embedded, ExportError, Exported, ImportError, ImportOptions, Redis, RedisSettings, Store,
    StoreError,
};
use output::Whole;
use std::io::{self, BufWriter};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Message and exit code.
type Failure = (String, u8);

pub(crate) fn run(state: &State) -> u8 {
    let ran = match &state.command {
        StateCommand::Export(args) => export(args),
        StateCommand::Import(args) => import(args),
    };
    match ran {
        Ok(line) => {
            show::err(&line);
            0
        }
        Err((message, code)) => {
            show::err(&format!("edgewit: {message}"));
            code
        }
    }
}

fn export(args: &Export) -> Result<String, Failure> {
    if args.kept.redis.is_none() {
        let folder = folder(&args.kept)?;
        // Opening makes a store where there is none, which nobody wants of a backup.
        if !Embedded::is_at(&folder) {
            let what = "no node with a control plane has kept anything there";
            let message =
                format!("there is no store in {}: {what}; --data names another folder", folder.display());
            return Err((message, INPUT));
        }
    }
    let store = open(&args.kept)?;
    let Exported { revision, records } = if args.file.as_os_str() == STANDARD {
        edgewit_store::export(&*store, &mut io::stdout().lock()).map_err(export_failed)?
    } else {
        let unwritable = |error| (format!("{} cannot be written: {error}", args.file.display()), ENVIRONMENT);
        let mut out = BufWriter::new(Whole::create(&args.file).map_err(unwritable)?);
        let exported = edgewit_store::export(&*store, &mut out).map_err(export_failed)?;
        let whole = out.into_inner().map_err(|error| unwritable(error.into_error()))?;
        whole.complete().map_err(unwritable)?;
        exported
    };
    Ok(format!("exported {records} {} of revision {revision}", Line::plural(records, "record")))
}

fn import(args: &Import) -> Result<String, Failure> {
    let name = input::name(&args.file);
    let mut from =
        input::open(&args.file).map_err(|error| (format!("{name} cannot be read: {error}"), INPUT))?;
    let store = open(&args.kept)?;
    let options = ImportOptions { replace: args.replace, audit: audit(&name) };
    let imported =
        edgewit_store::import(&*store, &mut *from, options).map_err(|error| import_failed(&name, &error))?;
    let records = imported.records;
    Ok(format!("imported {records} {}; revision {}", Line::plural(records, "record"), imported.revision))
}

/// The line that the audit log gets.
fn audit(file: &str) -> Vec<u8> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    serde_json::json!({"time": seconds, "operation": "edgewit state import", "file": file})
        .to_string()
        .into_bytes()
}

fn folder(kept: &Kept) -> Result<PathBuf, Failure> {
    let none =
        || ("there is no state folder for this user; name a folder with --data".to_owned(), ENVIRONMENT);
    kept.data.clone().or_else(default_data).ok_or_else(none)
}

fn open(kept: &Kept) -> Result<Box<dyn Store>, Failure> {
    match &kept.redis {
        Some(url) => {
            let settings = RedisSettings { url: url.clone(), prefix: REDIS_PREFIX.to_owned(), ca: None };
            Ok(Box::new(Redis::open(&settings).map_err(store_failed)?))
        }
        None => Ok(Box::new(Embedded::open(&folder(kept)?).map_err(store_failed)?)),
    }
}

fn store_failed(error: StoreError) -> Failure {
    let message = match error {
        StoreError::InUse { file } => {
            format!("{} is in use: stop the node that serves from it, and try again", file.display())
        }
        other => other.to_string(),
    };
    (message, ENVIRONMENT)
}

fn export_failed(error: ExportError) -> Failure {
    match error {
        ExportError::Store(error) => store_failed(error),
        other => (other.to_string(), ENVIRONMENT),
    }
}

fn import_failed(name: &str, error: &ImportError) -> Failure {
    match error {
        ImportError::Line { .. } => (format!("{name}: {error}"), INPUT),
        ImportError::Io { .. } => (format!("{name}: {error}"), ENVIRONMENT),
        ImportError::Commit(CommitError::NotEmpty { .. }) => {
            (format!("{error}; --replace puts those of {name} in their place"), INPUT)
        }
        ImportError::Commit(CommitError::Invalid(_)) => (format!("{name}: {error}"), INPUT),
        ImportError::Commit(_) => (error.to_string(), ENVIRONMENT),
    }
}
