//! Credentials and endpoints of AWS services, by `aws` of `edgewit.yaml`.

use super::apis::located;
use super::functions::is_origin;
use crate::aws::{Hidden, Providers, Signer, Source};
use crate::config::{CredentialsFile, Folder, files};
use edgewit_model::Finding;
use edgewit_plan::integration::SignerPlan;
use edgewit_sigv4::{DEFAULT_KEYS, KeyCache};
use std::sync::Arc;

/// What signatures are made with; it outlives generations.
#[derive(Debug)]
pub(super) struct Signing {
    providers: Providers,
    keys: Arc<KeyCache>,
}

impl Default for Signing {
    fn default() -> Self {
        Self { providers: Providers::default(), keys: Arc::new(KeyCache::new(DEFAULT_KEYS)) }
    }
}

impl Signing {
    /// Who signs the calls of a route.
    pub(super) fn signer(&self, plan: &SignerPlan, folder: &Folder) -> Signer {
        let source = source(plan.role.as_deref(), folder);
        Signer::new(plan, self.providers.of(source), Arc::clone(&self.keys))
    }
}

/// Where the credentials for a role, or for the node itself, come from.
fn source(role: Option<&str>, folder: &Folder) -> Source {
    let (aws, region) = (&folder.node.aws, folder.node.region());
    let node = || match &aws.credentials {
        Some(configured) => configured_source(&configured.value, region),
        None => Source::Chain { region: region.to_owned() },
    };
    let Some(role) = role else { return node() };
    if let Some(configured) = aws.roles.get(role) {
        return configured_source(&configured.value, region);
    }
    // Nobody can assume what is no role, such as a reference that was left in a document.
    if !aws.assume_roles.unwrap_or(true) || !role.starts_with("arn:") {
        return node();
    }
    Source::Role {
        arn: role.to_owned(),
        region: region.to_owned(),
        endpoint: endpoint(folder, "sts"),
        by: Box::new(node()),
    }
}

fn configured_source(file: &CredentialsFile, region: &str) -> Source {
    match (&file.profile, &file.access_key_id, &file.secret_access_key) {
        (Some(profile), ..) => Source::Profile { name: profile.clone(), region: region.to_owned() },
        (None, Some(id), Some(secret)) => Source::Key {
            access_key_id: id.clone(),
            secret_access_key: Hidden(secret.0.clone()),
            session_token: file.session_token.as_ref().map(|token| Hidden(token.0.clone())),
        },
        // A mistake, with which nothing is served.
        (None, ..) => Source::Chain { region: region.to_owned() },
    }
}

/// The origin that is called instead of a service.
pub(super) fn endpoint(folder: &Folder, service: &str) -> Option<String> {
    let endpoints = &folder.node.aws.endpoints;
    let found = endpoints.get(service).or_else(|| endpoints.get("*"))?;
    Some(found.value.trim_end_matches('/').to_owned())
}

/// Everything must be usable before anything is signed.
pub(super) fn check(folder: &Folder, findings: &mut Vec<Finding>) {
    let aws = &folder.node.aws;
    let own = aws.credentials.iter().map(|file| ("aws.credentials".to_owned(), file));
    let roles = aws.roles.iter().map(|(role, file)| (format!("aws.roles.{role}"), file));
    for (key, file) in own.chain(roles) {
        if let Some(mistake) = file.value.mistake() {
            let at = located(files::NODE, file);
            findings.push(Finding::error("config-invalid", &at, format!("`{key}`: {mistake}")));
        }
    }
    for (service, origin) in &aws.endpoints {
        if !is_origin(&origin.value) {
            let message = format!(
                "`aws.endpoints.{service}`: found `{}`, expected an origin such as `http://127.0.0.1:4566`",
                origin.value
            );
            findings.push(Finding::error("config-invalid", &located(files::NODE, origin), message));
        }
    }
}
