//! Which plugin works where, and whether it is of the kind that its place asks for.

use super::apis::located;
use super::plugins::LoadedPlugins;
use crate::config::{BodyAccess, FirewallFile, Folder, TransformFile, files};
use crate::generation::Attached;
use crate::guard::Breaker;
use edgewit_model::{Finding, Location};
use edgewit_plan::integration::Target;
use edgewit_plan::plan::{FunctionPlan, Route};
use edgewit_plan::{IntegrationPlan, Plan};
use edgewit_plugin::World;

/// The component that answers a route instead of a backend.
pub(super) fn component(route: &Route, folder: &Folder, plugins: &LoadedPlugins) -> Option<Attached> {
    let name = match &route.integration {
        IntegrationPlan::Function(function) => &*function.plugin()?.0,
        IntegrationPlan::Invoke(invoke) => &*invoke.function.plugin()?.0,
        IntegrationPlan::Http(http) | IntegrationPlan::HttpProxy(http) => origin(folder, &http.target)?,
        IntegrationPlan::Mock(_) | IntegrationPlan::Unavailable(_) => return None,
    };
    attached(plugins, name)
}

/// The transform of a route.
pub(super) fn transform(
    plan: &Plan,
    route: &Route,
    folder: &Folder,
    plugins: &LoadedPlugins,
) -> Option<Attached> {
    let found = folder.plugins.transforms.iter().find(|transform| fits(&transform.value, plan, route))?;
    attached(plugins, &found.value.plugin)
}

/// The firewall of a stage.
pub(super) fn firewall(plan: &Plan, folder: &Folder, plugins: &LoadedPlugins) -> Option<Attached> {
    let found = folder.plugins.firewalls.iter().find(|firewall| guards(&firewall.value, plan))?;
    attached(plugins, &found.value.plugin)
}

fn guards(firewall: &FirewallFile, plan: &Plan) -> bool {
    same(&firewall.api, &plan.api_id) && same(&firewall.stage, &plan.stage)
}

fn attached(plugins: &LoadedPlugins, name: &str) -> Option<Attached> {
    Some(Attached { entry: plugins.get(name)?, breaker: Breaker::default() })
}

/// Whether what an attachment says fits; what it leaves out fits everything.
fn same(wanted: &Option<String>, found: &str) -> bool {
    wanted.as_ref().is_none_or(|wanted| wanted == found)
}

fn fits(transform: &TransformFile, plan: &Plan, route: &Route) -> bool {
    same(&transform.api, &plan.api_id)
        && same(&transform.stage, &plan.stage)
        && same(&transform.resource, &route.resource_path)
        && same(&transform.method, route.verb.as_str())
}

fn origin<'f>(folder: &'f Folder, target: &Target) -> Option<&'f str> {
    let scheme = if target.tls { "https" } else { "http" };
    let plain = format!("{scheme}://{}", target.host);
    let with_port = format!("{plain}:{}", target.port);
    let default_port = target.port == if target.tls { 443 } else { 80 };
    let origins = &folder.functions.origins;
    let found = origins.get(&with_port).or_else(|| origins.get(&plain).filter(|_| default_port))?;
    Some(&found.value.plugin)
}

/// Names a plugin that is used as what it is not.
fn used(
    plugins: &LoadedPlugins,
    name: &str,
    world: World,
    at: &Location,
    what: &str,
    findings: &mut Vec<Finding>,
) {
    if let Some(worlds) = plugins.unfit(name, world) {
        let worlds: Vec<&str> = worlds.iter().map(|world| world.name()).collect();
        let message = format!(
            "{what} is the plugin `{name}`, a component of the world {}, expected {}",
            worlds.join(", "),
            world.name()
        );
        findings.push(Finding::error("plugin-world", at, message));
    }
}

/// The plugins that a plan calls must be of the kind that it calls them as.
pub(super) fn check_plan(plan: &Plan, plugins: &LoadedPlugins, findings: &mut Vec<Finding>) {
    let functions = Location { file: files::FUNCTIONS.into(), line: 0, column: 0 };
    for authorizer in &plan.authorizers {
        let what = format!("authorizer `{}`", authorizer.name);
        used(plugins, &authorizer.plugin.0, World::Authorizer, &functions, &what, findings);
    }
    for route in &plan.routes {
        if let Some(plugin) = route.integration.function().and_then(FunctionPlan::plugin) {
            let what = format!("the function of {} {}", route.verb.as_str(), route.resource_path);
            used(plugins, &plugin.0, World::Function, &functions, &what, findings);
        }
    }
}

/// A plugin must be of the kind that its use asks for, and what is attached must have a place, be it in a stage that the
/// control plane has made.
pub(super) fn check<'a>(
    plans: impl Iterator<Item = &'a Plan>,
    live: impl Iterator<Item = &'a Plan>,
    folder: &Folder,
    plugins: &LoadedPlugins,
    findings: &mut Vec<Finding>,
) {
    let mut plans: Vec<&Plan> = plans.collect();
    for plan in &plans {
        check_plan(plan, plugins, findings);
    }
    plans.extend(live);
    let mut used = |name: &str, world: World, at: Location, what: &str| {
        used(plugins, name, world, &at, what, findings);
    };
    for (origin, target) in &folder.functions.origins {
        let at = located(files::FUNCTIONS, target);
        used(&target.value.plugin, World::Http, at, &format!("origin `{origin}`"));
    }
    for transform in &folder.plugins.transforms {
        let at = located(files::PLUGINS, transform);
        used(&transform.value.plugin, World::Transform, at, "a transform");
    }
    for firewall in &folder.plugins.firewalls {
        let at = located(files::PLUGINS, firewall);
        used(&firewall.value.plugin, World::Firewall, at, "a firewall");
    }
    unknown(&plans, folder, plugins, findings);
}

/// Names that nothing has.
fn unknown(plans: &[&Plan], folder: &Folder, plugins: &LoadedPlugins, findings: &mut Vec<Finding>) {
    for (origin, target) in &folder.functions.origins {
        if !plugins.declares(&target.value.plugin) {
            let message = format!(
                "origin `{origin}` names the plugin `{}`, which {} does not have",
                target.value.plugin,
                files::PLUGINS
            );
            findings.push(Finding::error("plugin-unknown", &located(files::FUNCTIONS, target), message));
        }
    }
    for firewall in &folder.plugins.firewalls {
        let at = located(files::PLUGINS, firewall);
        let plugin = &firewall.value.plugin;
        if !plugins.declares(plugin) {
            let message = format!("a firewall names the plugin `{plugin}`, which is not below `plugins`");
            findings.push(Finding::error("plugin-unknown", &at, message));
        }
        let earlier = folder.plugins.firewalls.iter().take_while(|other| !std::ptr::eq(*other, firewall));
        let taken = |plan: &Plan| earlier.clone().any(|other| guards(&other.value, plan));
        if let Some(plan) = plans.iter().find(|plan| guards(&firewall.value, plan) && taken(plan)) {
            let message = format!(
                "the firewall `{plugin}` fits stage `{}` of API `{}`, which has one before it: a stage has one firewall",
                plan.stage, plan.api_id
            );
            findings.push(Finding::error("firewall-twice", &at, message));
        }
        // Requests would pass where somebody thinks that they are looked at.
        if !plans.is_empty() && !plans.iter().any(|plan| guards(&firewall.value, plan)) {
            let message = format!("the firewall `{plugin}` fits no stage");
            // One for a stage of the control plane has its place when that is there.
            let finding = match folder.node.control_plane {
                Some(true) => Finding::warning("firewall-unused", &at, message),
                _ => Finding::error("firewall-unused", &at, message),
            };
            findings.push(finding.with_help("`api` is an API id and `stage` the name of a stage"));
        }
    }
    for transform in &folder.plugins.transforms {
        let at = located(files::PLUGINS, transform);
        let plugin = &transform.value.plugin;
        if !plugins.declares(plugin) {
            let message = format!("a transform names the plugin `{plugin}`, which is not below `plugins`");
            findings.push(Finding::error("plugin-unknown", &at, message));
        }
        let fits =
            plans.iter().any(|plan| plan.routes.iter().any(|route| fits(&transform.value, plan, route)));
        // A function streams because its answer has no end in sight, or none that would fit.
        let declared = folder.plugins.plugins.get(plugin);
        let waits = declared.is_some_and(|plugin| matches!(plugin.value.response_body, BodyAccess::Whole(_)));
        for (plan, route) in plans.iter().flat_map(|plan| plan.routes.iter().map(move |route| (plan, route)))
        {
            let streams =
                matches!(&route.integration, IntegrationPlan::Function(function) if function.streams);
            if streams && waits && self::fits(&transform.value, plan, route) {
                let (verb, resource) = (route.verb.as_str(), &route.resource_path);
                let message = format!(
                    "the transform `{plugin}` fits {verb} {resource}, whose function streams; it asks for the whole answer"
                );
                let finding = Finding::error("transform-streams", &at, message);
                findings.push(finding.with_help("`response_body` is `none` or `{first: BYTES}` there"));
            }
        }
        if !fits {
            let message = format!("the transform `{plugin}` fits no route");
            let finding = Finding::warning("transform-unused", &at, message);
            findings
                .push(finding.with_help("`api`, `stage`, `resource` and `method` are those of the document"));
        }
    }
}
