//! What stands for Lambda functions, by `functions.yaml`.

use super::apis::located;
use super::plugins::LoadedPlugins;
use crate::config::{Folder, FunctionFile, files};
use edgewit_model::Finding;
use edgewit_plan::{Binding, PluginRef};

/// Longest name of a function at an endpoint, its ARN included, in bytes.
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
const MAX_NAME_BYTES: usize = 170;

/// What stands for the function with this ARN: looked for by full ARN, by `NAME:ALIAS`, by `NAME`, by `*`.
pub(super) fn resolve(folder: &Folder, arn: &str) -> Option<Binding> {
    let name = arn.splitn(7, ':').nth(6);
    let plain = name.and_then(|name| name.split(':').next());
    let keys = [Some(arn), name, plain, Some("*")];
    let found = keys.into_iter().flatten().find_map(|key| folder.functions.functions.get(key))?;
    let FunctionFile { plugin, endpoint, name, sign } = &found.value;
    if let Some(plugin) = plugin {
        return Some(Binding::Plugin(PluginRef(plugin.as_str().into())));
    }
    let endpoint = endpoint.as_deref()?;
    // What is no origin is a mistake, with which nothing is served.
    let origin = is_origin(endpoint).then(|| endpoint.trim_end_matches('/').to_owned());
    let sign = sign.unwrap_or(origin.is_none());
    Some(Binding::Endpoint { origin, name: name.clone(), sign })
}

/// Every function must stand for one thing that can be.
pub(super) fn check(folder: &Folder, plugins: &LoadedPlugins, findings: &mut Vec<Finding>) {
    for (name, function) in &folder.functions.functions {
        let at = located(files::FUNCTIONS, function);
        let FunctionFile { plugin, endpoint, name: called, sign } = &function.value;
        let mut wrong = |code, message: String| findings.push(Finding::error(code, &at, message));
        if let Some(called) = called.as_ref().filter(|called| !(1..=MAX_NAME_BYTES).contains(&called.len())) {
            let found = called.len();
            wrong(
                "config-invalid",
                format!("found a `name` of {found} bytes, expected 1 to {MAX_NAME_BYTES}"),
            );
        }
        match (plugin, endpoint) {
            (Some(plugin), None) => {
                if !plugins.declares(plugin) {
                    let file = files::PLUGINS;
                    let message =
                        format!("function `{name}` names the plugin `{plugin}`, which {file} does not have");
                    wrong("plugin-unknown", message);
                }
                if called.is_some() || sign.is_some() {
                    let message = format!(
                        "function `{name}`: `name` and `sign` are for functions with an `endpoint`, found `plugin`"
                    );
                    wrong("config-invalid", message);
                }
            }
            (None, Some(endpoint)) if endpoint == "aws" || is_origin(endpoint) => {}
            (None, Some(endpoint)) => wrong(
                "config-invalid",
                format!(
                    "found `{endpoint}` for `endpoint`, expected `aws` or an origin such as `http://127.0.0.1:3002`"
                ),
            ),
            (Some(_), Some(_)) => wrong(
                "config-invalid",
                format!("function `{name}`: found `plugin` beside `endpoint`, expected one of them"),
            ),
            (None, None) => {
                wrong("config-invalid", format!("function `{name}`: expected `plugin` or `endpoint`"));
            }
        }
    }
}

/// `http://` or `https://`, a host, perhaps a port, and nothing more than a slash.
pub(super) fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<http::Uri>() else { return false };
    let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let authority = uri.authority().is_some_and(|authority| {
        !authority.as_str().contains('@') && !authority.host().is_empty() && authority.port_u16() != Some(0)
    });
    scheme && authority && uri.query().is_none() && matches!(uri.path(), "" | "/")
}
