//! Prometheus metrics.
//!
//! Counters of a route are looked up once, at deployment; a request only adds to atomics.
//! They outlive generations: a reload loses no count.

use super::histogram::Histogram;
use crate::targets::Link;
use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// What a route's metrics are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteKey {
    /// API name; its id where the name has no ASCII character.
    pub api: Arc<str>,
    /// Stage name.
    pub stage: Arc<str>,
    /// Resource path, or `-` where no route was found.
    pub resource: Arc<str>,
    /// Method of the route, `ANY` included, or `-`.
    pub method: &'static str,
}

/// Counters of one route.
#[derive(Debug, Default)]
pub struct RouteMetrics {
    /// Answers by the first digit of their status.
    classes: [AtomicU64; 6],
    latency: Histogram,
    integration: Histogram,
    plugin: Histogram,
}

impl RouteMetrics {
    /// Counts one answer.
    pub fn answered(&self, status: u16, latency: Duration) {
        self.classes[usize::from(status / 100).min(5)].fetch_add(1, Ordering::Relaxed);
        self.latency.observe(latency);
    }

    /// Counts the time from relaying a request to the integration's answer.
    pub fn integrated(&self, latency: Duration) {
        self.integration.observe(latency);
    }

    /// Counts the time a plugin took.
    pub fn plugin_ran(&self, time: Duration) {
        self.plugin.observe(time);
    }

    fn class(&self, class: usize) -> u64 {
        self.classes[class].load(Ordering::Relaxed)
    }
}

/// Ways in which a plugin's call can end badly, as [`edgewit_plugin::PluginError::kind`] names them, and the calls
/// that an open breaker kept away.
const FAILURES: [&str; 8] =
    ["trap", "wall_time", "cpu_time", "memory", "pool_exhausted", "failed", "invalid_result", "breaker_open"];

/// What firewalls decide.
const VERDICTS: [&str; 3] = ["allow", "block", "count"];

/// Counters of one plugin.
#[derive(Debug, Default)]
pub struct PluginMetrics {
    calls: AtomicU64,
    verdicts: [AtomicU64; VERDICTS.len()],
    failures: [AtomicU64; FAILURES.len()],
    opened: AtomicU64,
}

impl PluginMetrics {
    /// Counts a call.
    pub fn called(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a call that ended badly.
    pub fn failed(&self, kind: &str) {
        if let Some(index) = FAILURES.iter().position(|known| *known == kind) {
            self.failures[index].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a firewall's verdict: `allow`, `block` or `count`.
    pub fn judged(&self, verdict: &str) {
        if let Some(index) = VERDICTS.iter().position(|known| *known == verdict) {
            self.verdicts[index].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn verdicts(&self) -> Vec<(&'static str, u64)> {
        let verdicts = VERDICTS.iter().zip(&self.verdicts);
        verdicts.map(|(verdict, count)| (*verdict, count.load(Ordering::Relaxed))).collect()
    }

    /// Counts a breaker that opened.
    pub fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// Calls, failures by kind, openings of breakers.
    pub fn read(&self) -> (u64, Vec<(&'static str, u64)>, u64) {
        let failures = FAILURES.iter().zip(&self.failures);
        let failures = failures.map(|(kind, count)| (*kind, count.load(Ordering::Relaxed))).collect();
        (self.calls.load(Ordering::Relaxed), failures, self.opened.load(Ordering::Relaxed))
    }
}

/// All metrics of a node.
#[derive(Debug)]
pub struct Telemetry {
    routes: Mutex<HashMap<RouteKey, Arc<RouteMetrics>>>,
    plugins: Mutex<std::collections::BTreeMap<String, Arc<PluginMetrics>>>,
    refused: Mutex<HashMap<&'static str, u64>>,
    links: Mutex<Vec<Weak<Link>>>,
    reloads: [AtomicU64; 2],
    reload_us: AtomicU64,
    generation: AtomicU64,
    log_lines_dropped: AtomicU64,
    started: Instant,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            routes: Mutex::default(),
            plugins: Mutex::default(),
            refused: Mutex::default(),
            links: Mutex::default(),
            reloads: Default::default(),
            reload_us: AtomicU64::new(0),
            generation: AtomicU64::new(0),
            log_lines_dropped: AtomicU64::new(0),
            started: Instant::now(),
        }
    }
}

impl Telemetry {
    /// The counters of a route, made if they are not there yet.
    pub fn route(&self, key: &RouteKey) -> Arc<RouteMetrics> {
        let mut routes = self.routes.lock();
        if let Some(found) = routes.get(key) {
            return Arc::clone(found);
        }
        let made = Arc::new(RouteMetrics::default());
        routes.insert(key.clone(), Arc::clone(&made));
        made
    }

    /// The counters of a plugin, made if they are not there yet.
    pub fn plugin(&self, name: &str) -> Arc<PluginMetrics> {
        Arc::clone(self.plugins.lock().entry(name.to_owned()).or_default())
    }

    /// Shows a VPC link for as long as a generation has it.
    pub(crate) fn link(&self, link: &Arc<Link>) {
        let mut links = self.links.lock();
        // Of a link that has changed requests may still be under way; what counts is the one that serves.
        links.retain(|known| known.upgrade().is_some_and(|known| known.id != link.id));
        links.push(Arc::downgrade(link));
    }

    /// Counts a request or connection that never reached an API.
    pub fn refused(&self, reason: &'static str) {
        *self.refused.lock().entry(reason).or_insert(0) += 1;
    }

    /// Records the result of a (re)load: the generation that serves now, and how long compiling took.
    pub fn reloaded(&self, applied: bool, generation: u64, took: Duration) {
        self.reloads[usize::from(!applied)].fetch_add(1, Ordering::Relaxed);
        self.reload_us.store(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.generation.store(generation, Ordering::Relaxed);
        if applied {
            self.forget_unused_routes();
        }
    }

    /// The generation that serves.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// Time since the node was made.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Counts access-log lines that found no room.
    pub fn log_lines_dropped(&self, lines: u64) {
        self.log_lines_dropped.fetch_add(lines, Ordering::Relaxed);
    }

    /// The text exposition of all metrics.
    pub fn encode(self: &Arc<Self>) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Exposition(Arc::clone(self))));
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &registry) {
            Ok(()) => text,
            Err(fmt::Error) => String::from("# EOF\n"),
        }
    }

    /// Drops counters of routes that no generation has and that nobody ever called, so that
    /// documents that come and go do not grow the registry for ever.
    fn forget_unused_routes(&self) {
        self.routes
            .lock()
            .retain(|_, metrics| Arc::strong_count(metrics) > 1 || metrics.latency.read().1 > 0);
    }

    fn sorted_routes(&self) -> Vec<(RouteKey, Arc<RouteMetrics>)> {
        let mut routes: Vec<_> = self.routes.lock().iter().map(|(k, m)| (k.clone(), Arc::clone(m))).collect();
        routes.sort_by(|a, b| a.0.cmp(&b.0));
        // A route that was never called says nothing; with 10,000 of them it says it at length.
        routes.retain(|(_, metrics)| (0..6).any(|class| metrics.class(class) > 0));
        routes
    }
}

#[derive(Debug)]
struct Exposition(Arc<Telemetry>);

impl Collector for Exposition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let t = &self.0;
        let routes = t.sorted_routes();

        let mut metric = encoder.encode_descriptor(
            "edgewit_requests",
            "Answers by API, stage, route and class of status",
            None,
            MetricType::Counter,
        )?;
        for (key, route) in &routes {
            for class in 1..6 {
                let count = route.class(class);
                if count > 0 {
                    let labels = [
                        ("api", &*key.api),
                        ("stage", &*key.stage),
                        ("resource", &*key.resource),
                        ("method", key.method),
                        ("status", ["1xx", "2xx", "3xx", "4xx", "5xx"][class - 1]),
                    ];
                    counter(&mut metric, &labels, count)?;
                }
            }
        }
        for (name, help, class) in [
            ("edgewit_errors_4xx", "Answers with a status of 400 to 499 (4XXError)", 4),
            ("edgewit_errors_5xx", "Answers with a status of 500 to 599 (5XXError)", 5),
        ] {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (key, route) in &routes {
                counter(&mut metric, &labels(key), route.class(class))?;
            }
        }
        let histograms: [(&str, &str, Pick); 3] = [
            (
                "edgewit_request_duration_seconds",
                "From receiving a request to its whole answer (Latency)",
                |r| &r.latency,
            ),
            (
                "edgewit_integration_duration_seconds",
                "From relaying a request to the integration's answer (IntegrationLatency)",
                |r| &r.integration,
            ),
            ("edgewit_plugin_duration_seconds", "Time that plugins took", |r| &r.plugin),
        ];
        for (name, help, pick) in histograms {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
            for (key, route) in &routes {
                let (sum, count, buckets) = pick(route).read();
                if count > 0 {
                    metric.encode_family(&labels(key))?.encode_histogram(
                        sum,
                        count,
                        &buckets,
                        None::<&Exemplars>,
                    )?;
                }
            }
        }

        plugins(&mut encoder, t)?;
        let links: Vec<Arc<Link>> = t.links.lock().iter().filter_map(Weak::upgrade).collect();
        super::links::encode(&mut encoder, &links)?;

        let mut metric = encoder.encode_descriptor(
            "edgewit_refused",
            "Requests and connections refused before an API was found",
            None,
            MetricType::Counter,
        )?;
        let mut refused: Vec<_> = t.refused.lock().iter().map(|(reason, count)| (*reason, *count)).collect();
        refused.sort_unstable();
        for (reason, count) in refused {
            counter(&mut metric, &[("reason", reason)], count)?;
        }

        let mut metric = encoder.encode_descriptor(
            "edgewit_reloads",
            "Configuration loads by result",
            None,
            MetricType::Counter,
        )?;
        for (result, count) in [("applied", &t.reloads[0]), ("refused", &t.reloads[1])] {
            counter(&mut metric, &[("result", result)], count.load(Ordering::Relaxed))?;
        }
        gauge(
            &mut encoder,
            "edgewit_reload_duration_seconds",
            "Time the last load took",
            t.reload_us.load(Ordering::Relaxed) as f64 / 1e6,
        )?;
        gauge(
            &mut encoder,
            "edgewit_generation",
            "Number of the configuration generation that serves",
            t.generation() as f64,
        )?;
        gauge(
            &mut encoder,
            "edgewit_uptime_seconds",
            "Time since the node started",
            t.uptime().as_secs_f64(),
        )?;
        encoder
            .encode_descriptor(
                "edgewit_access_log_lines_dropped",
                "Access-log lines that found no room",
                None,
                MetricType::Counter,
            )?
            .encode_counter::<NoLabelSet, u64, u64>(&t.log_lines_dropped.load(Ordering::Relaxed), None)
    }
}

fn plugins(encoder: &mut DescriptorEncoder<'_>, telemetry: &Telemetry) -> Result<(), fmt::Error> {
    let plugins: Vec<_> = telemetry.plugins.lock().iter().map(|(n, m)| (n.clone(), m.read())).collect();
    let mut metric =
        encoder.encode_descriptor("edgewit_plugin_calls", "Calls of plugins", None, MetricType::Counter)?;
    for (name, (calls, _, _)) in &plugins {
        counter(&mut metric, &[("plugin", name)], *calls)?;
    }
    let mut metric = encoder.encode_descriptor(
        "edgewit_plugin_failures",
        "Calls of plugins that failed, by how, and calls that an open breaker kept away",
        None,
        MetricType::Counter,
    )?;
    for (name, (_, failures, _)) in &plugins {
        for (kind, count) in failures.iter().filter(|(_, count)| *count > 0) {
            counter(&mut metric, &[("plugin", name), ("kind", kind)], *count)?;
        }
    }
    let mut metric = encoder.encode_descriptor(
        "edgewit_firewall_verdicts",
        "Requests by what a firewall decided",
        None,
        MetricType::Counter,
    )?;
    for (name, verdicts) in telemetry.plugins.lock().iter().map(|(name, m)| (name.clone(), m.verdicts())) {
        for (verdict, count) in verdicts.into_iter().filter(|(_, count)| *count > 0) {
            counter(&mut metric, &[("plugin", &name), ("verdict", verdict)], count)?;
        }
    }
    let mut metric = encoder.encode_descriptor(
        "edgewit_plugin_breaker_openings",
        "Times that a plugin failed so often on a route that it was left alone",
        None,
        MetricType::Counter,
    )?;
    for (name, (_, _, opened)) in &plugins {
        counter(&mut metric, &[("plugin", name)], *opened)?;
    }
    Ok(())
}

/// Picks one of a route's histograms.
type Pick = fn(&RouteMetrics) -> &Histogram;
type Exemplars = HashMap<usize, prometheus_client::metrics::exemplar::Exemplar<NoLabelSet, f64>>;

fn labels(key: &RouteKey) -> [(&'static str, &str); 4] {
    [("api", &key.api), ("stage", &key.stage), ("resource", &key.resource), ("method", key.method)]
}

fn counter<const N: usize>(
    metric: &mut MetricEncoder<'_>,
    labels: &[(&'static str, &str); N],
    value: u64,
) -> Result<(), fmt::Error> {
    metric.encode_family(labels)?.encode_counter::<NoLabelSet, u64, u64>(&value, None)
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: f64) -> Result<(), fmt::Error> {
    let gauge = prometheus_client::metrics::gauge::ConstGauge::new(value);
    gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}
