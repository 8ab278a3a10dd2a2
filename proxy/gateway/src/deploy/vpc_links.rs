//! VPC links, by `vpc_links` of `edgewit.yaml`.

use super::apis::located;
use super::trust;
use crate::config::{Balance, Folder, MAX_TARGETS, MAX_WEIGHT, VpcLinkFile, VpcTargetFile, files};
use crate::health::{Check, Checks};
use crate::resolve::Resolver;
use crate::targets::{HashOn, Link, Targets};
use crate::telemetry::Telemetry;
use crate::upstream::{Place, Upstream, UpstreamSettings};
use edgewit_balance::{Method, Pool, Settings, Target};
use edgewit_model::{Finding, Location};
use edgewit_plan::integration::HttpPlan;
use parking_lot::Mutex;
use serde_saphyr::Spanned;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Instant;

/// Links of a node. They outlive generations, so that a reload forgets nobody's health.
#[derive(Default)]
pub(super) struct Links {
    known: Mutex<HashMap<(String, String), Weak<Link>>>,
    checks: Checks,
}

/// The links of one configuration, with the authorities of their targets.
pub(super) type Configured = BTreeMap<String, (Arc<Link>, Vec<UpstreamSettings>)>;

impl Links {
    /// The links of a configuration, those that have not changed with all that is known of their targets.
    pub(super) fn configured(
        &self,
        folder: &Folder,
        base: &Path,
        settings: &UpstreamSettings,
        telemetry: &Telemetry,
        findings: &mut Vec<Finding>,
    ) -> Configured {
        let mut out = Configured::new();
        for (id, file) in &folder.node.vpc_links {
            let trusted: Vec<UpstreamSettings> = file
                .value
                .targets
                .iter()
                .map(|target| authorities(id, target, base, settings, findings))
                .collect();
            let link = self.link(id, &file.value, telemetry);
            out.insert(id.clone(), (link, trusted));
        }
        out
    }

    fn link(&self, id: &str, file: &VpcLinkFile, telemetry: &Telemetry) -> Arc<Link> {
        let mut known = self.known.lock();
        // What a link was made from, as text: equal texts make equal links.
        let key = (id.to_owned(), format!("{:?}", Same(file)));
        if let Some(link) = known.get(&key).and_then(Weak::upgrade) {
            return link;
        }
        known.retain(|_, link| link.strong_count() > 0);
        let link = Arc::new(link(id, file));
        telemetry.link(&link);
        known.insert(key, Arc::downgrade(&link));
        link
    }

    /// Checks the targets of the links of a generation that serves; each as the first route through it reaches them.
    pub(super) fn check<'t>(&self, targets: impl Iterator<Item = &'t Targets>, folder: &Folder) {
        let mut seen = BTreeSet::new();
        for targets in targets {
            let Targets::Link { link, upstreams } = targets else { continue };
            let file = folder.node.vpc_links.get(&*link.id);
            let check = file.and_then(|file| file.value.health_check.as_ref());
            if let Some(check) = check.filter(|_| seen.insert(Arc::clone(&link.id))) {
                self.checks.run(link, upstreams, &Check::new(check));
            }
        }
    }

    /// How a route reaches the targets of its link.
    pub(super) fn targets(
        &self,
        plan: &HttpPlan,
        api_id: &str,
        folder: &Folder,
        configured: &Configured,
        resolver: &Resolver,
    ) -> Option<Targets> {
        let id = plan.vpc_link.as_deref()?;
        let file = &folder.node.vpc_links.get(id)?.value;
        let (link, settings) = configured.get(id)?;
        let upstreams = file.targets.iter().zip(settings).map(|(target, settings)| {
            let target = &target.value;
            let (host, port) = host_and_port(&target.address)?;
            let server_name = target.tls.server_name.as_deref().unwrap_or(&plan.target.host);
            let host: Arc<str> = host.into();
            let place = Place { host: &host, port: port.unwrap_or(plan.target.port), server_name };
            let skip = plan.insecure_skip_verification || target.tls.insecure_skip_verification;
            Some(Arc::new(Upstream::at(&place, plan, api_id, resolver, settings, skip)))
        });
        let upstreams: Arc<[Arc<Upstream>]> = upstreams.collect::<Option<Vec<_>>>()?.into();
        Some(Targets::Link { link: Arc::clone(link), upstreams })
    }
}

fn link(id: &str, file: &VpcLinkFile) -> Link {
    let targets = file.targets.iter().map(|target| {
        let mut hasher = DefaultHasher::new();
        target.value.address.hash(&mut hasher);
        Target { weight: target.value.weight.unwrap_or(1), id: hasher.finish() }
    });
    let defaults = Settings::default();
    let health = file.health_check.clone().unwrap_or_default();
    let settings = Settings {
        method: match file.balance {
            Balance::RoundRobin => Method::RoundRobin,
            Balance::LeastConnections => Method::LeastConnections,
            Balance::ConsistentHash => Method::ConsistentHash,
        },
        failures: file.outlier.failures.unwrap_or(defaults.failures),
        ejection_ms: file.outlier.ejection_ms.unwrap_or(defaults.ejection_ms),
        max_ejected_percent: file.outlier.max_ejected_percent.unwrap_or(defaults.max_ejected_percent),
        healthy: health.healthy.unwrap_or(defaults.healthy),
        unhealthy: health.unhealthy.unwrap_or(defaults.unhealthy),
    };
    Link {
        id: id.into(),
        pool: Pool::new(targets.collect(), settings),
        addresses: file.targets.iter().map(|target| target.value.address.as_str().into()).collect(),
        requests: file.targets.iter().map(|_| 0.into()).collect(),
        hash_on: file.hash_on.as_deref().and_then(hash_on).unwrap_or_default(),
        checker: 0.into(),
        since: Instant::now(),
    }
}

/// A link's configuration without the places in the file, which say nothing about it.
struct Same<'a>(&'a VpcLinkFile);

impl std::fmt::Debug for Same<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let VpcLinkFile { targets, balance, hash_on, health_check, outlier } = self.0;
        let targets: Vec<_> =
            targets.iter().map(|target| (&target.value.address, target.value.weight)).collect();
        (targets, balance, hash_on, health_check, outlier).fmt(f)
    }
}

fn authorities(
    id: &str,
    target: &Spanned<VpcTargetFile>,
    base: &Path,
    settings: &UpstreamSettings,
    findings: &mut Vec<Finding>,
) -> UpstreamSettings {
    let Some(ca_file) = &target.value.tls.ca_file else { return settings.clone() };
    match trust::read(&base.join(ca_file)) {
        Ok((ca, ca_version)) => UpstreamSettings { ca: Some(ca), ca_version, ..settings.clone() },
        Err(error) => {
            let message = format!("`vpc_links.{id}`: `ca_file` {}: {error}", ca_file.display());
            let finding = Finding::error("ca-file-invalid", &located(files::NODE, target), message);
            findings.push(finding.with_help("give a PEM file with CERTIFICATE blocks"));
            settings.clone()
        }
    }
}

/// `HOST`, `HOST:PORT`, `ADDRESS`, `[ADDRESS]:PORT`.
fn host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    if let Some(rest) = text.strip_prefix('[') {
        let (host, behind) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return match behind.strip_prefix(':') {
            Some(text) => Some((host, Some(port(text)?))),
            None => behind.is_empty().then_some((host, None)),
        };
    }
    if text.parse::<std::net::Ipv6Addr>().is_ok() {
        return Some((text, None));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, text)) => (host, Some(port(text)?)),
        None => (text, None),
    };
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    ((1..=253).contains(&host.len()) && host.bytes().all(legal)).then_some((host, port))
}

fn hash_on(text: &str) -> Option<HashOn> {
    match text.split_once(':') {
        None if text == "client-address" => Some(HashOn::ClientAddress),
        None if text == "path" => Some(HashOn::Path),
        Some(("header", name)) => {
            let name = http::HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            Some(HashOn::Header(name.as_str().into()))
        }
        _ => None,
    }
}

/// Every link must lead somewhere.
pub(super) fn check(folder: &Folder, findings: &mut Vec<Finding>) {
    for (id, file) in &folder.node.vpc_links {
        let at = located(files::NODE, file);
        let link = &file.value;
        let mut wrong = |at: &Location, what: &str| {
            findings.push(Finding::error("config-invalid", at, format!("`vpc_links.{id}`: {what}")));
        };
        let count = link.targets.len();
        if !(1..=MAX_TARGETS).contains(&count) {
            wrong(&at, &format!("found {count} targets, expected 1 to {MAX_TARGETS}"));
        }
        let mut addresses = BTreeSet::new();
        for target in &link.targets {
            let at = located(files::NODE, target);
            let VpcTargetFile { address, weight, .. } = &target.value;
            if !addresses.insert(address) {
                wrong(&at, &format!("found the address `{address}` twice; give it a `weight` instead"));
            }
            if host_and_port(address).is_none() {
                let expected = "expected a host name or address, with a port or without";
                wrong(&at, &format!("found the address `{address}`, {expected}"));
            }
            if let Some(weight) = weight.filter(|weight| !(1..=MAX_WEIGHT).contains(weight)) {
                wrong(&at, &format!("found the weight {weight}, expected 1 to {MAX_WEIGHT}"));
            }
        }
        match &link.hash_on {
            Some(_) if link.balance != Balance::ConsistentHash => {
                wrong(&at, "found `hash_on` without `balance: consistent-hash`, where it has no effect");
            }
            Some(text) if hash_on(text).is_none() => {
                let expected = "expected `client-address`, `path` or `header:NAME`";
                wrong(&at, &format!("found `{text}` as `hash_on`, {expected}"));
            }
            _ => {}
        }
        if let Some(path) = link.health_check.as_ref().and_then(|check| check.path.as_deref())
            && (!path.starts_with('/') || path.parse::<http::uri::PathAndQuery>().is_err())
        {
            wrong(
                &at,
                &format!("found `{path}` as the path of the health check, expected one that begins with `/`"),
            );
        }
        if let Some(percent) = link.outlier.max_ejected_percent.filter(|percent| *percent > 100) {
            wrong(&at, &format!("found {percent} as `max_ejected_percent`, expected 0 to 100"));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn addresses_have_a_port_or_none() {
        for (text, expected) in [
            ("10.0.0.5", Some(("10.0.0.5", None))),
            ("10.0.0.5:80", Some(("10.0.0.5", Some(80)))),
            ("a.internal:65535", Some(("a.internal", Some(65535)))),
            ("::1", Some(("::1", None))),
            ("[::1]", Some(("::1", None))),
            ("[::1]:8080", Some(("::1", Some(8080)))),
            ("", None),
            (":80", None),
            ("h:", None),
            ("h:0", None),
            ("h:65536", None),
            ("[::1", None),
            ("[h]:80", None),
            ("[::1]80", None),
            ("http://h", None),
            ("a b", None),
        ] {
            assert_eq!(host_and_port(text), expected, "{text}");
        }
    }

    #[test]
    fn each_limit_holds_at_it_and_not_one_past_it() {
        let found = |link: &str| {
            let node = serde_saphyr::from_str(&format!("vpc_links:\n  l: {link}\n")).unwrap();
            let mut findings = Vec::new();
            check(&Folder { node, ..Folder::default() }, &mut findings);
            findings.len()
        };
        let targets = |count: usize| {
            let all: Vec<String> = (0..count).map(|n| format!("{{address: 'h{n}'}}")).collect();
            format!("{{targets: [{}]}}", all.join(", "))
        };
        assert_eq!(
            (found(&targets(1)), found(&targets(MAX_TARGETS)), found(&targets(MAX_TARGETS + 1))),
            (0, 0, 1)
        );
        let weight = |weight: u16| format!("{{targets: [{{address: h, weight: {weight}}}]}}");
        assert_eq!((found(&weight(MAX_WEIGHT)), found(&weight(MAX_WEIGHT + 1))), (0, 1));
        let percent = |n: u8| format!("{{targets: [{{address: h}}], outlier: {{max_ejected_percent: {n}}}}}");
        assert_eq!((found(&percent(100)), found(&percent(101))), (0, 1));
        assert_eq!(found("{targets: [{address: h}, {address: h}]}"), 1, "the same address twice");
    }

    #[test]
    fn what_is_hashed_is_named() {
        assert_eq!(hash_on("client-address"), Some(HashOn::ClientAddress));
        assert_eq!(hash_on("path"), Some(HashOn::Path));
        assert_eq!(hash_on("header:X-User"), Some(HashOn::Header("x-user".into())));
        for wrong in ["", "header", "header:", "header:a b", "cookie"] {
            assert_eq!(hash_on(wrong), None, "{wrong}");
        }
    }
}
