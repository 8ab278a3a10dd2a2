//! The life of a plugin generation: configured, pictured, kept compiled, warmed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use edgewit_plugin::{
    Artifacts, Change, ContextValue, Decision, Event, Grants, HostOptions, LoadError, Plugin, PluginError,
    PluginHost, PluginLimits, PluginSettings, RequestOutcome, WarmPool, World,
};

use crate::support::{MISBEHAVE, Request, TOKEN_AUTHORIZER, ask, host, small_limits};

const BEARER: &[u8] = include_bytes!("../../../../plugins/prebuilt/bearer_rust.wasm");
const TRANSFORM: &[u8] = include_bytes!("../../../../plugins/prebuilt/uppercase_transform_rust.wasm");
const FUNCTION: &[u8] = include_bytes!("../../../../plugins/prebuilt/greeting_function_rust.wasm");
const WASI_HTTP: &[u8] = include_bytes!("../../../../plugins/prebuilt/hello_wasi_http.wasm");

fn settings(config: &[(&str, &str)]) -> PluginSettings {
    let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    PluginSettings { config, limits: small_limits(), ..PluginSettings::default() }
}

/// Signed with `test-key`: sub `alice`, exp 4102444800, scope `read write`.
fn token() -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let payload =
        URL_SAFE_NO_PAD.encode(r#"{"sub":"alice","exp":4102444800,"scope":"read write","level":3}"#);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"test-key");
    let tag = ring::hmac::sign(&key, payload.as_bytes());
    format!("Bearer {payload}.{}", URL_SAFE_NO_PAD.encode(tag))
}

async fn decide(plugin: &Plugin, token: &str) -> Decision {
    let mut request = Request::new().token(token);
    request.named.insert("requestTimeEpoch", "1700000000000");
    plugin.authorize(Arc::new(request)).await.unwrap()
}

#[tokio::test]
async fn requests_start_from_the_picture_that_configure_left() {
    let plugin = host().load("bearer", BEARER, settings(&[("key", "test-key")])).unwrap();
    assert_eq!(plugin.worlds(), [World::Authorizer]);
    assert!(plugin.admission().configured);
    assert_eq!(plugin.admission().no_picture, None);
    let Decision::Allow(caller) = decide(&plugin, &token()).await else { panic!("not allowed") };
    assert_eq!(caller.principal_id, "alice");
    let context = vec![
        ("scope".to_owned(), ContextValue::Text("read write".to_owned())),
        ("level".to_owned(), ContextValue::Integer(3)),
    ];
    assert_eq!(caller.context, context);
    assert_eq!(decide(&plugin, "Bearer a.b").await, Decision::Unauthorized);
}

#[test]
fn a_plugin_that_refuses_its_configuration_says_why() {
    let refused = host().load("bearer", BEARER, settings(&[])).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "refuses its configuration: config has no `key`, expected the key that tokens are signed with"
    );
    assert!(matches!(refused, LoadError::Refused(_)));
}

#[derive(Default)]
struct Memory(Mutex<HashMap<String, Vec<u8>>>);

impl Artifacts for Memory {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(key).cloned()
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        self.0.lock().unwrap().insert(key.to_owned(), bytes.to_vec());
    }
}

#[tokio::test]
async fn a_compiled_form_is_used_again_for_the_same_component_and_configuration_only() {
    let kept = Arc::new(Memory::default());
    let options = HostOptions { instances: 32, ..HostOptions::default() };
    let load = |config: &[(&str, &str)]| {
        let host = PluginHost::new(options).unwrap().with_artifacts(Arc::clone(&kept) as Arc<dyn Artifacts>);
        host.load("bearer", BEARER, settings(config)).unwrap()
    };
    assert!(!load(&[("key", "test-key")]).admission().from_cache);
    let again = load(&[("key", "test-key")]);
    assert!(again.admission().from_cache && again.admission().configured);
    assert!(matches!(decide(&again, &token()).await, Decision::Allow(_)));
    let other = load(&[("key", "another-key")]);
    assert!(!other.admission().from_cache);
    assert_eq!(decide(&other, &token()).await, Decision::Unauthorized, "the key is part of the picture");
    assert_eq!(kept.0.lock().unwrap().len(), 2);
}

fn warm(size: u32, uses: u32, idle_ms: u64) -> Arc<Plugin> {
    let warm = Some(WarmPool { size, uses, idle_ms });
    host()
        .load("warm", TOKEN_AUTHORIZER, PluginSettings { warm, ..settings(&[("tokens", "t allow a")]) })
        .unwrap()
}

#[tokio::test]
async fn a_kept_instance_serves_as_often_as_declared() {
    let plugin = warm(2, 3, 60_000);
    for _ in 0..7 {
        assert!(matches!(decide(&plugin, "t").await, Decision::Allow(_)));
    }
    // Three calls each: fresh, reused, reused, thrown away.
    assert_eq!(plugin.calls(), (3, 4));
    assert_eq!(plugin.waiting(), 1);
}

fn prepared(host: &PluginHost, count: u32) -> Arc<Plugin> {
    let settings = PluginSettings { prepared: count, limits: small_limits(), ..settings(&[]) };
    host.load("prepared", MISBEHAVE, settings).unwrap()
}

/// Lets what goes on behind a call come to its end.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_prepared_instance_has_served_nobody_and_serves_once() {
    let plugin = prepared(host(), 1);
    let mut before = None;
    for call in 1..=5 {
        // It counts its calls, and is there before each but the first.
        assert_eq!(plugin.prepared(), usize::from(call > 1));
        let decided = ask(&plugin, "allow").await.unwrap();
        assert_eq!(*before.get_or_insert_with(|| decided.clone()), decided);
        assert_eq!(plugin.prepared(), 0, "taken by the call");
        settle().await;
    }
    assert_eq!(plugin.calls(), (5, 0));
}

#[tokio::test]
async fn as_many_instances_are_prepared_as_declared_and_no_more() {
    let plugin = prepared(host(), 2);
    for _ in 0..5 {
        ask(&plugin, "allow").await.unwrap();
    }
    settle().await;
    assert_eq!(plugin.prepared(), 2);
    let none = prepared(host(), 0);
    ask(&none, "allow").await.unwrap();
    settle().await;
    assert_eq!(none.prepared(), 0);
}

#[tokio::test]
async fn no_instance_is_prepared_after_a_call_that_failed() {
    let plugin = prepared(host(), 4);
    assert!(ask(&plugin, "panic").await.is_err());
    settle().await;
    assert_eq!(plugin.prepared(), 0);
}

#[tokio::test]
async fn prepared_instances_leave_the_places_of_requests_alone() {
    let small = PluginHost::new(HostOptions { instances: 2, ..HostOptions::default() }).unwrap();
    let limits = PluginLimits { instances: 2, ..small_limits() };
    let load = || {
        let settings = PluginSettings { prepared: 2, limits, ..settings(&[]) };
        small.load("prepared", MISBEHAVE, settings).unwrap()
    };
    let (first, second) = (load(), load());
    for plugin in [&first, &second] {
        for _ in 0..3 {
            ask(plugin, "allow").await.unwrap();
        }
        settle().await;
    }
    assert_eq!((first.prepared(), second.prepared()), (2, 0), "as many as the node has places for in all");
    let running = [(); 2].map(|()| {
        let second = Arc::clone(&second);
        tokio::spawn(async move { ask(&second, "spin").await })
    });
    settle().await;
    let busy = ask(&second, "allow").await;
    assert_eq!(busy, Err(PluginError::PoolExhausted { instances: 2, whose: "the plugin" }));
    for call in running {
        assert_eq!(
            call.await.unwrap(),
            Err(PluginError::CpuTime { limit_ms: limits.cpu_ms }),
            "it had its place"
        );
    }
}

#[tokio::test]
async fn a_plugin_that_is_replaced_takes_its_prepared_instances_with_it() {
    let one = PluginHost::new(HostOptions { instances: 1, ..HostOptions::default() }).unwrap();
    for _ in 0..3 {
        let settings = PluginSettings {
            prepared: 1,
            limits: PluginLimits { instances: 1, ..small_limits() },
            ..settings(&[])
        };
        let plugin = one.load("prepared", MISBEHAVE, settings).unwrap();
        ask(&plugin, "allow").await.unwrap();
        settle().await;
        assert_eq!(plugin.prepared(), 1);
    }
}

#[tokio::test]
async fn an_instance_that_waited_too_long_is_thrown_away() {
    let plugin = warm(2, 100, 1);
    decide(&plugin, "t").await;
    assert_eq!(plugin.waiting(), 1);
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    plugin.reap();
    assert_eq!(plugin.waiting(), 0);
}

#[tokio::test]
async fn an_instance_that_trapped_is_never_kept() {
    let warm = Some(WarmPool { size: 4, uses: 100, idle_ms: 60_000 });
    let plugin = host().load("misbehave", MISBEHAVE, PluginSettings { warm, ..settings(&[]) }).unwrap();
    assert!(ask(&plugin, "panic").await.is_err());
    assert_eq!(plugin.waiting(), 0);
    assert_eq!(ask(&plugin, "unauthorized").await, Ok(Decision::Unauthorized));
    assert_eq!(plugin.waiting(), 1);
    assert!(ask(&plugin, "panic").await.is_err());
    assert_eq!(plugin.waiting(), 0);
}

#[tokio::test]
async fn a_transform_says_what_to_change() {
    let plugin = host().load("upper", TRANSFORM, settings(&[("name", "shout")])).unwrap();
    assert_eq!(plugin.worlds(), [World::Transform]);
    let request = Request::new().query("name", "ada");
    let outcome = plugin.rewrite_request(Arc::new(request)).await.unwrap();
    let RequestOutcome::Forward(changes) = outcome else { panic!("{outcome:?}") };
    assert_eq!(changes.query, [Change::Set("name".to_owned(), "ADA".to_owned())]);
    assert_eq!(changes.headers, [Change::Set("x-plugin".parse().unwrap(), "shout".parse().unwrap())]);
}

#[tokio::test]
async fn a_function_answers_events() {
    let plugin = host().load("greet", FUNCTION, settings(&[])).unwrap();
    assert_eq!(plugin.worlds(), [World::Function]);
    let event = |json: &str| Event {
        json: json.to_owned(),
        function_name: "greet".to_owned(),
        function_arn: "arn:aws:lambda:us-east-1:000000000000:function:greet".to_owned(),
    };
    let json = r#"{"path":"/hi","queryStringParameters":{"name":"Ada"}}"#;
    let answer = plugin.handle(Arc::new(Request::new()), &event(json)).await.unwrap().unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["statusCode"], 200);
    assert_eq!(answer["body"], r#"{"message":"Hello, Ada","path":"/hi"}"#);
    let failure = plugin.handle(Arc::new(Request::new()), &event("no json")).await.unwrap().unwrap_err();
    assert!(!failure.error_message.is_empty());
}

#[tokio::test]
async fn a_wasi_http_component_answers_requests() {
    let plugin = host().load("hello", WASI_HTTP, settings(&[])).unwrap();
    assert_eq!(plugin.worlds(), [World::Http]);
    let message = http::Request::put("http://hello.local/a?b").body(bytes::Bytes::from("a body")).unwrap();
    let response = plugin.serve(Arc::new(Request::new()), message).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.body(), "Hello from wasi:http: PUT /a\na body");
}

#[tokio::test]
async fn a_wasi_http_component_is_kept_where_it_holds_nothing_any_more() {
    let warm = Some(WarmPool { size: 1, uses: 3, idle_ms: 60_000 });
    let plugin = host().load("hello", WASI_HTTP, PluginSettings { warm, ..settings(&[]) }).unwrap();
    for call in 0..4 {
        let message = http::Request::put(format!("http://hello.local/{call}"));
        let message = message.body(bytes::Bytes::from(format!("body {call}"))).unwrap();
        let response = plugin.serve(Arc::new(Request::new()), message).await.unwrap();
        assert_eq!(response.body(), &format!("Hello from wasi:http: PUT /{call}\nbody {call}"));
    }
    // Three calls of the first instance, one of the second.
    assert_eq!(plugin.calls(), (2, 2));
    assert_eq!(plugin.waiting(), 1);
}

#[test]
fn what_reaches_outside_needs_a_grant() {
    // The component is text here: it imports a key-value store and does nothing with it.
    let component = wat::parse_str(
        r#"(component (import "wasi:keyvalue/store@0.2.0-draft" (instance (export "bucket" (type (sub resource))))))"#,
    )
    .unwrap();
    let refused = host().load("p", &component, settings(&[])).unwrap_err().to_string();
    assert_eq!(
        refused,
        "imports wasi:keyvalue/store@0.2.0-draft, which needs a grant: write `grants: {keyvalue: [...]}` beside \
         `component`, with an empty list to let it start and reach nothing"
    );
    let grants = Grants { keyvalue: Some(Vec::new()), ..Grants::default() };
    let refused = host().load("p", &component, PluginSettings { grants, ..settings(&[]) }).unwrap_err();
    assert!(matches!(refused, LoadError::NoWorld { .. }), "{refused}");
}
