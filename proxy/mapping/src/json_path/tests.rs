#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn store() -> Value {
    json!({
        "store": {
            "book": [
                {"title": "A", "price": 8.95, "category": "ref"},
                {"title": "B", "price": 12, "category": "fic", "isbn": "1"},
                {"title": "C", "price": 22.99, "category": "fic", "isbn": "2"},
            ],
            "bicycle": {"price": 19, "colour-of": "red"},
        },
        "a b": 1,
        "null": null,
        "numbers": [1, 2, 3, 4],
        "it's": {"x": true},
    })
}

fn find(path: &str) -> Option<Value> {
    let store = store();
    JsonPath::parse(path).unwrap_or_else(|e| panic!("{path}: {e}")).find(&store).map(Cow::into_owned)
}

#[test]
fn definite_paths() {
    let table = [
        ("$.store.book[0].title", Some(json!("A"))),
        ("$['store']['book'][-1]['title']", Some(json!("C"))),
        ("$.store.bicycle.colour-of", Some(json!("red"))),
        ("$[\"a b\"]", Some(json!(1))),
        ("$.['a b']", Some(json!(1))),
        ("$['it\\'s'].x", Some(json!(true))),
        ("$.null", Some(json!(null))),
        ("$.none", None),
        ("$.none.none", None),
        ("$.store.book.title", None),
        ("$.store.book[3]", None),
        ("$.store.book[-4]", None),
        ("$.numbers[9223372036854775807]", None),
        ("$.numbers[-9223372036854775808]", None),
        ("$.store[0]", None),
        ("$.store.bicycle['price','none']", Some(json!({"price": 19}))),
        ("$.numbers.length()", Some(json!(4))),
        ("$.store.length()", Some(json!(2))),
        ("$.numbers.sum()", Some(json!(10.0))),
        ("$.numbers.min()", Some(json!(1.0))),
        ("$.numbers.max()", Some(json!(4.0))),
        ("$.numbers.avg()", Some(json!(2.5))),
        ("$.store.keys()", Some(json!(["book", "bicycle"]))),
        ("$.null.length()", None),
        ("$.store.sum()", None),
    ];
    for (path, expected) in table {
        assert!(JsonPath::parse(path).unwrap().is_definite(), "{path}");
        assert_eq!(find(path), expected, "{path}");
    }
    assert_eq!(find("$"), Some(store()));
}

#[test]
fn paths_that_give_lists() {
    let table = [
        ("$.store.book[*].title", json!(["A", "B", "C"])),
        ("$.store.book.*.title", json!(["A", "B", "C"])),
        ("$..title", json!(["A", "B", "C"])),
        ("$..price", json!([8.95, 12, 22.99, 19])),
        ("$..book[0].title", json!(["A"])),
        ("$.numbers[0,2]", json!([1, 3])),
        ("$.numbers[1:3]", json!([2, 3])),
        ("$.numbers[:2]", json!([1, 2])),
        ("$.numbers[-2:]", json!([3, 4])),
        ("$.numbers[2:1]", json!([])),
        ("$.numbers[:-9]", json!([])),
        ("$.numbers[0:99]", json!([1, 2, 3, 4])),
        ("$.none[*]", json!([])),
        ("$.store.book[?(@.price < 10)].title", json!(["A"])),
        ("$.store.book[?(@.price >= 12 && @.category == 'fic')].title", json!(["B", "C"])),
        ("$.store.book[?(@.price == 12.0 || @.title == \"A\")].title", json!(["A", "B"])),
        ("$.store.book[?(@.isbn)].title", json!(["B", "C"])),
        ("$.store.book[?(!@.isbn)].title", json!(["A"])),
        ("$.store.book[?(!(@.isbn) && @.price != 1)].title", json!(["A"])),
        ("$.store.book[?(@.title in ['A', 'C'])].title", json!(["A", "C"])),
        ("$.store.book[?(@.title nin ['A', 'C'])].title", json!(["B"])),
        ("$.store.book[?(@['title'] > 'B')].title", json!(["C"])),
        ("$.numbers[?(@ > 2)]", json!([3, 4])),
        ("$.store.book[*]['title','none']", json!([{"title": "A"}, {"title": "B"}, {"title": "C"}])),
        ("$.numbers[?(@.x.length() == 1)]", json!([])),
    ];
    for (path, expected) in table {
        assert!(!JsonPath::parse(path).unwrap().is_definite(), "{path}");
        assert_eq!(find(path), Some(expected), "{path}");
    }
    assert_eq!(find("$..price.max()"), Some(json!(22.99)));
}

#[test]
fn refused() {
    let table = [
        ("", "found the end of the path at character 0, expected `$`"),
        ("store", "found `store` at character 0, expected `$`"),
        ("$.", "found the end of the path at character 2, expected a member name, `*` or `[`"),
        ("$store", "found `store` at character 1, expected `.`, `[` or the end of the path"),
        ("$.a[", "found the end of the path at character 4, expected an index"),
        ("$.a[]", "found `]` at character 4, expected an index"),
        ("$.a['b]", "found the end of the path at character 7, expected a closing quote"),
        ("$.a[1", "found the end of the path at character 5, expected `]`"),
        ("$.a[1:2:3]", "found `:3]` at character 7, expected `]`"),
        ("$.a[99999999999999999999]", "found `99999999999999999999]` at character 4, expected an integer"),
        ("$.a.shuffle()", "found `shuffle()` at character 4, expected one of the functions"),
        ("$.a.length().b", "found `.b` at character 12, expected `.`, `[` or the end of the path"),
        ("$.a[?(@.b <)]", "found `)]` at character 11, expected `@`, a quoted text"),
        ("$.a[?(1)]", "found `)]` at character 7, expected a comparison"),
        ("$.a[?(@.b]", "found `]` at character 9, expected `)`"),
        ("$.a b", "found ` b` at character 3, expected `.`"),
    ];
    for (path, expected) in table {
        let error = JsonPath::parse(path).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{path}: {error}");
    }
}

#[test]
fn limits() {
    let long = |bytes: usize| format!("$.{}", "a".repeat(bytes - 2));
    assert!(JsonPath::parse(&long(MAX_PATH_BYTES)).is_ok());
    assert!(JsonPath::parse(&long(MAX_PATH_BYTES + 1)).is_err());
    let steps = |count: usize| format!("${}", ".a".repeat(count));
    assert!(JsonPath::parse(&steps(MAX_STEPS)).is_ok());
    assert!(JsonPath::parse(&steps(MAX_STEPS + 1)).is_err());
    let nested = |depth: usize| format!("$[?({}@.a{})]", "(".repeat(depth - 1), ")".repeat(depth - 1));
    assert!(JsonPath::parse(&nested(MAX_FILTER_DEPTH)).is_ok());
    assert!(JsonPath::parse(&nested(MAX_FILTER_DEPTH + 1)).is_err());
    let negated = |count: usize| format!("$[?({}@.a)]", "!".repeat(count));
    assert!(JsonPath::parse(&negated(MAX_FILTER_DEPTH)).is_ok());
    assert!(JsonPath::parse(&negated(MAX_FILTER_DEPTH + 1)).is_err());
}

#[test]
fn visits_and_results_are_limited() {
    for path in ["$[*]", "$[?(@ == 0)]", "$[0:]"] {
        let path = JsonPath::parse(path).unwrap();
        // Short of copying the list, which has a limit of its own.
        let visited = |length: usize| path.find(&Value::Array(vec![json!(0); length])).map(Cow::into_owned);
        assert!(visited(MAX_RESULT_BYTES / 32).is_some());
        assert!(visited(MAX_RESULT_BYTES / 32 + 1).is_none());
    }
    let empty = JsonPath::parse("$[?(@ == 1)]").unwrap();
    assert!(empty.find(&Value::Array(vec![json!(0); MAX_VISITS])).is_some());
    assert!(empty.find(&Value::Array(vec![json!(0); MAX_VISITS + 1])).is_none());
    // A text counts with its length each time it is copied.
    let twice = JsonPath::parse("$[0,0]").unwrap();
    let text = |bytes: usize| json!(["x".repeat(bytes)]);
    assert!(twice.find(&text(MAX_RESULT_BYTES / 2 - 32)).is_some());
    assert!(twice.find(&text(MAX_RESULT_BYTES / 2 - 31)).is_none());
    let several = JsonPath::parse("$['a','b']").unwrap();
    assert!(several.find(&json!({"a": "x".repeat(MAX_RESULT_BYTES - 32)})).is_some());
    assert!(several.find(&json!({"a": "x".repeat(MAX_RESULT_BYTES - 31)})).is_none());
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    assert!(JsonPath::parse("$..*..*..*..*").unwrap().find(&deep).is_none());
}

proptest! {
    #[test]
    fn never_panics(path in "\\$([.\\[\\]'\"*?()@:,!<=> &|-]|a|1|é|\\.\\.|length\\(\\)){0,16}") {
        if let Ok(path) = JsonPath::parse(&path) {
            path.find(&json!({"a": [1, {"a": "é"}], "é": {"1": null}}));
        }
    }
}
