#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::oracle;
use super::{Builder, Match, Router, RouterError};
use crate::limits::{MAX_PATH_PARAMETERS, MAX_PATH_SEGMENTS};
use edgewit_model::api::Verb::{self, ANY, DELETE, GET, OPTIONS, POST};
use proptest::prelude::*;

/// A router with the names of its routes.
struct Named {
    router: Router,
    names: Vec<String>,
}

impl Named {
    fn new(resources: &[(String, Vec<Verb>)]) -> Named {
        let mut builder = Builder::default();
        let mut names = Vec::new();
        for (path, verbs) in resources {
            assert_eq!(builder.add(path, verbs), Ok(names.len()));
            let sorted = Verb::ALL.into_iter().filter(|v| verbs.contains(v));
            names.extend(sorted.map(|v| format!("{} {path}", v.as_str())));
        }
        Named { router: builder.build().unwrap(), names }
    }

    /// `VERB /resource value,value` or `-`.
    fn find(&self, verb: Verb, path: &str) -> String {
        match self.router.find(path, Some(verb)) {
            None => "-".to_owned(),
            Some(found) => {
                let values: Vec<_> =
                    (0..found.parameters().len()).map(|i| found.parameter(path, i).unwrap()).collect();
                format!("{} {}", self.names[found.route], values.join(",")).trim_end().to_owned()
            }
        }
    }
}

fn resources(list: &[(&str, &[Verb])]) -> Vec<(String, Vec<Verb>)> {
    list.iter().map(|(path, verbs)| ((*path).to_owned(), verbs.to_vec())).collect()
}

#[test]
fn paths_find_their_routes() {
    let named = Named::new(&resources(&[
        ("/", &[GET]),
        ("/pets", &[GET, ANY]),
        ("/pets/{id}", &[GET]),
        ("/pets/{id}/toys", &[ANY]),
        ("/pets/top", &[POST]),
        ("/part1/hardcoded", &[GET]),
        ("/{proxy+}", &[OPTIONS, GET]),
        ("/test", &[POST]),
        ("/any", &[ANY]),
        ("/any/{rest+}", &[GET]),
        ("/parent/{proxy+}", &[DELETE]),
        ("/a-segment-of-more-than-sixteen-bytes/another-one-that-is-as-long", &[POST]),
    ]));
    for (verb, path, expected) in [
        (GET, "", "GET /"),
        (GET, "/", "GET /"),
        (GET, "///", "GET /"),
        (POST, "/", "-"),
        (GET, "/pets", "GET /pets"),
        (GET, "/pets/", "GET /pets"),
        (GET, "//pets", "GET /pets"),
        (GET, "pets", "GET /pets"),
        (GET, "/pets//", "GET /{proxy+} pets/"),
        (POST, "/pets", "ANY /pets"),
        (GET, "/pets/7", "GET /pets/{id} 7"),
        (GET, "/pets/7/", "GET /pets/{id} 7"),
        (GET, "/pets/top", "GET /pets/{id} top"),
        (POST, "/pets/top", "POST /pets/top"),
        (POST, "/pets/7", "-"),
        (OPTIONS, "/pets/7", "OPTIONS /{proxy+} pets/7"),
        (GET, "/pets//toys", "GET /{proxy+} pets//toys"),
        (GET, "/pets/top/toys", "ANY /pets/{id}/toys top"),
        (GET, "/pets/%2F/toys", "ANY /pets/{id}/toys %2F"),
        (GET, "/p%65ts", "GET /{proxy+} p%65ts"),
        (GET, "/Pets", "GET /{proxy+} Pets"),
        (GET, "/part1/hardcoded", "GET /part1/hardcoded"),
        (GET, "/part1/other", "GET /{proxy+} part1/other"),
        (GET, "/part1", "GET /{proxy+} part1"),
        (OPTIONS, "/test", "OPTIONS /{proxy+} test"),
        (POST, "/test", "POST /test"),
        (DELETE, "/test", "-"),
        (GET, "/any", "ANY /any"),
        (GET, "/any/x", "GET /any/{rest+} x"),
        (OPTIONS, "/any/x", "OPTIONS /{proxy+} any/x"),
        (DELETE, "/parent", "-"),
        (DELETE, "/parent/", "-"),
        (DELETE, "/parent//", "-"),
        (DELETE, "/parent///", "-"),
        (DELETE, "/parent/x", "DELETE /parent/{proxy+} x"),
        (DELETE, "/parent//x", "DELETE /parent/{proxy+} /x"),
        (GET, "/proxy-value/", "GET /{proxy+} proxy-value"),
        (GET, "/proxy-value//double-slash", "GET /{proxy+} proxy-value//double-slash"),
        (GET, "//proxy-value", "GET /{proxy+} proxy-value"),
        (GET, "/u/test%2Balias@x/plus/test+alias@x", "GET /{proxy+} u/test%2Balias@x/plus/test+alias@x"),
        (
            POST,
            "/a-segment-of-more-than-sixteen-bytes/another-one-that-is-as-long",
            "POST /a-segment-of-more-than-sixteen-bytes/another-one-that-is-as-long",
        ),
        (POST, "/a-segment-of-more-than-sixteen-bytes/another-one-that-is-as-lung", "-"),
    ] {
        assert_eq!(named.find(verb, path), expected, "{} {path}", verb.as_str());
    }
    assert_eq!(named.router.find("/any", None), None, "TRACE is not caught by ANY");
}

#[test]
fn an_empty_router_finds_nothing() {
    assert_eq!(Router::default().find("/", Some(GET)), None);
    assert_eq!(Builder::default().build().unwrap().find("/x", Some(GET)), None);
}

#[test]
fn paths_that_cannot_be_routed_are_refused() {
    let mut builder = Builder::default();
    builder.add("/a/{x}", &[GET]).unwrap();
    for (path, error) in [
        ("", RouterError::EmptySegment(String::new())),
        ("a", RouterError::EmptySegment("a".into())),
        ("/a//b", RouterError::EmptySegment("/a//b".into())),
        ("/a/", RouterError::EmptySegment("/a/".into())),
        ("/a{x}", RouterError::PartialVariable("a{x}".into())),
        ("/{x}{y}", RouterError::PartialVariable("{x}{y}".into())),
        ("/{}", RouterError::PartialVariable("{}".into())),
        ("/{+}", RouterError::PartialVariable("{+}".into())),
        ("/{a+}/b", RouterError::GreedyNotLast("/{a+}/b".into())),
        ("/a/{y}", RouterError::SameAs("/a/{x}".into())),
    ] {
        assert_eq!(builder.add(path, &[GET]), Err(error), "{path}");
    }
    assert_eq!(builder.add("/b", &[GET]), Ok(1), "a refused path takes no number");
}

#[test]
fn parameters_and_segments_are_limited() {
    let parameters = |n: usize| (0..n).map(|i| format!("/{{p{i}}}")).collect::<String>();
    let segments = |n: usize| "/s".repeat(n);
    let mut builder = Builder::default();
    builder.add(&parameters(MAX_PATH_PARAMETERS), &[GET]).unwrap();
    builder.add(&segments(MAX_PATH_SEGMENTS), &[GET]).unwrap();
    assert_eq!(
        builder.add(&parameters(MAX_PATH_PARAMETERS + 1), &[GET]),
        Err(RouterError::TooManyParameters { found: MAX_PATH_PARAMETERS + 1 })
    );
    assert_eq!(
        builder.add(&segments(MAX_PATH_SEGMENTS + 1), &[GET]),
        Err(RouterError::TooManySegments { found: MAX_PATH_SEGMENTS + 1 })
    );
    let router = builder.build().unwrap();
    let found = router.find(&"/v".repeat(MAX_PATH_PARAMETERS), Some(GET)).unwrap();
    assert_eq!((found.route, found.parameters().len()), (0, MAX_PATH_PARAMETERS));
    assert_eq!(router.find(&segments(MAX_PATH_SEGMENTS), Some(GET)).map(|m| m.route), Some(1));
}

#[test]
fn absurd_paths_cost_no_more_than_the_tree_is_deep() {
    let named = Named::new(&resources(&[
        ("/{a}/{b}/{c}/x", &[GET]),
        ("/a/{b}/{c}/y", &[GET]),
        ("/a/a/{c}/z", &[GET]),
        ("/a/a/a/w", &[GET]),
        ("/a/{proxy+}", &[POST]),
    ]));
    let bound = named.router.worst_case_visits();
    assert!(bound <= 20, "{bound}");
    for path in
        ["/".repeat(10_240), "/a".repeat(5_120), "a/".repeat(5_120), "/a//".repeat(2_560), "x".repeat(10_240)]
    {
        let (found, visits) = named.router.find_counted(&path, Some(GET));
        assert_eq!(found, None);
        assert!(visits <= bound, "{visits}");
    }
    // Every combination of literals and a parameter, four levels deep: the most that can be visited.
    let (_, visits) = named.router.find_counted("/a/a/a/nothing", Some(GET));
    assert!(visits <= bound, "{visits}");
}

#[test]
fn many_literals_at_one_place_are_told_apart() {
    let names: Vec<String> = (0..5_000)
        .map(|i| format!("{}{i}", "-a-longer-name-than-a-cell".get(..i % 20).unwrap_or_default()))
        .collect();
    let table: Vec<_> = names.iter().map(|name| (format!("/{name}"), vec![GET])).collect();
    let named = Named::new(&[table, resources(&[("/{other}", &[GET])])].concat());
    for name in &names {
        assert_eq!(named.find(GET, &format!("/{name}")), format!("GET /{name}"));
        assert_eq!(named.find(GET, &format!("/{name}x")), format!("GET /{{other}} {name}x"));
    }
    assert!(named.router.heap_bytes() < 60 * names.len(), "{}", named.router.heap_bytes());
}

#[test]
fn a_match_is_small() {
    assert!(size_of::<Match>() <= 144, "{}", size_of::<Match>());
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[abcdefg]",
        1 => "[ab]{2,5}",
        1 => "[ab]{15,18}",
        2 => Just("{p}".to_owned()),
    ]
}

fn resource() -> impl Strategy<Value = String> {
    (prop::collection::vec(segment(), 0..5), any::<bool>()).prop_map(|(mut segments, greedy)| {
        if greedy {
            segments.push("{g+}".to_owned());
        }
        format!("/{}", segments.join("/"))
    })
}

fn verbs() -> impl Strategy<Value = Vec<Verb>> {
    prop::sample::subsequence(vec![GET, POST, ANY], 1..=3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_oracle(
        table in prop::collection::btree_map(resource(), verbs(), 0..24),
        paths in prop::collection::vec((prop::collection::vec("[abcdefg]{0,1}|[ab]{1,2}|[ab]{15,18}|/|%2F", 0..7), any::<bool>()), 1..40),
    ) {
        let table: Vec<_> = table.into_iter().collect();
        let named = Named::new(&table);
        let bound = named.router.worst_case_visits();
        for (segments, slash) in paths {
            let path = if slash { format!("/{}/", segments.join("/")) } else { format!("/{}", segments.join("/")) };
            for verb in [GET, POST, OPTIONS] {
                let expected = match oracle::find(&table, &path, verb) {
                    None => "-".to_owned(),
                    Some((resource, verb, values)) =>
                        format!("{} {resource} {}", verb.as_str(), values.join(",")).trim_end().to_owned(),
                };
                prop_assert_eq!(named.find(verb, &path), expected, "{} {}", verb.as_str(), path);
                let (_, visits) = named.router.find_counted(&path, Some(verb));
                prop_assert!(visits <= bound, "{} > {}", visits, bound);
            }
        }
    }

    #[test]
    fn no_path_panics_and_values_are_parts_of_it(path in "\\PC*") {
        let named = Named::new(&resources(&[("/{a}/{b}", &[GET]), ("/x/{rest+}", &[GET]), ("/{rest+}", &[POST])]));
        for verb in [GET, POST] {
            if let Some(found) = named.router.find(&path, Some(verb)) {
                for index in 0..found.parameters().len() {
                    prop_assert!(!found.parameter(&path, index).unwrap().is_empty());
                }
            }
        }
    }
}
