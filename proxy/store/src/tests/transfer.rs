//! Exports and imports.

use super::{Folder, changes, each_store, listed, put};
use crate::{CommitError, Embedded, Follow, ImportError, ImportOptions, Store, export, import};
use std::time::Duration;

fn exported(store: &dyn Store) -> String {
    let mut out = Vec::new();
    export(store, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn imported(store: &dyn Store, text: &str, replace: bool) -> Result<u64, ImportError> {
    let options = ImportOptions { replace, audit: b"{\"by\":\"test\"}".to_vec() };
    import(store, &mut text.as_bytes(), options).map(|imported| imported.revision)
}

const TWO: &str = concat!(
    "{\"edgewit-state\":1,\"revision\":7,\"records\":2}\n",
    "{\"kind\":\"things\",\"name\":\"a\",\"value\":{\"z\":1,\"a\":[1.5,null,\"\\n\"]}}\n",
    "{\"kind\":\"things\",\"name\":\"b\",\"value\":2}\n",
);

#[test]
fn an_export_is_imported_as_it_was() {
    each_store(|store| {
        assert_eq!(imported(store, TWO, false).unwrap(), 8, "above the revision that the export has");
        assert_eq!(listed(store), ["a={\"z\":1,\"a\":[1.5,null,\"\\n\"]}@8", "b=2@8"]);
        assert_eq!(store.audit(None, 9).unwrap().len(), 1);
        assert_eq!(exported(store), TWO.replace(":7,", ":8,"));
        assert_eq!(put(store, "c", "1"), 9);
    });
}

#[test]
fn only_an_empty_store_is_filled_unless_it_is_asked_for() {
    each_store(|store| {
        put(store, "x", "1");
        let start = store.load().unwrap().position;
        let error = imported(store, TWO, false).unwrap_err();
        assert!(matches!(error, ImportError::Commit(CommitError::NotEmpty { records: 1 })), "{error}");
        assert_eq!(listed(store), ["x=1@1"]);
        assert_eq!(imported(store, TWO, true).unwrap(), 8);
        assert_eq!(listed(store).len(), 2);
        assert_eq!(store.audit(None, 9).unwrap().len(), 2, "the audit log stays");
        assert_eq!(store.follow(start, Duration::ZERO).unwrap(), Follow::TooOld);
        let now = store.load().unwrap().position;
        put(store, "c", "1");
        assert_eq!(changes(store, now).1.len(), 1);
        assert_eq!(imported(store, "{\"edgewit-state\":1,\"revision\":2}\n", true).unwrap(), 10);
        assert_eq!(listed(store), Vec::<String>::new());
    });
}

#[test]
fn a_wrong_line_is_named_and_nothing_is_imported() {
    let folder = Folder::new();
    let store = Embedded::open(folder.path()).unwrap();
    let header = "{\"edgewit-state\":1,\"revision\":1}\n";
    let record = "{\"kind\":\"k\",\"name\":\"n\",\"value\":1}\n";
    let fails = |text: &str, expected: &str| {
        let error = imported(&store, text, false).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    fails("", "line 1: the end of the file, where a header was expected");
    fails(
        "secret: 1\n",
        "line 1: `secret: 1`, where a header such as {\"edgewit-state\": 1, \"revision\": 7}",
    );
    fails("{\"revision\":1}\n", "line 1: an object without `edgewit-state`");
    fails("{\"edgewit-state\":2}\n", "line 1: format 2, where format 1 was expected");
    fails("{\"edgewit-state\":1}\n", "line 1: a header without a `revision`");
    fails(&format!("{header}\n{record}"), "line 2: an empty line, where a record such as");
    fails(
        &format!("{header}{record}nonsense\n"),
        "line 3: no JSON object (expected ident at line 1 column 2)",
    );
    fails(&format!("{header}{record}{{\"kind\":\"k\"}}\n"), "line 3: an object without `name`");
    fails(&format!("{header}{record}{record}"), "line 3: k/n, as on line 2, where each record once");
    let kind = record.replace("\"k\"", "1");
    fails(&format!("{header}{kind}"), "line 2: a `kind` or `name` that is no string");
    let kind = record.replace("\"k\"", "\"a/b\"");
    fails(&format!("{header}{kind}"), "line 2: \"a/b\" is no kind");
    let more = record.replace("}", ",\"x\":1}");
    fails(&format!("{header}{more}"), "line 2: an unknown member `x`");
    fails(&TWO[..TWO.len() - 5], "line 3: no JSON object");
    let cut = TWO.lines().take(2).map(|line| format!("{line}\n")).collect::<String>();
    fails(&cut, "line 3: the end after 1 records, where as many records as the header says, 2");
    assert_eq!(store.load().unwrap().position.revision, 0);
}

#[test]
fn a_last_line_without_its_break_is_whole() {
    each_store(|store| {
        imported(store, TWO.trim_end(), false).unwrap();
        assert_eq!(listed(store).len(), 2);
    });
}

#[test]
fn a_record_that_is_no_json_cannot_be_exported() {
    each_store(|store| {
        put(store, "a", "{");
        let error = export(store, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().starts_with("the record things/a is not JSON"), "{error}");
    });
}
