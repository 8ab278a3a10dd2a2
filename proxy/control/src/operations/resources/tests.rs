//! Tests of the operations on resources.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "tests fail by panicking, and give values as they are written"
)]

use super::MAX_RESOURCES;
use crate::operations::fixture::Fixture;
use serde_json::{Value, json};

const NO_RESOURCE: &str = "Invalid Resource identifier specified";
const BAD_PART: &str = "Resource's path part only allow a-zA-Z0-9._- and curly braces at the beginning and the end and an optional plus sign before the closing brace.";

/// The id of a new resource.
fn create(fixture: &mut Fixture, parent: &str, part: &str) -> String {
    let target = format!("{}/{parent}", fixture.resources());
    let resource = fixture.server.ok("POST", &target, json!({"pathPart": part}));
    resource["id"].as_str().unwrap().to_owned()
}

fn create_refused(fixture: &mut Fixture, parent: &str, part: &str) -> (u16, String) {
    let target = format!("{}/{parent}", fixture.resources());
    fixture.refused("POST", &target, json!({"pathPart": part}))
}

fn paths(fixture: &mut Fixture) -> Vec<String> {
    let list = fixture.get(&format!("{}?limit=500", fixture.resources()));
    let items = list["item"].as_array().unwrap();
    let mut paths: Vec<String> = items.iter().map(|item| item["path"].as_str().unwrap().to_owned()).collect();
    paths.sort();
    paths
}

#[test]
fn a_resource_is_created_below_another_and_shown() {
    let mut fixture = Fixture::new();
    let root = fixture.root.clone();
    let target = fixture.resources();
    let pets = fixture.server.ok("POST", &format!("{target}/{root}"), json!({"pathPart": "pets"}));
    let id = pets["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 6);
    let expected = json!({"id": id, "parentId": root, "pathPart": "pets", "path": "/pets"});
    assert_eq!(pets, expected);
    assert_eq!(fixture.get(&format!("{target}/{id}")), expected);
    assert_eq!(fixture.get(&format!("{target}/{root}")), json!({"id": root, "path": "/"}));
    let child = create(&mut fixture, &id, "{pet}");
    assert_eq!(fixture.get(&format!("{target}/{child}"))["path"], "/pets/{pet}");
    assert_eq!(paths(&mut fixture), ["/", "/pets", "/pets/{pet}"]);
}

#[test]
fn methods_are_shown_whole_where_they_are_asked_for() {
    let mut fixture = Fixture::with_method(json!({}));
    let (root, target) = (fixture.root.clone(), fixture.resources());
    let method = json!({"httpMethod": "GET", "authorizationType": "NONE", "apiKeyRequired": false});
    for (query, shown) in [("", json!({})), ("?embed=methods", method), ("?embed=x", json!({}))] {
        let expected = json!({"id": root, "path": "/", "resourceMethods": {"GET": shown}});
        assert_eq!(fixture.get(&format!("{target}/{root}{query}")), expected);
        assert_eq!(fixture.get(&format!("{target}{query}")), json!({"item": [expected]}));
    }
}

#[test]
fn path_parts_are_literals_or_one_variable() {
    let mut fixture = Fixture::new();
    let root = fixture.root.clone();
    for wrong in
        ["", "/users", "users/", "users/{id}", "us{er", "us+er", "{}", "{+}", "abc{x}", "{x}y", "{x++}"]
    {
        assert_eq!(create_refused(&mut fixture, &root, wrong), (400, BAD_PART.into()), "{wrong}");
    }
    for right in ["users", "{user_id}", "user_09", "good-dog", "a.b,c:d"] {
        create(&mut fixture, &root, right);
    }
}

#[test]
fn siblings_differ_and_only_one_is_a_variable() {
    let mut fixture = Fixture::new();
    let root = fixture.root.clone();
    let proxy = create(&mut fixture, &root, "{proxy+}");
    create(&mut fixture, &root, "pets");
    assert_eq!(
        create_refused(&mut fixture, &root, "pets"),
        (409, "Another resource with the same parent already has this name: pets".into())
    );
    assert_eq!(
        create_refused(&mut fixture, &root, "{id}"),
        (
            400,
            "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed"
                .into()
        )
    );
    assert_eq!(
        create_refused(&mut fixture, &proxy, "x"),
        (400, "Cannot create a child of a resource with a greedy path variable: {proxy+}".into())
    );
}

#[test]
fn resources_and_apis_that_are_not_there_are_told() {
    let mut fixture = Fixture::new();
    let target = format!("{}/x", fixture.resources());
    let body = json!({"pathPart": "a"});
    for (method, body) in
        [("POST", body), ("GET", Value::Null), ("DELETE", Value::Null), ("PATCH", json!({}))]
    {
        assert_eq!(fixture.refused(method, &target, body.clone()), (404, NO_RESOURCE.into()));
        let api = (404, "Invalid API identifier specified 123456789012:x".into());
        assert_eq!(fixture.refused(method, "/restapis/x/resources/y", body), api);
    }
    assert_eq!(fixture.refused("GET", "/restapis/x/resources", Value::Null).0, 404);
}

#[test]
fn a_new_part_renames_all_paths_below() {
    let mut fixture = Fixture::new();
    let root = fixture.root.clone();
    let pets = create(&mut fixture, &root, "pets");
    let pet = create(&mut fixture, &pets, "{pet}");
    create(&mut fixture, &pet, "toys");
    let target = format!("{}/{pets}", fixture.resources());
    assert_eq!(
        fixture.patched(&target, "replace", "/pathPart", "dogs"),
        json!({"id": pets, "parentId": root, "pathPart": "dogs", "path": "/dogs"})
    );
    assert_eq!(paths(&mut fixture), ["/", "/dogs", "/dogs/{pet}", "/dogs/{pet}/toys"]);
}

#[test]
fn a_resource_moves_with_all_below_it() {
    let mut fixture = Fixture::new();
    let root = fixture.root.clone();
    let pets = create(&mut fixture, &root, "pets");
    let pet = create(&mut fixture, &pets, "{pet}");
    create(&mut fixture, &pet, "toys");
    let shop = create(&mut fixture, &root, "shop");
    let target = format!("{}/{pet}", fixture.resources());
    let (status, moved) =
        fixture.server.patch(&target, &[("replace", "/parentId", &shop), ("replace", "/pathPart", "pet")]);
    assert_eq!(
        (status, moved),
        (200, json!({"id": pet, "parentId": shop, "pathPart": "pet", "path": "/shop/pet"}))
    );
    assert_eq!(paths(&mut fixture), ["/", "/pets", "/shop", "/shop/pet", "/shop/pet/toys"]);
}

#[test]
fn what_a_resource_cannot_become_is_told() {
    let mut fixture = Fixture::new();
    let root = fixture.root.clone();
    let pets = create(&mut fixture, &root, "pets");
    let pet = create(&mut fixture, &pets, "{pet}");
    let inner = create(&mut fixture, &pet, "pets");
    let greedy = create(&mut fixture, &root, "{all+}");
    let cyclical = "Resources cannot be cyclical.";
    for (id, op, path, value, status, message) in [
        (&pets, "replace", "/parentId", "x", 404, NO_RESOURCE),
        (&pets, "replace", "/parentId", &pets, 400, cyclical),
        (&pets, "replace", "/parentId", &inner, 400, cyclical),
        (
            &inner,
            "replace",
            "/parentId",
            &root,
            409,
            "Another resource with the same parent already has this name: pets",
        ),
        (
            &inner,
            "replace",
            "/parentId",
            &greedy,
            400,
            "Cannot create a child of a resource with a greedy path variable: {all+}",
        ),
        (
            &pet,
            "replace",
            "/pathPart",
            "{pet+}",
            400,
            "Cannot create a child of a resource with a greedy path variable: {pet+}",
        ),
        (
            &pets,
            "replace",
            "/pathPart",
            "{pets}",
            400,
            "A sibling ({all+}) of this resource already has a variable path part -- only one is allowed",
        ),
        (&pets, "replace", "/pathPart", "a/b", 400, BAD_PART),
        (&root, "replace", "/pathPart", "x", 400, "Root resource cannot update its pathPart."),
        (&root, "replace", "/parentId", &pets, 400, "Root resource cannot update its parentId."),
        (
            &pets,
            "replace",
            "/invalid",
            "x",
            400,
            "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
        ),
        (
            &pets,
            "remove",
            "/pathPart",
            "x",
            400,
            "Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported operations",
        ),
    ] {
        let target = format!("{}/{id}", fixture.resources());
        assert_eq!(fixture.patch_refused(&target, op, path, value), (status, message.into()));
    }
    let target = format!("{}/{root}", fixture.resources());
    assert_eq!(fixture.server.patch(&target, &[]), (200, json!({"id": root, "path": "/"})));
}

#[test]
fn a_resource_goes_with_all_below_it_but_the_root_stays() {
    let mut fixture = Fixture::new();
    let root = fixture.root.clone();
    let pets = create(&mut fixture, &root, "pets");
    let pet = create(&mut fixture, &pets, "{pet}");
    create(&mut fixture, &pet, "toys");
    let resources = fixture.resources();
    let target = format!("{resources}/{root}");
    assert_eq!(
        fixture.refused("DELETE", &target, Value::Null),
        (400, "Root resource cannot be deleted.".into())
    );
    assert_eq!(
        fixture.server.call("DELETE", &format!("{resources}/{pets}"), Value::Null),
        (202, Value::Null)
    );
    assert_eq!(paths(&mut fixture), ["/"]);
    let gone = format!("{resources}/{pet}");
    assert_eq!(fixture.refused("DELETE", &gone, Value::Null), (404, NO_RESOURCE.into()));
}

#[test]
fn an_api_has_so_many_resources_and_no_more() {
    let mut fixture = Fixture::new();
    let root = fixture.root.clone();
    for part in 0..MAX_RESOURCES {
        create(&mut fixture, &root, &format!("r{part}"));
    }
    assert_eq!(
        create_refused(&mut fixture, &root, "more"),
        (429, "Maximum number of Resources for this API has been reached.".into())
    );
    assert_eq!(paths(&mut fixture).len(), MAX_RESOURCES + 1);
}
