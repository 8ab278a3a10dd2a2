//! What `edgewit plugin inspect` prints.

use super::inspect::Inspected;
use super::measure::Sample;
use crate::show::Line;
use edgewit_model::Finding;
use edgewit_plugin::{Grants, needed_grant};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// For people.
pub(crate) fn text(path: &Path, inspected: &Inspected) -> Vec<String> {
    let plugin = &inspected.plugin;
    let admission = plugin.admission();
    let worlds = plugin.worlds();
    let names: Vec<&str> = worlds.iter().map(|world| world.name()).collect();
    let grants = &plugin.settings().grants;
    let mut lines = vec![path.display().to_string()];
    lines.push(row("digest", &format!("sha256:{}", plugin.digest())));
    lines.push(row("size", &size(inspected.bytes)));
    lines.push(row(&Line::plural(names.len(), "world"), &names.join(", ")));
    let imports = admission.imports.iter().map(|import| match needed_grant(import) {
        Some(grant) => format!("{import}   needs `grants: {{{grant}: […]}}`: {}", given(grant, grants)),
        None => import.clone(),
    });
    lines.extend(rows("imports", &imports.collect::<Vec<_>>()));
    lines.extend(rows("exports", &admission.exports));
    lines.push(row("configured", &configured(inspected)));
    lines.push(row("admitted", &format!("in {}", Line::took(inspected.admitted))));
    for cost in &inspected.costs {
        lines.push(row("asked", &cost.question));
        lines.push(row("answered", &cost.answer));
        lines.push(row("fresh call", &sample(&cost.fresh)));
        if let Some(prepared) = &cost.prepared {
            lines.push(row("prepared", &sample(prepared)));
        }
        let warm = match &cost.warm {
            Some(warm) => sample(warm),
            None => format!("none: {}", why_not_kept(&cost.answer)),
        };
        lines.push(row("warm call", &warm));
    }
    lines
}

fn why_not_kept(answer: &str) -> &'static str {
    if answer.starts_with("fails: ") {
        "an instance that failed is not kept"
    } else {
        "an instance that holds something of its request is not kept"
    }
}

fn configured(inspected: &Inspected) -> String {
    let admission = inspected.plugin.admission();
    match (&admission.no_picture, admission.configured) {
        (_, false) => "it has no `configure`".to_owned(),
        (None, true) => "once, and requests start from the picture of it".to_owned(),
        (Some(reason), true) => {
            format!("with each new instance, because no picture could be taken: {reason}")
        }
    }
}

fn given(grant: &str, grants: &Grants) -> String {
    let count = match grant {
        "http" => grants.http.as_ref().map(Vec::len),
        _ => grants.keyvalue.as_ref().map(Vec::len),
    };
    let what = if grant == "http" { "origin" } else { "store" };
    match count {
        None => "not granted".to_owned(),
        Some(0) => "granted here, with nothing behind it".to_owned(),
        Some(count) => format!("granted here, {count} {}", Line::plural(count, what)),
    }
}

fn row(name: &str, value: &str) -> String {
    format!("  {name:<12}{value}")
}

fn rows(name: &str, values: &[String]) -> Vec<String> {
    if values.is_empty() {
        return vec![row(name, "none")];
    }
    values.iter().enumerate().map(|(at, value)| row(if at == 0 { name } else { "" }, value)).collect()
}

fn sample(sample: &Sample) -> String {
    format!("{}, median of {}", micros(sample.median), sample.calls)
}

fn micros(time: Duration) -> String {
    if time < Duration::from_millis(1) {
        format!("{:.1} µs", time.as_secs_f64() * 1e6)
    } else {
        Line::took(time)
    }
}

/// `66.1 KiB (67690 bytes)`.
pub(crate) fn size(bytes: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
    let kib = bytes as f64 / 1024.0;
    if kib < 1024.0 {
        format!("{kib:.1} KiB ({bytes} bytes)")
    } else {
        format!("{:.1} MiB ({bytes} bytes)", kib / 1024.0)
    }
}

/// For machines.
pub(crate) fn json(path: &Path, inspected: &Inspected) -> Value {
    let plugin = &inspected.plugin;
    let admission = plugin.admission();
    let worlds: Vec<&str> = plugin.worlds().iter().map(|world| world.name()).collect();
    let imports: Vec<Value> =
        admission.imports.iter().map(|name| json!({"name": name, "grant": needed_grant(name)})).collect();
    let sample = |sample: &Sample| json!({"medianNs": nanos(sample.median), "calls": sample.calls});
    let costs: Vec<Value> = inspected
        .costs
        .iter()
        .map(|cost| {
            json!({
                "world": cost.world.name(),
                "question": cost.question,
                "answer": cost.answer,
                "fresh": sample(&cost.fresh),
                "prepared": cost.prepared.as_ref().map(sample),
                "warm": cost.warm.as_ref().map(sample),
            })
        })
        .collect();
    json!({
        "file": path.display().to_string(),
        "digest": format!("sha256:{}", plugin.digest()),
        "bytes": inspected.bytes,
        "worlds": worlds,
        "imports": imports,
        "exports": admission.exports,
        "configured": admission.configured,
        "pictured": admission.configured && admission.no_picture.is_none(),
        "noPicture": admission.no_picture,
        "admittedNs": nanos(inspected.admitted),
        "costs": costs,
    })
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What kept a component from being loaded, for machines.
pub(crate) fn finding(path: &Path, finding: &Finding) -> Value {
    json!({
        "file": path.display().to_string(),
        "error": {"code": finding.code, "message": finding.message, "help": finding.help},
    })
}
