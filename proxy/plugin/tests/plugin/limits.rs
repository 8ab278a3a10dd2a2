//! Each limit at its value and one past it.

use std::time::{Duration, Instant};

use edgewit_plugin::{PluginError, PluginLimits};

use crate::support::{ask, misbehave, misbehave_with, small_limits};

const PAGE_BYTES: usize = 65536;

#[tokio::test]
async fn cpu_time() {
    let plugin = misbehave_with(PluginLimits { cpu_ms: 40, ..small_limits() }, &[]);
    let began = Instant::now();
    assert_eq!(ask(&plugin, "spin").await, Err(PluginError::CpuTime { limit_ms: 40 }));
    assert!(began.elapsed() >= Duration::from_millis(40), "{:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_millis(400), "{:?}", began.elapsed());
    assert!(ask(&plugin, "work 1000").await.is_ok());
}

#[tokio::test]
async fn wall_time() {
    let plugin = misbehave_with(PluginLimits { wall_ms: 40, cpu_ms: 10_000, ..small_limits() }, &[]);
    let began = Instant::now();
    assert_eq!(ask(&plugin, "spin").await, Err(PluginError::WallTime { limit_ms: 40 }));
    assert!(began.elapsed() >= Duration::from_millis(40), "{:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_millis(400), "{:?}", began.elapsed());
    assert!(ask(&plugin, "work 1000").await.is_ok());
}

#[tokio::test]
async fn memory() {
    let limit_bytes = 40 * PAGE_BYTES;
    let plugin = misbehave_with(PluginLimits { memory_bytes: limit_bytes, ..small_limits() }, &[]);
    assert!(ask(&plugin, "grow 40").await.is_ok());
    assert_eq!(
        ask(&plugin, "grow 41").await,
        Err(PluginError::Memory { asked_bytes: 41 * PAGE_BYTES, limit_bytes })
    );
    // Filling 64 MiB takes its time on a busy machine; time is not what is tested here.
    let patient = PluginLimits { cpu_ms: 60_000, wall_ms: 60_000, ..small_limits() };
    assert_eq!(ask(&misbehave_with(patient, &[]), "bomb").await.unwrap_err().kind(), "memory");
}

#[tokio::test]
async fn result_bytes() {
    let plugin = misbehave_with(PluginLimits { result_bytes: 1000, ..small_limits() }, &[]);
    assert!(ask(&plugin, "principal 1000").await.is_ok());
    assert_eq!(
        ask(&plugin, "principal 1001").await,
        Err(PluginError::InvalidResult(
            "found 1001 bytes, expected at most 1000 (limit `result_bytes`)".to_owned()
        ))
    );
}

#[tokio::test]
async fn a_result_that_would_fill_the_hosts_memory_is_not_even_taken_over() {
    let error = ask(misbehave(), "principal 1000000").await.unwrap_err();
    assert!(matches!(&error, PluginError::Trap { message } if message.contains("too much data")), "{error}");
}

#[tokio::test]
async fn a_failure_text_is_cut_and_made_one_line() {
    let long = format!("fail {}", "x\u{1b}".repeat(1000));
    let Err(PluginError::Failed(text)) = ask(misbehave(), &long).await else { panic!("it fails") };
    assert!(text.ends_with("(976 bytes more)"), "{text}");
    assert!(!text.contains('\u{1b}'));
}
