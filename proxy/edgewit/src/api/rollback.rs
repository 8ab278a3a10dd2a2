//! `edgewit api rollback`.

use super::answers::{Deployment, Stage, apis, deployments, find, find_stage, stages};
use super::args::Rollback;
use super::client::Client;
use super::failure::Failure;
use super::show::told;
use crate::show;
use edgewit_diff::printable;
use http::Method;
use serde_json::json;

pub(super) async fn run(args: &Rollback) -> Result<u8, Failure> {
    let client = Client::new(&args.asked)?;
    let apis = apis(&client).await?;
    let api = find(&apis, &args.api)?;
    let stages = stages(&client, &api.id).await?;
    let stage = find_stage(&stages, api, &args.stage)?;
    let deployments = deployments(&client, &api.id).await?;
    let to = match &args.to {
        Some(wanted) => named(&deployments, wanted)?,
        None => before(&deployments, stage)?,
    };
    let whose = format!("stage {} of {}", printable(&stage.stage_name), api.title());
    if to.id == stage.deployment_id {
        show::out(&format!("{whose} serves {} already", told(&to.id, &deployments)));
        return Ok(0);
    }
    let change = json!({"patchOperations": [{"op": "replace", "path": "/deploymentId", "value": to.id}]});
    client.send(Method::PATCH, &["restapis", &api.id, "stages", &stage.stage_name], &change).await?;
    show::out(&whose);
    show::out(&format!("  from  {}", told(&stage.deployment_id, &deployments)));
    show::out(&format!("  to    {}", told(&to.id, &deployments)));
    if let Some(canary) = &stage.canary_settings {
        show::err(&format!(
            "the canary stays: {} % of requests go to {}",
            canary.percent_traffic,
            told(&canary.deployment_id, &deployments)
        ));
    }
    Ok(0)
}

fn named<'d>(deployments: &'d [Deployment], wanted: &str) -> Result<&'d Deployment, Failure> {
    deployments.iter().find(|deployment| deployment.id == wanted).ok_or_else(|| {
        let wanted = printable(wanted);
        Failure::Input(format!(
            "--to: there is no deployment `{wanted}`; {}",
            listed(&newest_first(deployments))
        ))
    })
}

/// The deployment that was made before the one that a stage serves.
fn before<'d>(deployments: &'d [Deployment], stage: &Stage) -> Result<&'d Deployment, Failure> {
    let Some(current) = deployments.iter().find(|deployment| deployment.id == stage.deployment_id) else {
        let gone = printable(&stage.deployment_id);
        return Err(Failure::Input(format!(
            "the stage's deployment {gone} is gone; say with --to which is to be served"
        )));
    };
    let others = newest_first(deployments);
    let others = others.into_iter().filter(|deployment| deployment.id != current.id);
    let candidates: Vec<&Deployment> =
        others.filter(|deployment| deployment.created_date <= current.created_date).collect();
    let Some(first) = candidates.first() else {
        return Err(Failure::Input(format!(
            "{} is the first deployment, there is none before it",
            printable(&current.id)
        )));
    };
    // The node tells seconds, and which of two in the same second came first is not known.
    let same_second = |one: f64, other: f64| (one - other).abs() < 1.0;
    let is_unclear = same_second(first.created_date, current.created_date)
        || candidates.get(1).is_some_and(|second| same_second(second.created_date, first.created_date));
    if is_unclear {
        return Err(Failure::Input(format!(
            "several deployments were made in the same second; say with --to which is to be served: {}",
            listed(&candidates)
        )));
    }
    Ok(first)
}

fn newest_first(deployments: &[Deployment]) -> Vec<&Deployment> {
    let mut sorted: Vec<&Deployment> = deployments.iter().collect();
    sorted.sort_by(|one, other| {
        other.created_date.total_cmp(&one.created_date).then_with(|| one.id.cmp(&other.id))
    });
    sorted
}

/// Deployments that a message names.
const LISTED: usize = 10;

fn listed(deployments: &[&Deployment]) -> String {
    let shown = deployments.iter().take(LISTED).map(|deployment| {
        let all = std::slice::from_ref(*deployment);
        format!("\n    {}", told(&deployment.id, all))
    });
    let shown: String = shown.collect();
    if shown.is_empty() { "there are none".to_owned() } else { format!("there is{shown}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn deployment(id: &str, created_date: f64) -> Deployment {
        Deployment { id: id.to_owned(), created_date, description: None }
    }

    fn stage(deployment_id: &str) -> Stage {
        Stage { deployment_id: deployment_id.to_owned(), ..Stage::default() }
    }

    #[test]
    fn the_deployment_before_is_the_last_one_made_before() {
        let deployments =
            [deployment("c", 30.0), deployment("a", 10.0), deployment("d", 40.0), deployment("b", 20.0)];
        assert_eq!(before(&deployments, &stage("c")).unwrap().id, "b");
        assert_eq!(before(&deployments, &stage("b")).unwrap().id, "a");
        let text = before(&deployments, &stage("a")).unwrap_err().text();
        assert_eq!(text, "edgewit: a is the first deployment, there is none before it");
        assert!(before(&deployments, &stage("gone")).unwrap_err().text().contains("--to"));
    }

    #[test]
    fn what_came_first_within_a_second_is_not_guessed() {
        let deployments = [deployment("a", 10.0), deployment("b", 10.0), deployment("c", 20.0)];
        for current in ["a", "b", "c"] {
            let text = before(&deployments, &stage(current)).unwrap_err().text();
            assert!(
                text.contains("in the same second; say with --to which is to be served: there is\n    "),
                "{text}"
            );
        }
    }

    #[test]
    fn a_named_deployment_must_be_there() {
        let deployments = [deployment("a", 10.0)];
        assert_eq!(named(&deployments, "a").unwrap().id, "a");
        let text = named(&deployments, "b").unwrap_err().text();
        assert_eq!(
            text,
            "edgewit: --to: there is no deployment `b`; there is\n    a, 1970-01-01 00:00:10 UTC"
        );
    }
}
