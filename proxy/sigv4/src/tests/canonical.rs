//! The parts of canonical requests, one by one; whole ones are compared with botocore in `tests/vectors.rs`.

use crate::encode::{from_hex, hex};
use crate::headers::{self, Selection};
use crate::path::{PathForm, is_normal};
use crate::query;

fn path(form: PathForm, path: &str) -> String {
    let mut out = b"before".to_vec();
    form.write(path, &mut out);
    String::from_utf8(out).unwrap().strip_prefix("before").unwrap().to_owned()
}

#[test]
fn paths_are_normalised_and_encoded_once_more() {
    for (sent, expected) in [
        ("", "/"),
        ("/", "/"),
        ("//", "/"),
        ("/a/../..", "/"),
        ("/a/./b//c/", "/a/b/c/"),
        ("/a/b/..", "/a"),
        ("/a/b/../", "/a/"),
        ("/...", "/..."),
        ("*", "%2A"),
        ("./a//b/../c", "a/c"),
        ("a/..", "/"),
        ("/%2e%2e/é@", "/%252e%252e/%C3%A9%40"),
        ("/AbC%3D", "/AbC%253D"),
    ] {
        assert_eq!(path(PathForm::NormalisedAndEncoded, sent), expected, "{sent}");
    }
    assert_eq!(path(PathForm::Encoded, "/a/./b//c/..%20"), "/a/./b//c/..%2520");
}

#[test]
fn what_normalising_leaves_alone_is_known_before() {
    for sent in ["/", "/a", "/a/b/", "/a/b.c", "/a%2F../b", "/.", "/a/..", "//", "/a//b", "/...", "/.a"] {
        let same = path(PathForm::Encoded, sent) == path(PathForm::NormalisedAndEncoded, sent);
        assert!(same || !is_normal(sent), "{sent}");
    }
}

#[test]
fn paths_of_s3_stay_but_cannot_end_their_line() {
    assert_eq!(path(PathForm::AsSent, "/a//../b%20c@"), "/a//../b%20c@");
    assert_eq!(path(PathForm::AsSent, "/a b\n\u{7f}é"), "/a%20b%0A%7F%C3%A9");
}

fn canonical_query(text: &str, without: Option<&str>) -> String {
    let mut out = Vec::new();
    query::write(text, without, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn queries_are_decoded_encoded_and_sorted() {
    for (sent, expected) in [
        ("", ""),
        ("a", "a="),
        ("=", "="),
        ("&&a&", "a="),
        ("b=2&a=1", "a=1&b=2"),
        ("a=2&a=10&a=1", "a=1&a=10&a=2"),
        ("a-=1&a=2&a.=3", "a=2&a-=1&a.=3"),
        ("a=b=c", "a=b%3Dc"),
        ("a=%7e%2b%41+/", "a=~%2BA%20%2F"),
        ("a=%zz%4", "a=%25zz%254"),
        ("a=é", "a=%C3%A9"),
        ("a=%ff%0A", "a=%FF%0A"),
        ("A=1&a=2&B=3", "A=1&B=3&a=2"),
    ] {
        assert_eq!(canonical_query(sent, None), expected, "{sent}");
        assert_eq!(canonical_query(expected, None), expected, "again: {sent}");
    }
}

#[test]
fn a_parameter_is_left_out_however_it_is_written() {
    let sent = "X-Amz-Signature=1&a=1&X%2dAmz-Signature=2&x-amz-signature=3&X-Amz-SignatureX=4";
    assert_eq!(canonical_query(sent, Some("X-Amz-Signature")), "X-Amz-SignatureX=4&a=1&x-amz-signature=3");
}

#[test]
fn parameters_are_found_by_their_decoded_name() {
    assert_eq!(query::find("a=1&X%2DAmz-Date=%32+x&X-Amz-Date=3", "X-Amz-Date").as_deref(), Some("2 x"));
    assert_eq!(query::find("a", "a").as_deref(), Some(""));
    assert_eq!(query::find("ab=1&A=2", "a"), None);
    assert_eq!(query::find("a=%ff", "a").as_deref(), Some("\u{fffd}"));
}

#[test]
fn headers_are_folded_sorted_and_joined() {
    let mut entries: Vec<headers::Entry<'_>> = vec![
        ("X-B", b"  two\t words "),
        ("host", b"h"),
        ("x-b", b""),
        ("X-A", b"a\r\nhost: evil"),
        ("x-b", b"\xff  \xfe"),
        ("x_", b"1"),
        ("X-", b" "),
    ];
    headers::sort(&mut entries);
    let mut out = Vec::new();
    headers::write(&entries, &mut out);
    headers::write_names(&entries, &mut out);
    let expected = b"host:h\nx-:\nx-a:a host: evil\nx-b:two words,,\xff \xfe\nx_:1\nhost;x-;x-a;x-b;x_";
    assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
}

#[test]
fn headers_are_selected() {
    for (name, all, required, named) in [
        ("Content-Type", true, true, false),
        ("X-Amz-Target", true, true, false),
        ("x-amz-", true, true, false),
        ("x-amzn-trace-id", false, false, false),
        ("X-Amzn-Other", true, false, false),
        ("User-Agent", false, false, false),
        ("Transfer-Encoding", false, false, false),
        ("ACCEPT", true, false, true),
        ("é", true, false, false),
    ] {
        assert_eq!(Selection::All.takes(name), all, "{name}");
        assert_eq!(Selection::Required.takes(name), required, "{name}");
        assert_eq!(Selection::Named(&["accept"]).takes(name), named, "{name}");
    }
}

#[test]
fn hexadecimal_digits_are_small() {
    let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 7 + 9).unwrap());
    let text = String::from_utf8(hex(&bytes).to_vec()).unwrap();
    assert_eq!(from_hex(&text), Some(bytes));
    assert_eq!(from_hex(&text.to_ascii_uppercase()), None);
    assert_eq!(from_hex(&text[1..]), None);
    assert_eq!(from_hex(&format!("{}g", &text[1..])), None);
    assert_eq!(from_hex(&"é".repeat(32)), None);
}
