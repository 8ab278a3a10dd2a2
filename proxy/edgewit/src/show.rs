//! What a person reads.

use edgewit_gateway::generation::Generation;
use edgewit_gateway::reload::Reload;
use edgewit_plan::FunctionPlan;
use edgewit_plan::integration::HttpPlan;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

/// Routes that the start-up listing shows of one stage.
const ROUTES_SHOWN: usize = 12;

/// Writes a line to stdout. A reader that has gone is no error.
pub(crate) fn out(line: &str) {
    let _gone = writeln!(std::io::stdout(), "{line}");
}

/// Writes a line to stderr.
pub(crate) fn err(line: &str) {
    let _gone = writeln!(std::io::stderr(), "{line}");
}

/// Words for lines.
pub(crate) struct Line;

impl Line {
    /// `1 route`, `2 routes`.
    pub(crate) fn plural(count: usize, one: &str) -> String {
        if count == 1 { one.to_owned() } else { format!("{one}s") }
    }

    /// `0.8 ms`, `1.2 s`.
    pub(crate) fn took(time: Duration) -> String {
        if time < Duration::from_secs(1) {
            format!("{:.1} ms", time.as_secs_f64() * 1e3)
        } else {
            format!("{:.1} s", time.as_secs_f64())
        }
    }
}

/// What a node serves, and how to try it.
pub(crate) fn serving(
    listen: SocketAddr,
    admin: Option<SocketAddr>,
    generation: &Generation,
    took: Duration,
) {
    let stages = generation.stages();
    let routes: usize = stages.iter().map(|stage| stage.routes.len()).sum();
    let apis = generation.apis.len();
    err(&format!(
        "edgewit serves {apis} {} with {routes} {}, compiled in {}",
        Line::plural(apis, "API"),
        Line::plural(routes, "route"),
        Line::took(took)
    ));
    for stage in &stages {
        let plan = &stage.plan;
        err(&format!("\n  {} ({}), stage {}", plan.api_name, plan.api_id, plan.stage));
        err(&format!("    {}", base(listen, generation, &plan.api_id, &plan.stage)));
        for route in plan.routes.iter().take(ROUTES_SHOWN) {
            err(&format!("    {:<8}{:<32} {}", route.verb.as_str(), route.resource_path, describe(route)));
        }
        if plan.routes.len() > ROUTES_SHOWN {
            err(&format!("    … and {} more", plan.routes.len() - ROUTES_SHOWN));
        }
    }
    match admin {
        Some(admin) => err(&format!("\n  admin    http://{admin}/edgewit/health  http://{admin}/metrics")),
        None => err("\n  admin    none"),
    }
}

fn base(listen: SocketAddr, generation: &Generation, api: &str, stage: &str) -> String {
    if generation.only.as_deref() == Some(api) {
        format!("http://{listen}/{stage}")
    } else {
        format!("http://{listen}/_aws/execute-api/{api}/{stage}")
    }
}

/// The VPC link that an integration goes through.
fn through(plan: &HttpPlan) -> String {
    plan.vpc_link.as_ref().map_or_else(String::new, |link| format!(", link {link}"))
}

/// Where a function is, if not in this node.
fn elsewhere(plan: &FunctionPlan) -> String {
    plan.endpoint().map_or_else(String::new, |endpoint| format!(" at {}", endpoint.target.authority))
}

fn describe(route: &edgewit_plan::Route) -> String {
    use edgewit_plan::{IntegrationPlan as I, RouteAuthorization as A};
    let target = match &route.integration {
        I::Mock(_) => "mock".to_owned(),
        I::Http(plan) => match &plan.service {
            Some(_) => format!("aws {}", plan.target.authority),
            None => format!("http {}{}", plan.target.authority, through(plan)),
        },
        I::HttpProxy(plan) => format!("proxy {}{}", plan.target.authority, through(plan)),
        I::Function(plan) => format!("function {}{}", plan.function_name, elsewhere(plan)),
        I::Invoke(plan) => {
            format!("function {}, mapped{}", plan.function.function_name, elsewhere(&plan.function))
        }
        I::Unavailable(why) => format!("answers 500: {}", why.code),
    };
    let validated = if route.validation.is_some() { ", validated" } else { "" };
    match &route.authorization {
        A::Open => format!("{target}{validated}"),
        A::Authorizer(_) => format!("{target}{validated}, authorizer"),
        A::Unavailable(why) => format!("answers 500: {}", why.code),
    }
}

/// Three lines to copy, where the quickstart is served.
pub(crate) fn try_it(listen: SocketAddr) {
    err("\n  Try:");
    err(&format!("    curl http://{listen}/dev/hello"));
    err(&format!(
        "    curl http://{listen}/dev/orders -H 'Content-Type: application/json' -d '{{\"item\":\"tea\"}}'"
    ));
    err(&format!(
        "    curl -i http://{listen}/dev/private -H 'Authorization: Bearer allow-alice'   # or deny-mallory, or none"
    ));
    err("");
}

/// One line about a reload; a refused one with its findings.
pub(crate) fn reloaded(reload: &Reload) {
    let changed =
        if reload.changed.is_empty() { "nothing changed".to_owned() } else { reload.changed.join(", ") };
    if reload.applied {
        let restart = if reload.restart_for.is_empty() {
            String::new()
        } else {
            format!("; restart for: {}", reload.restart_for.join(", "))
        };
        err(&format!(
            "reloaded: {changed}; generation {} in {}{restart}",
            reload.generation,
            Line::took(reload.took)
        ));
    } else {
        let errors = reload.findings.iter().filter(|finding| finding.is_error()).count();
        err(&format!(
            "refused: {changed}; {errors} {}, generation {} serves on",
            Line::plural(errors, "error"),
            reload.generation
        ));
        for finding in reload.findings.iter().filter(|finding| finding.is_error()) {
            err(&format!("  {finding}"));
        }
    }
}
