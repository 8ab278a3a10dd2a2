#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests may sleep")]

use super::queue::{Job, Queue, WAITING_MAX, WAITING_SIZE_MAX};
use super::{ValueStore, Values, ValuesError, ValuesEvent};
use crate::RedisSettings;
use crate::tests::server::{Server, at_port, free_port};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

const ROOM: usize = 1 << 20;

/// What an operator has heard.
type Heard = Arc<Mutex<Vec<String>>>;

fn values(settings: &RedisSettings) -> (Values, Heard) {
    let heard = Heard::default();
    let told = Arc::clone(&heard);
    let tell = move |event: ValuesEvent<'_>| {
        told.lock().unwrap().push(match event {
            ValuesEvent::Away(reason) => format!("away: {reason}"),
            ValuesEvent::Back => "back".to_owned(),
        });
    };
    (Values::new(settings, tell).unwrap(), heard)
}

fn store<'a>(plugin: &'a str, store: &'a str) -> ValueStore<'a> {
    ValueStore { plugin, store }
}

fn wait<T>(operation: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(operation)
}

/// Tries until it is so; no longer than a test may take.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !so() {
        assert!(Instant::now() < end, "never {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn values_and_keys_are_any_bytes() {
    let Some(server) = Server::start() else { return };
    let (values, heard) = values(&server.settings());
    let at = store("guard", "sessions");
    let keys =
        ["", "a", "a:b", "*", "a*", "[a]", "\\", "line\nbreak\r\n", "nul\0", "ü", "{test}:meta", "$3\r\n"];
    for key in keys {
        assert_eq!(wait(values.get(at, key)), Ok(None), "{key:?}");
        assert_eq!(wait(values.exists(at, key)), Ok(false), "{key:?}");
    }
    for key in keys {
        let value = [key.as_bytes(), &[0, 255, b'\r', b'\n']].concat();
        assert_eq!(wait(values.set(at, key, &value, ROOM)), Ok(()), "{key:?}");
        assert_eq!(wait(values.get(at, key)), Ok(Some(value)), "{key:?}");
        assert_eq!(wait(values.exists(at, key)), Ok(true), "{key:?}");
    }
    let mut sorted = keys.map(str::to_owned).to_vec();
    sorted.sort_unstable();
    assert_eq!(wait(values.keys(at, 0, 100)), Ok((sorted, false)));
    for key in keys {
        assert_eq!(wait(values.delete(at, key)), Ok(()), "{key:?}");
        assert_eq!(wait(values.get(at, key)), Ok(None), "{key:?}");
    }
    // Nothing stays behind, and to remove what is not there changes nothing.
    assert_eq!(wait(values.delete(at, "a")), Ok(()));
    assert_eq!(server.command(&["DBSIZE"]), redis::Value::Int(0));
    assert_eq!(*heard.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn keys_come_in_order_page_by_page() {
    let Some(server) = Server::start() else { return };
    let (values, _) = values(&server.settings());
    let at = store("guard", "sessions");
    for number in [3, 0, 4, 1, 2] {
        wait(values.set(at, &format!("key {number}"), b"", ROOM)).unwrap();
    }
    // Again, which makes no second key.
    wait(values.set(at, "key 3", b"other", ROOM)).unwrap();
    let page = |skip, most| wait(values.keys(at, skip, most)).unwrap();
    let keys = |numbers: &[u32]| numbers.iter().map(|number| format!("key {number}")).collect::<Vec<_>>();
    assert_eq!(page(0, 2), (keys(&[0, 1]), true));
    assert_eq!(page(2, 2), (keys(&[2, 3]), true));
    assert_eq!(page(4, 2), (keys(&[4]), false));
    assert_eq!(page(0, 5), (keys(&[0, 1, 2, 3, 4]), false));
    assert_eq!(page(5, 2), (keys(&[]), false));
    assert_eq!(page(u64::MAX, 2), (keys(&[]), false));
}

#[test]
fn no_plugin_reaches_the_values_of_another() {
    let Some(server) = Server::start() else { return };
    let (values, _) = values(&server.settings());
    // Names whose keys would be the same if they were only joined.
    let stores = [
        store("a", "b"),
        store("b", "a"),
        store("a:values", "b"),
        store("a", "values:b"),
        store("a:values:b", ""),
        store("", "a"),
        store("1:a", "b"),
        store("a", "b:"),
        store("a:", "b"),
    ];
    for (number, at) in stores.into_iter().enumerate() {
        wait(values.set(at, "key", &[u8::try_from(number).unwrap()], ROOM)).unwrap();
    }
    for (number, at) in stores.into_iter().enumerate() {
        assert_eq!(wait(values.get(at, "key")), Ok(Some(vec![u8::try_from(number).unwrap()])), "{at:?}");
        assert_eq!(wait(values.keys(at, 0, 10)), Ok((vec!["key".to_owned()], false)), "{at:?}");
    }
    // What an operator sees, and finds by the plugin's name.
    let found = server.command(&["KEYS", "{test}:keyvalue:1:a:*"]);
    let mut found: Vec<String> = redis::from_redis_value(found).unwrap();
    found.sort_unstable();
    let expected =
        ["bytes", "keys:b", "keys:b:", "keys:values:b", "values:b", "values:b:", "values:values:b"];
    assert_eq!(found, expected.map(|name| format!("{{test}}:keyvalue:1:a:{name}")));
}

#[test]
fn numbers_are_added_to_as_if_nobody_else_was_there() {
    const TIMES: usize = 200;
    let Some(server) = Server::start() else { return };
    let threads = [1, 2].map(|delta| {
        let (values, _) = values(&server.settings());
        std::thread::spawn(move || {
            for _ in 0..TIMES {
                wait(values.increment(store("guard", "counters"), "visits", delta, ROOM)).unwrap();
            }
        })
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let (values, _) = values(&server.settings());
    let at = store("guard", "counters");
    assert_eq!(wait(values.get(at, "visits")), Ok(Some((3 * TIMES).to_string().into_bytes())));
    assert_eq!(wait(values.keys(at, 0, 10)), Ok((vec!["visits".to_owned()], false)));
    let add = |key: &str, delta| wait(values.increment(at, key, delta, ROOM));
    // As exact as they are large, and no larger than 63 bits.
    let most = i64::MAX as u64;
    assert_eq!(add("large", most - 1), Ok(most - 1));
    assert_eq!(add("large", 0), Ok(most - 1));
    assert_eq!(add("large", 1), Ok(most));
    assert_eq!(add("large", 1), Err(ValuesError::TooGreat));
    assert_eq!(add("large", u64::MAX), Err(ValuesError::TooGreat));
    assert_eq!(wait(values.get(at, "large")), Ok(Some(most.to_string().into_bytes())));
    for (value, added) in [
        ("0", Ok(7)),
        ("12", Ok(19)),
        ("", Err(ValuesError::NoNumber)),
        ("x", Err(ValuesError::NoNumber)),
        ("-1", Err(ValuesError::NoNumber)),
        ("+1", Err(ValuesError::NoNumber)),
        ("01", Err(ValuesError::NoNumber)),
        ("1 ", Err(ValuesError::NoNumber)),
        ("1\n", Err(ValuesError::NoNumber)),
        ("9223372036854775808", Err(ValuesError::TooGreat)),
    ] {
        wait(values.set(at, "value", value.as_bytes(), ROOM)).unwrap();
        assert_eq!(add("value", 7), added, "{value:?}");
        if added.is_err() {
            assert_eq!(wait(values.get(at, "value")), Ok(Some(value.as_bytes().to_vec())));
        }
    }
}

#[test]
fn all_stores_of_a_plugin_hold_as_much_as_they_may_and_no_more() {
    let Some(server) = Server::start() else { return };
    let (values, _) = values(&server.settings());
    let (one, two) = (store("guard", "one"), store("guard", "two"));
    let full = |bytes| ValuesError::Full { bytes, most_bytes: 10 };
    assert_eq!(wait(values.set(one, "k", b"1234", 10)), Ok(()));
    assert_eq!(wait(values.set(two, "k", b"12345", 10)), Err(full(11)));
    assert_eq!(wait(values.keys(two, 0, 10)), Ok((vec![], false)));
    assert_eq!(wait(values.set(two, "k", b"1234", 10)), Ok(()));
    // What it replaces goes.
    assert_eq!(wait(values.set(one, "k", b"12345", 10)), Err(full(11)));
    assert_eq!(wait(values.set(one, "k", b"9", 10)), Ok(()));
    assert_eq!(wait(values.increment(one, "k", 990, 10)), Ok(999));
    assert_eq!(wait(values.increment(one, "k", 1, 10)), Ok(1000));
    assert_eq!(wait(values.increment(one, "k", 9000, 10)), Err(full(11)));
    assert_eq!(wait(values.get(one, "k")), Ok(Some(b"1000".to_vec())));
    assert_eq!(wait(values.increment(one, "new", 1, 10)), Err(full(14)));
    assert_eq!(wait(values.exists(one, "new")), Ok(false));
    // Another plugin has room of its own.
    assert_eq!(wait(values.set(store("other", "one"), "k", b"123456789", 10)), Ok(()));
    assert_eq!(wait(values.delete(two, "k")), Ok(()));
    assert_eq!(wait(values.set(one, "k", b"123456789", 10)), Ok(()));
}

#[test]
fn nobody_waits_while_redis_is_away_and_it_is_found_again() {
    let Some(mut server) = Server::start() else { return };
    let (values, heard) = values(&server.settings());
    let at = store("guard", "sessions");
    wait(values.set(at, "key", b"kept", ROOM)).unwrap();
    server.kill();
    // The first ones may have gone over the connection that was lost.
    until("away", || wait(values.get(at, "key")) == Err(ValuesError::Away));
    let message = wait(values.increment(at, "n", 1, ROOM)).unwrap_err().to_string();
    assert_eq!(message, "the shared store is away");
    server.run();
    until("back", || wait(values.get(at, "key")) == Ok(Some(b"kept".to_vec())));
    assert_eq!(wait(values.set(at, "key", b"new", ROOM)), Ok(()));
    until("told", || heard.lock().unwrap().len() > 1);
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].starts_with("away: Connection refused"), "{heard:?}");
    assert_eq!(heard[1], "back");
}

#[test]
fn no_error_tells_the_password() {
    let Some(server) = Server::with(&["--requirepass", "right-secret"]) else { return };
    let settings = RedisSettings {
        url: format!("redis://:wrong-secret@127.0.0.1:{}", server.port()),
        ..server.settings()
    };
    let (refused, heard) = values(&settings);
    let at = store("guard", "sessions");
    until("away", || wait(refused.get(at, "key")) == Err(ValuesError::Away));
    until("told", || !heard.lock().unwrap().is_empty());
    let heard = heard.lock().unwrap().join("\n");
    assert!(heard.starts_with("away: ") && !heard.contains("secret"), "{heard}");
    assert!(!format!("{refused:?}").contains("secret"));
    let (let_in, _) = values(&RedisSettings { url: settings.url.replace("wrong", "right"), ..settings });
    assert_eq!(wait(let_in.set(at, "key", b"", ROOM)), Ok(()));
}

#[test]
fn what_redis_refuses_is_said_by_its_word_for_it() {
    let Some(server) = Server::start() else { return };
    let (values, _) = values(&server.settings());
    let at = store("guard", "sessions");
    server.command(&["SET", "{test}:keyvalue:5:guard:values:sessions", "somebody else's"]);
    let refused = |code: &str| ValuesError::Refused { code: code.to_owned() };
    assert_eq!(wait(values.get(at, "key")), Err(refused("WRONGTYPE")));
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let other = store("guard", "other");
    assert_eq!(wait(values.set(other, "key", b"", ROOM)), Err(refused("OOM")));
    assert_eq!(wait(values.increment(other, "key", 1, ROOM)), Err(refused("OOM")));
    assert_eq!(refused("OOM").to_string(), "the shared store refuses this: OOM");
    assert_eq!(wait(values.get(other, "key")), Ok(None));
}

#[test]
fn nothing_is_connected_to_before_it_is_used() {
    let (values, heard) = values(&at_port(free_port()));
    assert_eq!(*heard.lock().unwrap(), Vec::<String>::new());
    assert_eq!(wait(values.get(store("guard", "sessions"), "key")), Err(ValuesError::Away));
    assert!(Values::new(&RedisSettings { url: "http://x".into(), ..at_port(1) }, |_| {}).is_err());
    assert!(Values::new(&RedisSettings { prefix: "{".into(), ..at_port(1) }, |_| {}).is_err());
}

#[test]
fn as_many_wait_as_may_and_those_who_gave_up_take_no_place() {
    let queue = Queue::new(Box::new(|_| {}));
    let push = |bytes| {
        let (answer, waits) = oneshot::channel();
        queue.push(Job { packed: vec![0; bytes], answer }).map(|()| waits)
    };
    let mut waiting: Vec<_> = (0..WAITING_MAX).map(|_| push(1).unwrap()).collect();
    assert_eq!(push(1).unwrap_err(), ValuesError::Busy);
    waiting.pop();
    waiting.push(push(1).unwrap());
    waiting.truncate(1);
    assert_eq!(push(WAITING_SIZE_MAX).unwrap_err(), ValuesError::Busy);
    waiting.push(push(WAITING_SIZE_MAX - 1).unwrap());
    waiting.clear();
    // One alone may be as large as it is, and only what somebody waits for is sent.
    let _large = push(WAITING_SIZE_MAX + 1).unwrap();
    assert_eq!(queue.next().unwrap().len(), 1);
    // Nobody waits for a store that is away.
    let mut left = push(1).unwrap();
    queue.unreachable("gone");
    assert_eq!(left.try_recv().unwrap(), Err(ValuesError::Away));
    assert_eq!(push(1).unwrap_err(), ValuesError::Away);
}
