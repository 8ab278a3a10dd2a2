//! `edgewit api deploy`.

use super::answers::{Deployment, RestApi, Stage, apis, export, find, read, stages};
use super::args::Deploy;
use super::client::{Ask, Client};
use super::diff::{tell, tell_titles};
use super::document::{Document, exported, keep_unsaid, options, tell_errors};
use super::failure::Failure;
use crate::INPUT;
use crate::show::{self, Line};
use edgewit_diff::{Older, contents, diff, printable};
use edgewit_model::{ImportOptions, Imported, api};
use http::Method;
use serde_json::{Map, Value, json};

pub(super) async fn run(args: &Deploy) -> Result<u8, Failure> {
    let document = Document::read(&args.file)?;
    let client = Client::new(&args.asked)?;
    let options = options(&args.asked, &args.reading);
    let Imported { api, partial, findings } = document.import(&options);
    let apis = apis(&client).await?;
    let title = api.as_ref().or(partial.as_ref()).map(|api| api.name.as_str()).unwrap_or_default();
    let there = target(&apis, args.api.as_deref(), title)?;
    match &api {
        Some(new) => announce(&client, args, &document, there, new.clone(), &options).await?,
        None => {
            let errors = tell_errors(&findings);
            show::err(&format!(
                "{} has {errors} {}, the difference cannot be shown",
                document.name,
                Line::plural(errors, "error")
            ));
        }
    }
    if args.dry_run {
        show::err("dry run: nothing was changed");
        return Ok(if api.is_some() { 0 } else { INPUT });
    }
    let imported = import(&client, &document, there)
        .await
        .map_err(|failure| failure.with("the document was not imported, and nothing was deployed"))?;
    imported.warnings.iter().for_each(|warning| show::err(&format!("warning: {}", printable(warning))));
    let done = if there.is_some() { "overwrote" } else { "created" };
    show::out(&format!("{done} {}", imported.title()));
    let deployment = create_deployment(&client, args, &imported.id).await.map_err(|failure| {
        failure.with(format!("the document was imported to {}, but not deployed", imported.title()))
    })?;
    let stages = stages(&client, &imported.id).await?;
    done_lines(args, &imported, &deployment, &stages).iter().for_each(|line| show::out(line));
    Ok(0)
}

/// The API to overwrite; none where one is to be created.
fn target<'a>(
    apis: &'a [RestApi],
    wanted: Option<&str>,
    title: &str,
) -> Result<Option<&'a RestApi>, Failure> {
    if let Some(wanted) = wanted {
        return find(apis, wanted).map(Some);
    }
    let named: Vec<&RestApi> = apis.iter().filter(|api| api.name == title).collect();
    match named.as_slice() {
        [] => Ok(None),
        [api] => Ok(Some(api)),
        _ => {
            let ids: Vec<String> = named.iter().map(|api| printable(&api.id)).collect();
            let (count, title) = (named.len(), printable(title));
            Err(Failure::Input(format!(
                "{count} APIs have the title of the document, `{title}`; say with --api which one to overwrite: {}",
                ids.join(", ")
            )))
        }
    }
}

/// Prints what will change on the stage.
async fn announce(
    client: &Client,
    args: &Deploy,
    document: &Document,
    there: Option<&RestApi>,
    mut new: api::RestApi,
    options: &ImportOptions,
) -> Result<(), Failure> {
    let name = &document.name;
    let Some(old) = there else {
        show::err(&format!("{name} becomes a new API, {}, on stage {}:", printable(&new.name), args.stage));
        tell_titles(&contents(&new));
        return Ok(());
    };
    let stages = stages(client, &old.id).await?;
    let Some(stage) = stages.iter().find(|stage| stage.stage_name == args.stage) else {
        show::err(&format!("{name} becomes {}, on the new stage {}:", old.title(), args.stage));
        tell_titles(&contents(&new));
        return Ok(());
    };
    let title = old.title();
    let text = match export(client, &old.id, &args.stage).await {
        Ok(text) => text,
        Err(failure) => {
            // Some APIs cannot be exported, and may be overwritten all the same.
            show::err(&failure.text());
            show::err(&format!("what stage {} of {title} serves cannot be compared", args.stage));
            return Ok(());
        }
    };
    let served = exported(&text, options)?;
    let deployment = printable(&stage.deployment_id);
    show::err(&format!("{name} over stage {} of {title}, deployment {deployment}:", args.stage));
    keep_unsaid(document, &served, &mut new);
    tell(&diff(&served, &new, Older::Export { api_id: &old.id }));
    Ok(())
}

async fn import(client: &Client, document: &Document, there: Option<&RestApi>) -> Result<RestApi, Failure> {
    let body = Some((document.content_type(), document.bytes.clone()));
    let answer = match there {
        Some(api) => {
            let path = ["restapis", &api.id];
            let query = [("mode", "overwrite")];
            client.json(Ask { method: Method::PUT, path: &path, query: &query, body }).await?
        }
        None => {
            let (path, query) = (["restapis"], [("mode", "import")]);
            client.json(Ask { method: Method::POST, path: &path, query: &query, body }).await?
        }
    };
    read(&answer)
}

async fn create_deployment(client: &Client, args: &Deploy, api: &str) -> Result<Deployment, Failure> {
    let request = deployment_request(args);
    read(&client.send(Method::POST, &["restapis", api, "deployments"], &request).await?)
}

fn deployment_request(args: &Deploy) -> Value {
    let mut request = json!({"stageName": args.stage});
    if let Some(description) = &args.description {
        request["description"] = json!(description);
    }
    if !args.variables.is_empty() {
        let variables = args.variables.iter().map(|(name, value)| (name.clone(), json!(value)));
        request["variables"] = Value::Object(variables.collect::<Map<_, _>>());
    }
    request
}

/// What happened, and how to call it.
fn done_lines(args: &Deploy, api: &RestApi, deployment: &Deployment, stages: &[Stage]) -> Vec<String> {
    let (stage, id) = (&args.stage, printable(&deployment.id));
    let canary = stages.iter().find(|it| it.stage_name == *stage).and_then(|it| it.canary_settings.as_ref());
    let done = match canary.filter(|canary| canary.deployment_id == deployment.id) {
        // While a stage has a canary, its production does not move.
        Some(canary) => {
            format!(
                "deployed {id} as the canary of stage {stage}, for {} % of requests",
                canary.percent_traffic
            )
        }
        None => format!("deployed {id} to stage {stage}"),
    };
    vec![done, format!("  invoke path   /_aws/execute-api/{}/{stage}/", printable(&api.id))]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::super::args::{Api, ApiCommand};
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        api: Api,
    }

    fn deploy(arguments: &[&str]) -> Deploy {
        let line = Line::try_parse_from([&["edgewit", "deploy", "a.yaml"], arguments].concat()).unwrap();
        match line.api.command {
            ApiCommand::Deploy(deploy) => deploy,
            other => unreachable!("{other:?}"),
        }
    }

    fn api(id: &str, name: &str) -> RestApi {
        RestApi { id: id.to_owned(), name: name.to_owned(), ..RestApi::default() }
    }

    #[test]
    fn the_api_with_the_title_is_overwritten() {
        let apis = [api("a", "shop"), api("b", "twin"), api("c", "twin")];
        assert_eq!(target(&apis, None, "shop").unwrap().unwrap().id, "a");
        assert!(target(&apis, None, "new").unwrap().is_none());
        assert_eq!(target(&apis, Some("c"), "shop").unwrap().unwrap().id, "c");
        assert!(target(&apis, Some("new"), "shop").is_err());
        let text = target(&apis, None, "twin").unwrap_err().text();
        assert!(text.ends_with("say with --api which one to overwrite: b, c"), "{text}");
    }

    #[test]
    fn the_request_has_what_was_given() {
        assert_eq!(deployment_request(&deploy(&[])), json!({"stageName": "dev"}));
        let arguments =
            ["--stage", "prod", "--description", "second", "--variable", "a=1", "--variable", "b=x=y"];
        let expected =
            json!({"stageName": "prod", "description": "second", "variables": {"a": "1", "b": "x=y"}});
        assert_eq!(deployment_request(&deploy(&arguments)), expected);
    }

    #[test]
    fn a_deployment_on_a_stage_with_a_canary_is_the_canary() {
        let deployment = Deployment { id: "d2".to_owned(), ..Deployment::default() };
        let stages: Vec<Stage> =
            super::super::answers::read_all(&[json!({"stageName": "dev", "deploymentId": "d1",
            "canarySettings": {"percentTraffic": 10.0, "deploymentId": "d2"}})])
            .unwrap();
        let args = deploy(&[]);
        let lines = done_lines(&args, &api("a1", "shop"), &deployment, &stages);
        assert_eq!(lines[0], "deployed d2 as the canary of stage dev, for 10 % of requests");
        let lines = done_lines(&args, &api("a1", "shop"), &deployment, &[]);
        assert_eq!(lines, ["deployed d2 to stage dev", "  invoke path   /_aws/execute-api/a1/dev/"]);
    }
}
