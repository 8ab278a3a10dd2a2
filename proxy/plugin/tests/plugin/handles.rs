//! What a kept instance can do with handles of earlier calls: drop them, and nothing else.

use std::borrow::Cow;
use std::sync::Arc;

use edgewit_plugin::{
    Caller, ContextValue, Decision, Event, Grants, Plugin, PluginError, PluginLimits, PluginResponse,
    PluginSettings, WarmPool,
};

use crate::support::{MISBEHAVE, Request, ask, host, small_limits};

const REACH: &[u8] = include_bytes!("../../../../plugins/prebuilt/reach.wasm");
const EARLIER: &str = "a handle of an earlier call was used, expected the one of this call, in ";

/// A guest whose one instance serves `uses` requests.
fn kept(component: &[u8], uses: u32) -> Arc<Plugin> {
    let warm = Some(WarmPool { size: 1, uses, idle_ms: 60_000 });
    let grants = Grants { http: Some(Vec::new()), keyvalue: Some(Vec::new()) };
    let limits = PluginLimits { wall_ms: 30_000, ..small_limits() };
    host()
        .load("kept", component, PluginSettings { warm, grants, limits, ..PluginSettings::default() })
        .unwrap()
}

/// What the misbehaving guest answers where it tells how many calls its instance has served before.
fn counted(calls: i64) -> Result<Decision, PluginError> {
    Ok(Decision::Allow(Caller {
        principal_id: "alice".to_owned(),
        context: vec![("calls".to_owned(), ContextValue::Integer(calls))],
        usage_identifier_key: None,
    }))
}

fn assert_trapped<T: std::fmt::Debug>(answer: &Result<T, PluginError>) {
    let Err(PluginError::Trap { message }) = answer else { panic!("{answer:?}") };
    assert!(message.starts_with(EARLIER), "{message}");
}

#[tokio::test]
async fn an_earlier_request_and_the_present_one_cannot_be_seen_through_an_earlier_handle() {
    let plugin = kept(MISBEHAVE, 100);
    assert_eq!(ask(&plugin, "keep").await, counted(0));
    assert_trapped(&ask(&plugin, "use-kept").await);
    assert_eq!(plugin.waiting(), 0, "the instance is not kept");
    let without = Err(PluginError::Failed("no handle was kept".to_owned()));
    assert_eq!(ask(&plugin, "use-kept").await, without, "another instance has no handle");
}

#[tokio::test]
async fn a_handle_may_be_dropped_with_a_later_call() {
    let plugin = kept(MISBEHAVE, 100);
    assert_eq!(ask(&plugin, "keep").await, counted(0));
    assert_eq!(ask(&plugin, "drop-kept").await, counted(1));
    assert_eq!(ask(&plugin, "allow").await, counted(2));
    assert_eq!(plugin.calls(), (1, 2));
}

#[tokio::test]
async fn a_guest_that_never_drops_a_handle_serves_all_its_uses() {
    let plugin = kept(MISBEHAVE, 100);
    for call in 0..100 {
        assert_eq!(ask(&plugin, "forget").await, counted(call));
    }
    assert_eq!((plugin.calls(), plugin.waiting()), ((1, 99), 0));
}

#[tokio::test]
async fn an_instance_that_holds_a_thousand_handles_is_not_kept() {
    let plugin = kept(MISBEHAVE, u32::MAX);
    for call in 0..1000 {
        assert_eq!(ask(&plugin, "forget").await, counted(call));
    }
    assert_eq!((plugin.calls(), plugin.waiting()), ((1, 999), 0));
    for call in 0..2000 {
        assert_eq!(ask(&plugin, "allow").await, counted(call), "who drops is kept");
    }
    assert_eq!((plugin.calls(), plugin.waiting()), ((2, 2998), 1));
}

/// What an integration answered.
struct Answer;

impl PluginResponse for Answer {
    fn status(&self) -> u16 {
        200
    }
    fn header(&self, _name: &str) -> Option<Cow<'_, str>> {
        None
    }
    fn header_values(&self, _name: &str, _each: &mut dyn FnMut(&str)) {}
    fn header_names(&self, _each: &mut dyn FnMut(&str)) {}
    fn body(&self) -> Option<(Cow<'_, [u8]>, bool)> {
        None
    }
}

#[tokio::test]
async fn the_same_holds_for_answers_and_for_calls_without_a_request() {
    let plugin = kept(REACH, 100);
    let rewrite = async |behave: &str| {
        let request = Arc::new(Request::new().header("behave", behave));
        plugin.rewrite_response(None, request, Arc::new(Answer)).await
    };
    let handle = async |event: &str| {
        let event = Event {
            json: event.to_owned(),
            function_name: "f".to_owned(),
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
        };
        plugin.handle(Arc::new(Request::new()), &event).await
    };
    assert_eq!(handle("use-kept-request").await.unwrap().unwrap(), "null");
    assert!(rewrite("keep").await.is_ok());
    assert_trapped(&rewrite("use-kept-response").await);
    assert!(rewrite("keep").await.is_ok());
    assert_trapped(&handle("use-kept-request").await);
    assert_eq!(plugin.calls(), (2, 3));
}
