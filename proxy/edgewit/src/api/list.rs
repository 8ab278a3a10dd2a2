//! `edgewit api list`.

use super::answers::{RestApi, Stage, raw_stages, read, read_all};
use super::args::List;
use super::client::Client;
use super::failure::Failure;
use super::text::{columns, time};
use crate::show;
use edgewit_diff::printable;
use serde_json::{Value, json};

pub(super) async fn run(list: &List) -> Result<u8, Failure> {
    let client = Client::new(&list.asked)?;
    let mut found = Vec::new();
    for raw in client.list(&["restapis"], &[]).await? {
        let api: RestApi = read(&raw)?;
        let stages = raw_stages(&client, &api.id).await?;
        found.push(Found { raw, api, stages });
    }
    found.sort_by(|one, other| (&one.api.name, &one.api.id).cmp(&(&other.api.name, &other.api.id)));
    if list.json {
        show::out(&json(&found).to_string());
    } else if found.is_empty() {
        show::err("no APIs; `edgewit api deploy FILE` creates one");
    } else {
        table(&found)?.iter().for_each(|line| show::out(line));
    }
    Ok(0)
}

/// An API with its stages as they were answered.
struct Found {
    raw: Value,
    api: RestApi,
    stages: Vec<Value>,
}

fn table(found: &[Found]) -> Result<Vec<String>, Failure> {
    let mut rows = vec![["ID", "NAME", "STAGES", "CREATED"].map(str::to_owned).to_vec()];
    for Found { api, stages, .. } in found {
        let stages: Vec<Stage> = read_all(stages)?;
        let stages: Vec<String> = stages.iter().map(stage).collect();
        let stages = if stages.is_empty() { "-".to_owned() } else { stages.join(", ") };
        rows.push(vec![printable(&api.id), printable(&api.name), stages, time(api.created_date)]);
    }
    Ok(columns(&rows))
}

/// `prod (a1b2c3)`.
fn stage(stage: &Stage) -> String {
    let (name, deployment) = (printable(&stage.stage_name), printable(&stage.deployment_id));
    match &stage.canary_settings {
        Some(canary) => format!("{name} ({deployment}, canary {})", printable(&canary.deployment_id)),
        None => format!("{name} ({deployment})"),
    }
}

fn json(found: &[Found]) -> Value {
    let entries = found.iter().map(|Found { raw, stages, .. }| {
        json!({"id": raw.get("id"), "name": raw.get("name"), "createdDate": raw.get("createdDate"), "stages": stages})
    });
    Value::Array(entries.collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn apis_are_rows_with_their_stages() {
        let api = |id: &str, name: &str, stages| {
            let raw = json!({"id": id, "name": name, "createdDate": 1_700_000_000});
            Found { api: read(&raw).unwrap(), raw, stages }
        };
        let stages = vec![
            json!({"stageName": "dev", "deploymentId": "d1"}),
            json!({"stageName": "prod", "deploymentId": "d2", "canarySettings": {"deploymentId": "d3"}}),
        ];
        let found = [api("a1b2c3d4e5", "shop", stages), api("b", "new\u{1b}", Vec::new())];
        assert_eq!(
            table(&found).unwrap(),
            [
                "ID          NAME       STAGES                          CREATED",
                "a1b2c3d4e5  shop       dev (d1), prod (d2, canary d3)  2023-11-14 22:13:20 UTC",
                "b           new\\u{1b}  -                               2023-11-14 22:13:20 UTC",
            ]
        );
        assert_eq!(json(&found)[0]["createdDate"], 1_700_000_000);
        assert_eq!(json(&found)[0]["stages"][1]["canarySettings"]["deploymentId"], "d3");
    }
}
