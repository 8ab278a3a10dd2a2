//! Key-value stores that nodes share, as a plugin meets them: within its limits, and not forever.

use std::future::pending;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edgewit_plugin::{
    ContextValue, Decision, Grants, HostOptions, KeyPage, Plugin, PluginHost, PluginLimits, PluginSettings,
    SharedFuture, SharedStores, StoreGrant, StoreName,
};

use crate::support::{ask, small_limits};

const REACH: &[u8] = include_bytes!("../../../../plugins/prebuilt/reach.wasm");

/// Stores that note what they are asked, and answer as the key says.
#[derive(Default)]
struct Played {
    asked: Mutex<Vec<String>>,
    waited_for: Arc<AtomicUsize>,
    given_up: Arc<AtomicUsize>,
}

/// Counts an end, also one that comes by being dropped.
struct Ends(Arc<AtomicUsize>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Played {
    fn answer<T: Send + 'static>(&self, asked: String, key: &str, answer: T) -> SharedFuture<T> {
        self.asked.lock().unwrap().push(asked);
        let (waited_for, ends) = (Arc::clone(&self.waited_for), Ends(Arc::clone(&self.given_up)));
        match key {
            "never" => Box::pin(async move {
                let _ends = ends;
                waited_for.fetch_add(1, Ordering::SeqCst);
                pending().await
            }),
            "late" => Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok(answer)
            }),
            "away" => Box::pin(async { Err("the shared store is away".to_owned()) }),
            _ => Box::pin(async { Ok(answer) }),
        }
    }
}

impl SharedStores for Played {
    fn get(&self, store: StoreName<'_>, key: &str) -> SharedFuture<Option<Vec<u8>>> {
        let value = key.strip_prefix("bytes-").map(|count| vec![b'x'; count.parse().unwrap()]);
        self.answer(format!("get {store:?} {key}"), key, value)
    }

    fn set(&self, store: StoreName<'_>, key: &str, value: Vec<u8>, most_bytes: usize) -> SharedFuture<()> {
        let key_bytes = key.len();
        let asked = format!("set {store:?} {key_bytes} byte key, {} bytes, most {most_bytes}", value.len());
        self.answer(asked, key, ())
    }

    fn delete(&self, store: StoreName<'_>, key: &str) -> SharedFuture<()> {
        self.answer(format!("delete {store:?} {key}"), key, ())
    }

    fn exists(&self, store: StoreName<'_>, key: &str) -> SharedFuture<bool> {
        self.answer(format!("exists {store:?} {key}"), key, true)
    }

    fn list_keys(&self, store: StoreName<'_>, skip: u64, most: usize) -> SharedFuture<KeyPage> {
        let page = KeyPage { keys: vec!["one".to_owned(), "two".to_owned()], more: true };
        self.answer(format!("keys {store:?} {skip} {most}"), "", page)
    }

    fn increment(&self, store: StoreName<'_>, key: &str, delta: u64, most_bytes: usize) -> SharedFuture<u64> {
        self.answer(format!("add {delta} {store:?} {key}, most {most_bytes}"), key, u64::MAX)
    }
}

fn loaded(limits: PluginLimits, stores: Option<Arc<Played>>) -> Arc<Plugin> {
    let host = PluginHost::new(HostOptions { instances: 16, ..HostOptions::default() }).unwrap();
    if let Some(stores) = stores {
        host.share_stores(stores);
    }
    let grants = Grants {
        http: Some(Vec::new()),
        keyvalue: Some(vec![StoreGrant::here("own"), StoreGrant::shared("all")]),
    };
    host.load("reach", REACH, PluginSettings { limits, grants, ..PluginSettings::default() }).unwrap()
}

/// What the guest says came of it.
async fn told(plugin: &Plugin, behaviour: &str) -> String {
    match ask(plugin, behaviour).await.unwrap() {
        Decision::Allow(caller) => match &caller.context[..] {
            [(_, ContextValue::Text(text))] => text.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_shared_stores_are_asked_and_a_plugin_names_itself() {
    let played = Arc::new(Played::default());
    let limits = PluginLimits { keyvalue_bytes: 1 << 20, ..small_limits() };
    let plugin = loaded(limits, Some(Arc::clone(&played)));
    for (behaviour, answer) in [
        ("write own k 42", "written"),
        ("read own k", "42"),
        ("add own k 1", "43"),
        ("keys own", "k"),
        ("has own k", "true"),
        ("remove own k", "removed"),
        ("has own k", "false"),
        ("read other k", "access denied"),
    ] {
        assert_eq!(told(&plugin, behaviour).await, answer, "{behaviour}");
    }
    assert_eq!(*played.asked.lock().unwrap(), Vec::<String>::new());
    for (behaviour, answer) in [
        ("write all k 42", "written"),
        ("read all k", "nothing"),
        ("read all bytes-2", "xx"),
        ("add all k 7", "18446744073709551615"),
        ("keys all", "one,two"),
        ("has all k", "true"),
        ("remove all k", "removed"),
        ("read all away", "the shared store is away"),
    ] {
        assert_eq!(told(&plugin, behaviour).await, answer, "{behaviour}");
    }
    let store = r#"StoreName { plugin: "reach", store: "all" }"#;
    let asked = [
        format!("set {store} 1 byte key, 2 bytes, most 1048576"),
        format!("get {store} k"),
        format!("get {store} bytes-2"),
        format!("add 7 {store} k, most 1048576"),
        format!("keys {store} 0 1000"),
        format!("exists {store} k"),
        format!("delete {store} k"),
        format!("get {store} away"),
    ];
    assert_eq!(*played.asked.lock().unwrap(), asked);
}

#[tokio::test]
async fn where_nodes_share_nothing_such_a_store_is_in_memory() {
    let plugin = loaded(small_limits(), None);
    assert_eq!(told(&plugin, "write all k 42").await, "written");
    assert_eq!(told(&plugin, "add all k 1").await, "43");
    assert_eq!(told(&plugin, "read own k").await, "nothing");
}

#[tokio::test]
async fn keys_and_values_of_shared_stores_have_their_bytes_and_no_more() {
    let played = Arc::new(Played::default());
    let limits = PluginLimits { keyvalue_value_bytes: 10, ..small_limits() };
    let plugin = loaded(limits, Some(Arc::clone(&played)));
    let (fits, longer) = ("k".repeat(1024), "k".repeat(1025));
    let key_refused = "a key of 1025 bytes, expected at most 1024";
    let value_refused = "a value of 11 bytes, expected at most 10 (limit `keyvalue_value_bytes`)";
    for (behaviour, answer) in [
        (format!("write all {fits} 1"), "written"),
        (format!("write all {longer} 1"), key_refused),
        (format!("add all {fits} 1"), "18446744073709551615"),
        (format!("add all {longer} 1"), key_refused),
        // Nothing can be there.
        (format!("read all {longer}"), "nothing"),
        (format!("has all {longer}"), "false"),
        (format!("remove all {longer}"), "removed"),
        ("fill all k 10".to_owned(), "filled"),
        ("fill all k 11".to_owned(), value_refused),
        ("read all bytes-10".to_owned(), "xxxxxxxxxx"),
        // Another node with another limit has written it.
        ("read all bytes-11".to_owned(), value_refused),
    ] {
        assert_eq!(told(&plugin, &behaviour).await, answer, "{behaviour}");
    }
    let asked = played.asked.lock().unwrap();
    assert!(asked.iter().all(|asked| !asked.contains("1025") && !asked.contains(&longer)), "{asked:?}");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_waited_for_as_long_as_declared() {
    let played = Arc::new(Played::default());
    let limits = PluginLimits { keyvalue_ms: 20, wall_ms: 600_000, ..small_limits() };
    let plugin = loaded(limits, Some(Arc::clone(&played)));
    let given_up = "no answer within 20 ms (limit `keyvalue_ms`); a change may still be made";
    for behaviour in ["read all never", "write all never 1", "add all never 1", "has all never"] {
        assert_eq!(told(&plugin, behaviour).await, given_up, "{behaviour}");
    }
    assert_eq!(played.given_up.load(Ordering::SeqCst), 4);
    // Within the limit it is waited for, and waiting is no computing.
    let limits = PluginLimits { keyvalue_ms: 600_000, wall_ms: 600_000, cpu_ms: 100, ..small_limits() };
    let plugin = loaded(limits, Some(played));
    assert_eq!(told(&plugin, "has all late").await, "true");
}

#[tokio::test]
async fn the_wait_for_a_store_ends_with_the_call() {
    let played = Arc::new(Played::default());
    let limits = PluginLimits { keyvalue_ms: 600_000, wall_ms: 600_000, ..small_limits() };
    let plugin = loaded(limits, Some(Arc::clone(&played)));
    {
        let mut call = pin!(ask(&plugin, "read all never"));
        let waits = async {
            while played.waited_for.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            answer = &mut call => panic!("{answer:?}"),
            () = waits => {}
        }
        assert_eq!(played.given_up.load(Ordering::SeqCst), 0);
    }
    assert_eq!(played.given_up.load(Ordering::SeqCst), 1);
    // Past the wall time it ends too.
    let limits = PluginLimits { keyvalue_ms: 600_000, wall_ms: 20, ..small_limits() };
    let plugin = loaded(limits, Some(Arc::clone(&played)));
    let error = ask(&plugin, "read all never").await.unwrap_err().to_string();
    assert!(error.contains("20 ms"), "{error}");
    assert_eq!(played.given_up.load(Ordering::SeqCst), 2);
}
