//! A plugin is swapped a thousand times: what a version took is given back when the next one serves.
//!
//! A test binary of its own, because it looks at the memory of its process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

#[path = "plugin/support.rs"]
#[expect(dead_code, reason = "this test needs less of it than the others")]
mod support;

use std::sync::Arc;

use edgewit_plugin::{ContextValue, Decision, Plugin, PluginLimits, PluginSettings, WarmPool};

use support::{Request, host, small_limits};

const VERSIONED: &[u8] = include_bytes!("../../../plugins/prebuilt/versioned.wasm");
const BAD_START: &[u8] = include_bytes!("../../../plugins/prebuilt/bad_start.wasm");

/// One version in so many is of the guest that is configured, which takes a build without optimisation ten times as
/// long to load.
const CONFIGURED_EACH: usize = 40;

/// The smallest authorizer there is, with an empty custom section whose name makes other bytes of it.
fn small(round: usize) -> Vec<u8> {
    let name = format!("{round:06}");
    [BAD_START, &[0, 7, 6], name.as_bytes()].concat()
}

/// The guest that is configured, with another version written over its own.
fn versioned(version: &str) -> Vec<u8> {
    const MARK: &[u8] = b"version:00000000";
    let mut bytes = VERSIONED.to_vec();
    let at = bytes.windows(MARK.len()).position(|window| window == MARK).unwrap();
    bytes[at..at + MARK.len()].copy_from_slice(version.as_bytes());
    bytes
}

fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn a_thousand_swaps_leave_memory_flat() {
    const ALLOWED_KILOBYTES: u64 = 16 << 10;
    let (mut current, mut previous): (Option<Arc<Plugin>>, Option<Arc<Plugin>>) = (None, None);
    let mut after_200 = 0;
    for round in 1..=1000 {
        // Waiting instances have to go with their version too.
        let warm = Some(WarmPool { size: 2, uses: 100, idle_ms: 60_000 });
        let limits = PluginLimits { wall_ms: 30_000, ..small_limits() };
        let settings = PluginSettings { limits, warm, ..PluginSettings::default() };
        let load = |bytes: &[u8]| host().load("swapped", bytes, settings.clone());
        let configured = round % CONFIGURED_EACH == 0;
        let version = format!("version:{round:08}");
        let bytes = if configured { versioned(&version) } else { small(round) };
        previous = current.replace(load(&bytes).unwrap());
        // What is refused takes nothing either.
        assert!(load(&bytes[..bytes.len() - 1]).is_err());
        if configured {
            assert!(load(&versioned(&format!("refuse:{round:09}"))).is_err());
        }
        let asked = current.as_ref().unwrap().authorize(Arc::new(Request::new())).await.unwrap();
        if let Decision::Allow(caller) = &asked {
            assert_eq!(caller.context[0], ("version".to_owned(), ContextValue::Text(version.clone())));
            assert_eq!(caller.context[1], ("atDeployment".to_owned(), ContextValue::Text(version)));
        }
        assert_eq!(asked != Decision::Unauthorized, configured);
        if round == 200 {
            after_200 = resident_kilobytes();
        }
    }
    let after_1000 = resident_kilobytes();
    println!("{after_200} kB after 200 swaps, {after_1000} kB after 1000");
    assert_eq!(previous.unwrap().waiting(), 1);
    assert!(
        after_1000 <= after_200 + ALLOWED_KILOBYTES,
        "{after_200} kB after 200 swaps, {after_1000} kB after 1000"
    );
}
