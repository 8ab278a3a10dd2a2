#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
use super::*;
use proptest::prelude::*;

const PLAIN: Syntax = Syntax { wildcards: true, variables: false };
const FULL: Syntax = Syntax { wildcards: true, variables: true };

fn matches(pattern: &str, text: &str) -> bool {
    Pattern::parse(pattern, PLAIN).matches(text, Case::Sensitive, &())
}

/// The definition, tried out: exponential, hence only for short patterns.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skipped| naive(rest, &text[skipped..])),
        Some(('?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
        Some((c, rest)) => text.first() == Some(c) && naive(rest, &text[1..]),
    }
}

#[test]
fn wildcards() {
    let table = [
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("a", "a", true),
        ("A", "a", false),
        ("a*", "a/b:c", true),
        ("*a", "ba", true),
        ("*a", "ab", false),
        ("a*b*c", "a/x/b/y/c", true),
        ("a*b*c", "acb", false),
        ("a?c", "a/c", true),
        ("a?c", "ac", false),
        ("?", "é", true),
        ("*aa", "aaa", true),
        ("a*a", "a", false),
        ("ab*ab", "abab", true),
        ("ab*ab", "aab", false),
        ("**", "x", true),
        ("*?", "", false),
        ("a**b", "ab", true),
        ("arn:aws:execute-api:*:*:abc/*/GET/pets/*", "arn:aws:execute-api:r:1:abc/prod/GET/pets/a/b", true),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
    }
}

#[test]
fn letter_case_can_be_ignored() {
    let pattern = Pattern::parse("Execute-API:inv*", PLAIN);
    assert!(pattern.matches("execute-api:Invoke", Case::Ignored, &()));
    assert!(!pattern.matches("execute-api:Invoke", Case::Sensitive, &()));
}

#[test]
fn variables() {
    let keys = [("aws:username", "ann*"), ("two", "1"), ("two", "2")];
    let table = [
        ("users/${aws:username}/*", "users/ann*/x", true),
        // A value is text, not a pattern.
        ("users/${aws:username}", "users/annette", false),
        ("${AWS:UserName}", "ann*", true),
        ("${none}", "", false),
        ("${none, 'fallback'}", "fallback", true),
        ("${two}", "1", false),
        ("a${*}b", "a*b", true),
        ("a${*}b", "axb", false),
        ("a${?}${$}", "a?$", true),
        ("${open", "${open", true),
        ("$5", "$5", true),
    ];
    for (pattern, text, expected) in table {
        let compiled = Pattern::parse(pattern, FULL);
        assert_eq!(compiled.matches(text, Case::Sensitive, &keys), expected, "{pattern} on {text}");
    }
    assert!(matches("${aws:username}", "${aws:username}"));
}

#[test]
fn many_stars_do_not_blow_up() {
    let pattern = "a*".repeat(4000);
    let text = "a".repeat(1600) + "b";
    assert!(!matches(&(pattern + "c"), &text));
    assert!(!matches(&("*".to_owned() + &"?a".repeat(2000)), &"a".repeat(1600)));
}

proptest! {
    #[test]
    fn as_the_definition_says(pattern in "[ab*?é]{0,10}", text in "[abé]{0,12}") {
        let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(matches(&pattern, &text), naive(&p, &t));
    }

    #[test]
    fn never_panics(pattern: String, text: String) {
        Pattern::parse(&pattern, FULL).matches(&text, Case::Ignored, &[("a", "b")]);
    }
}
