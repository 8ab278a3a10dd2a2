//! What a plugin does wrong stays with its request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use edgewit_plugin::{HostOptions, PluginError, PluginHost, PluginLimits, PluginSettings};

use crate::support::{MISBEHAVE, ask, misbehave, misbehave_with, small_limits};

/// A host of its own with room for `instances`, and the misbehaving guest twice.
fn two_plugins(instances: u32, each: u32) -> (PluginHost, [Arc<edgewit_plugin::Plugin>; 2]) {
    let host = PluginHost::new(HostOptions { instances, ..HostOptions::default() }).unwrap();
    let limits = PluginLimits { instances: each, wall_ms: 10_000, cpu_ms: 10_000, ..PluginLimits::default() };
    let load =
        |name| host.load(name, MISBEHAVE, PluginSettings { limits, ..PluginSettings::default() }).unwrap();
    let plugins = [load("one"), load("other")];
    (host, plugins)
}

#[tokio::test]
async fn traps_are_named_and_the_next_request_is_served() {
    for (behaviour, cause, function) in [
        ("trap", "wasm `unreachable` instruction executed", "misbehave"),
        ("panic told to", "wasm `unreachable` instruction executed", "panic"),
        ("recurse", "out of bounds memory access", "recurse"),
    ] {
        let error = ask(misbehave(), behaviour).await.unwrap_err();
        let PluginError::Trap { message } = &error else { panic!("{behaviour}: {error}") };
        assert!(message.contains(cause), "{behaviour}: {message}");
        assert!(message.contains(function), "{behaviour}: {message}");
        assert!(ask(misbehave(), "allow").await.is_ok());
    }
}

#[tokio::test(flavor = "current_thread")]
async fn others_on_the_same_thread_go_on_while_a_plugin_spins() {
    let plugin = misbehave_with(PluginLimits { cpu_ms: 100, ..small_limits() }, &[]);
    let spinning = tokio::spawn(async move { ask(&plugin, "spin").await });
    let mut longest = Duration::ZERO;
    let mut beats = 0;
    while !spinning.is_finished() {
        let began = Instant::now();
        tokio::time::sleep(Duration::from_millis(2)).await;
        longest = longest.max(began.elapsed());
        beats += 1;
    }
    assert_eq!(spinning.await.unwrap(), Err(PluginError::CpuTime { limit_ms: 100 }));
    assert!(beats >= 10, "{beats} beats, the longest {longest:?}");
    assert!(longest < Duration::from_millis(50), "the longest of {beats} beats took {longest:?}");
}

#[tokio::test]
async fn cancelled_calls_leave_nothing_behind() {
    let (host, [plugin, _]) = two_plugins(2, 2);
    for _ in 0..100 {
        let cancelled = tokio::time::timeout(Duration::from_millis(2), ask(&plugin, "spin")).await;
        assert!(cancelled.is_err());
    }
    assert_eq!(host.calls(), 0);
    let (one, two) = tokio::join!(ask(&plugin, "allow"), ask(&plugin, "allow"));
    assert!(one.is_ok() && two.is_ok());
}

#[tokio::test(flavor = "current_thread")]
async fn a_plugin_cannot_have_more_instances_than_it_may() {
    let (_host, [plugin, other]) = two_plugins(3, 1);
    let spinning = tokio::spawn({
        let plugin = Arc::clone(&plugin);
        async move { ask(&plugin, "spin").await }
    });
    tokio::time::sleep(Duration::from_millis(5)).await;
    let exhausted = PluginError::PoolExhausted { instances: 1, whose: "the plugin" };
    assert_eq!(ask(&plugin, "allow").await, Err(exhausted));
    assert!(ask(&other, "allow").await.is_ok(), "the neighbour is served");
    spinning.abort();
    assert!(spinning.await.unwrap_err().is_cancelled());
    assert!(ask(&plugin, "allow").await.is_ok(), "the slot is free again");
}

#[tokio::test(flavor = "current_thread")]
async fn a_pool_that_is_used_up_says_so() {
    let (_host, [plugin, other]) = two_plugins(1, 1);
    let spinning = tokio::spawn(async move { ask(&plugin, "spin").await });
    tokio::time::sleep(Duration::from_millis(5)).await;
    let exhausted = PluginError::PoolExhausted { instances: 1, whose: "the node" };
    assert_eq!(ask(&other, "allow").await, Err(exhausted));
    spinning.abort();
    assert!(spinning.await.unwrap_err().is_cancelled());
    assert!(ask(&other, "allow").await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_all_get_their_own_answer() {
    let behaviours = ["allow", "deny", "unauthorized", "trap", "fail x", "policy", "recurse", "bomb"];
    let limits = PluginLimits { memory_bytes: 4 << 20, wall_ms: 60_000, ..small_limits() };
    let plugin = misbehave_with(limits, &[]);
    let calls: Vec<_> = (0..400)
        .map(|index| {
            let behaviour = behaviours[index % behaviours.len()];
            let plugin = Arc::clone(&plugin);
            tokio::spawn(async move {
                // More calls than slots: those that find none come back.
                loop {
                    match ask(&plugin, behaviour).await {
                        Err(PluginError::PoolExhausted { .. }) => tokio::task::yield_now().await,
                        answer => break (behaviour, answer),
                    }
                }
            })
        })
        .collect();
    for call in calls {
        let (behaviour, answer) = call.await.unwrap();
        let kind = answer.as_ref().map_err(PluginError::kind).map(|_| "decided");
        let expected = match behaviour {
            "trap" | "recurse" => Err("trap"),
            "fail x" => Err("failed"),
            "bomb" => Err("memory"),
            _ => Ok("decided"),
        };
        assert_eq!(kind, expected, "{behaviour}: {answer:?}");
    }
}
