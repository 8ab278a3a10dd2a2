//! Parts are made, found, changed and deleted.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::{PARTS, message, new_part, no_api, server};
use crate::entities::{
    Authorizer, DocumentationPart, Method, MethodResponse, Model, Resource, RestApi, Shared,
};
use serde_json::{Value, json};

#[test]
fn a_part_is_made_shown_and_deleted() {
    let mut server = server();
    let location = json!({"type": "METHOD", "path": "/pets", "method": "GET"});
    let given = json!({"location": location, "properties": "{\"description\": \"d\"}"});
    let (status, answer) = server.call("POST", PARTS, given);
    let expected = json!({
        "id": answer["id"],
        "location": location,
        "properties": "{\"description\": \"d\"}",
    });
    assert_eq!((status, &answer), (201, &expected));
    let target = format!("{PARTS}/{}", answer["id"].as_str().unwrap());
    assert_eq!(server.call("GET", &target, Value::Null), (200, expected.clone()));
    assert_eq!(server.call("GET", PARTS, Value::Null), (200, json!({"item": [expected]})));
    assert_eq!(server.call("DELETE", &target, Value::Null), (202, Value::Null));
    assert_eq!(server.ok("GET", PARTS, Value::Null), json!({"item": []}));
}

#[test]
fn a_location_has_what_its_type_needs() {
    for (location, problem) in [
        (json!({"type": "API"}), None),
        (
            json!({"type": "API", "path": "/"}),
            Some("Invalid field 'path' for a documentation part of type API"),
        ),
        (json!({"type": "AUTHORIZER", "name": "a"}), None),
        (
            json!({"type": "AUTHORIZER"}),
            Some("The name is required for a documentation part of type AUTHORIZER"),
        ),
        (json!({"type": "MODEL", "name": "a"}), None),
        (
            json!({"type": "MODEL", "name": ""}),
            Some("The name is required for a documentation part of type MODEL"),
        ),
        (json!({"type": "RESOURCE", "path": "/a"}), None),
        (
            json!({"type": "RESOURCE", "method": "GET"}),
            Some("Invalid field 'method' for a documentation part of type RESOURCE"),
        ),
        (json!({"type": "METHOD"}), None),
        (json!({"type": "PATH_PARAMETER", "name": "a"}), None),
        (json!({"type": "QUERY_PARAMETER", "path": "/a", "method": "GET", "name": "a"}), None),
        (
            json!({"type": "REQUEST_HEADER"}),
            Some("The name is required for a documentation part of type REQUEST_HEADER"),
        ),
        (json!({"type": "REQUEST_BODY"}), None),
        (
            json!({"type": "REQUEST_BODY", "name": "a"}),
            Some("Invalid field 'name' for a documentation part of type REQUEST_BODY"),
        ),
        (json!({"type": "RESPONSE", "statusCode": "200"}), None),
        (
            json!({"type": "RESPONSE", "name": "a"}),
            Some("Invalid field 'name' for a documentation part of type RESPONSE"),
        ),
        (json!({"type": "RESPONSE_HEADER", "statusCode": "*", "name": "a"}), None),
        (json!({"type": "RESPONSE_BODY", "path": "/", "method": "*", "statusCode": "*"}), None),
    ] {
        let given = json!({"location": location, "properties": "{}"});
        let (status, answer) = server().call("POST", PARTS, given);
        match problem {
            Some(text) => assert_eq!((status, answer), (400, message(text))),
            None => assert_eq!(status, 201, "{answer}"),
        }
    }
}

#[test]
fn a_location_is_filled_up_with_what_is_meant() {
    for (given, expected) in [
        (json!({"type": "API"}), json!({"type": "API"})),
        (json!({"type": "MODEL", "name": "a"}), json!({"type": "MODEL", "name": "a"})),
        (json!({"type": "RESOURCE"}), json!({"type": "RESOURCE", "path": "/"})),
        (json!({"type": "METHOD"}), json!({"type": "METHOD", "path": "/", "method": "*"})),
        (
            json!({"type": "RESPONSE", "path": "/a", "statusCode": " "}),
            json!({"type": "RESPONSE", "path": "/a", "method": "*", "statusCode": "*"}),
        ),
        (
            json!({"type": "RESPONSE_HEADER", "method": "GET", "name": "a"}),
            json!({"type": "RESPONSE_HEADER", "path": "/", "method": "GET", "statusCode": "*", "name": "a"}),
        ),
    ] {
        let answer = server().ok("POST", PARTS, json!({"location": given, "properties": "{}"}));
        assert_eq!(answer["location"], expected);
    }
}

#[test]
fn a_type_or_status_that_is_none_is_told() {
    for (location, text) in [
        (
            json!({"type": "X"}),
            "1 validation error detected: Value 'X' at 'createDocumentationPartInput.location.type' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER, RESPONSE_HEADER, RESOURCE, PATH_PARAMETER, REQUEST_BODY, QUERY_PARAMETER, API, REQUEST_HEADER]",
        ),
        (
            json!({}),
            "1 validation error detected: Value null at 'createDocumentationPartInput.location.type' failed to satisfy constraint: Member must not be null",
        ),
    ] {
        let given = json!({"location": location, "properties": "{}"});
        assert_eq!(server().call("POST", PARTS, given), (400, message(text)));
    }
}

#[test]
fn a_location_has_one_part() {
    for (first, second, text) in [
        (json!({"type": "API"}), json!({"type": "API"}), "type 'API'"),
        (
            json!({"type": "METHOD"}),
            json!({"type": "METHOD", "path": "/", "method": "*"}),
            "type 'METHOD', path '/', method '*'",
        ),
        (
            json!({"type": "RESPONSE", "statusCode": "*"}),
            json!({"type": "RESPONSE", "path": "/"}),
            "type 'RESPONSE', path '/', method '*', statusCode '*'",
        ),
    ] {
        let mut server = server();
        new_part(&mut server, &first);
        let text = format!("Documentation part already exists for the specified location: {text}.");
        let given = json!({"location": second, "properties": "{}"});
        assert_eq!(server.call("POST", PARTS, given), (409, message(&text)));
        new_part(&mut server, &json!({"type": "METHOD", "path": "/other"}));
    }
}

const EMPTY: &str = "Documentation part properties must be non-empty";
const NO_OBJECT: &str = "Documentation part properties must be a JSON object";

#[test]
fn properties_are_an_object_of_json() {
    for (properties, text) in [("", EMPTY), (" ", EMPTY), ("text", NO_OBJECT), ("[]", NO_OBJECT)] {
        let given = json!({"location": {"type": "API"}, "properties": properties});
        assert_eq!(server().call("POST", PARTS, given), (400, message(text)));
    }
}

#[test]
fn a_part_is_patched() {
    let mut server = server();
    let id = new_part(&mut server, &json!({"type": "API"}));
    let target = format!("{PARTS}/{id}");
    let expected = json!({"id": id, "location": {"type": "API"}, "properties": "{\"a\":1}"});
    assert_eq!(server.patch(&target, &[("replace", "/properties", "{\"a\":1}")]), (200, expected.clone()));
    for (operation, text) in [
        (("replace", "/properties", ""), EMPTY),
        (("replace", "/properties", "1"), NO_OBJECT),
        (
            ("replace", "/location", "{}"),
            "Invalid patch path  '/location' specified for op 'replace'. Must be one of: [/properties]",
        ),
        (
            ("add", "/properties", "{}"),
            "Invalid patch path  '/properties' specified for op 'add'. Please choose supported operations",
        ),
    ] {
        let operations = [("replace", "/properties", "{}"), operation];
        assert_eq!(server.patch(&target, &operations), (400, message(text)));
        assert_eq!(server.ok("GET", &target, Value::Null), expected);
    }
}

#[test]
fn parts_are_listed_by_what_they_are_about() {
    let mut server = server();
    for location in [
        json!({"type": "API"}),
        json!({"type": "MODEL", "name": "Pet"}),
        json!({"type": "METHOD", "path": "/pets", "method": "GET"}),
        json!({"type": "QUERY_PARAMETER", "path": "/pets", "name": "Pet"}),
    ] {
        new_part(&mut server, &location);
    }
    let mut types = |query: &str| {
        let page = server.ok("GET", &format!("{PARTS}{query}"), Value::Null);
        let items = page["item"].as_array().unwrap().iter();
        let mut types: Vec<String> =
            items.map(|item| item["location"]["type"].as_str().unwrap().to_owned()).collect();
        types.sort();
        (types.join(" "), page["position"].as_str().map(str::to_owned))
    };
    assert_eq!(types("?locationStatus=DOCUMENTED").0, "API METHOD MODEL QUERY_PARAMETER");
    assert_eq!(types("?type=MODEL").0, "MODEL");
    assert_eq!(types("?name=Pet").0, "MODEL QUERY_PARAMETER");
    assert_eq!(types("?path=/pets").0, "METHOD QUERY_PARAMETER");
    assert_eq!(types("?path=/pets&name=Pet").0, "QUERY_PARAMETER");
    let position = types("?limit=3").1.unwrap();
    let (last, end) = types(&format!("?limit=3&position={position}"));
    assert_eq!((last.split(' ').count(), end), (1, None));
}

fn pets() -> RestApi {
    let response = MethodResponse {
        response_parameters: Some([("method.response.header.X-Count".to_owned(), false)].into()),
        response_models: Some([("application/json".to_owned(), "Pet".to_owned())].into()),
        ..MethodResponse::default()
    };
    let parameters = ["path.id", "querystring.q", "header.X-H"];
    let method = Method {
        request_parameters: parameters.map(|name| (format!("method.request.{name}"), true)).into(),
        request_models: [("application/json".to_owned(), "Pet".to_owned())].into(),
        method_responses: [("200".to_owned(), Box::new(response))].into(),
        ..Method::default()
    };
    let resource = Resource {
        path: "/pets".into(),
        methods: [("ANY".to_owned(), Box::new(method))].into(),
        ..Resource::default()
    };
    let authorizer = Authorizer { name: "auth".into(), ..Authorizer::default() };
    RestApi {
        id: "api".into(),
        resources: [("r".to_owned(), Shared::new(resource))].into(),
        models: [("Pet".to_owned(), Shared::new(Model::default()))].into(),
        authorizers: [("a".to_owned(), Shared::new(authorizer))].into(),
        ..RestApi::default()
    }
}

#[test]
fn what_has_no_documentation_is_listed() {
    let mut server = server();
    server.put("api", pets());
    let target = format!("{PARTS}?locationStatus=UNDOCUMENTED");
    let at = |kind: &str, more: Value| {
        let mut location = json!({"type": kind, "path": "/pets", "method": "*"});
        location.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"location": location})
    };
    let mut expected = vec![
        json!({"location": {"type": "API"}}),
        json!({"location": {"type": "AUTHORIZER", "name": "auth"}}),
        at("METHOD", json!({})),
        json!({"location": {"type": "MODEL", "name": "Pet"}}),
        at("PATH_PARAMETER", json!({"name": "id"})),
        at("QUERY_PARAMETER", json!({"name": "q"})),
        at("REQUEST_BODY", json!({})),
        at("REQUEST_HEADER", json!({"name": "X-H"})),
        json!({"location": {"type": "RESOURCE", "path": "/pets"}}),
        at("RESPONSE", json!({"statusCode": "200"})),
        at("RESPONSE_BODY", json!({"statusCode": "200"})),
        at("RESPONSE_HEADER", json!({"statusCode": "200", "name": "X-Count"})),
    ];
    assert_eq!(server.ok("GET", &target, Value::Null), json!({"item": expected}));
    new_part(&mut server, &json!({"type": "API"}));
    new_part(&mut server, &json!({"type": "METHOD", "path": "/pets"}));
    expected.remove(2);
    expected.remove(0);
    assert_eq!(server.ok("GET", &target, Value::Null), json!({"item": expected}));
    let models = server.ok("GET", &format!("{target}&type=MODEL"), Value::Null);
    assert_eq!(models, json!({"item": [{"location": {"type": "MODEL", "name": "Pet"}}]}));
}

#[test]
fn an_api_has_at_most_two_thousand_parts() {
    let mut server = server();
    let part = |index: usize| {
        let location = json!({"type": "MODEL", "name": index.to_string()});
        let location = location.as_object().unwrap().clone();
        let id = format!("p{index}");
        (id.clone(), DocumentationPart { id, location, properties: "{}".into() })
    };
    let documentation_parts = (0..1999).map(part).collect();
    server.put("api", RestApi { id: "api".into(), documentation_parts, ..RestApi::default() });
    new_part(&mut server, &json!({"type": "API"}));
    let given = json!({"location": {"type": "RESOURCE"}, "properties": "{}"});
    let refused = (429, message("An API can have at most 2000 documentation parts."));
    assert_eq!(server.call("POST", PARTS, given), refused);
}

#[test]
fn what_is_not_there_is_told() {
    let no_part = (404, message("Invalid Documentation part identifier specified"));
    let elsewhere = "/restapis/none/documentation/parts";
    let given = json!({"location": {"type": "API"}, "properties": "{}"});
    assert_eq!(server().call("POST", elsewhere, given), no_api());
    assert_eq!(server().call("GET", elsewhere, Value::Null), no_api());
    assert_eq!(server().call("DELETE", &format!("{elsewhere}/none"), Value::Null), no_api());
    assert_eq!(server().call("DELETE", &format!("{PARTS}/none"), Value::Null), no_part);
    for base in [PARTS, elsewhere] {
        let target = format!("{base}/none");
        assert_eq!(server().call("GET", &target, Value::Null), no_part);
        assert_eq!(server().patch(&target, &[]), no_part);
    }
}

#[test]
fn an_api_from_a_file_keeps_its_documentation() {
    let mut server = server();
    server.put_from_file("api", RestApi { id: "api".into(), ..RestApi::default() }, "api.yaml");
    let given = json!({"location": {"type": "API"}, "properties": "{}"});
    let (status, answer) = server.call("POST", PARTS, given);
    assert_eq!((status, answer["message"].as_str().unwrap().contains("api.yaml")), (400, true));
    let given = json!({"documentationVersion": "1"});
    assert_eq!(server.call("POST", super::VERSIONS, given).0, 400);
}
