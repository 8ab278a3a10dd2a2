//! What documents become.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use crate::entities::RestApi;
use crate::from_model;
use crate::samples::{ORDERS, PETS, canonical, imported, model, stored};
use crate::testing::Server;
use serde_json::{Value, json};

#[test]
fn documents_become_what_the_data_plane_makes_of_them_itself() {
    for text in [PETS, ORDERS] {
        let expected = model(text);
        let mut server = Server::default();
        let id = imported(&mut server, "&ignore=documentation", text)["id"].as_str().unwrap().to_owned();
        assert_eq!(canonical(&stored(&server, &id)), canonical(&expected));
        let from_file = from_model("a1b2c3d4e5", &expected, 0);
        assert_eq!(canonical(&crate::snapshot::model(&from_file).0), canonical(&expected));
    }
}

#[test]
fn apis_of_files_have_the_same_ids_in_each_run_and_those_of_the_model() {
    let document = model(PETS);
    let (one, other) = (from_model("a1b2c3d4e5", &document, 7), from_model("a1b2c3d4e5", &document, 7));
    assert_eq!(one, other);
    assert_eq!((one.id.as_str(), one.created_date), ("a1b2c3d4e5", 7));
    for resource in &document.resources {
        assert_eq!(one.resources[&resource.id].path, resource.path);
    }
    assert_eq!(one.root_resource_id, document.resources[0].id);
    let ids =
        one.authorizers.keys().chain(one.request_validators.keys()).chain(one.documentation_parts.keys());
    assert!(ids.chain(one.models.values().map(|model| &model.id)).all(|id| id.len() == 6));
}

#[test]
fn defaults_are_stored_as_operations_store_them() {
    let mut server = Server::default();
    let id = imported(&mut server, "", PETS)["id"].as_str().unwrap().to_owned();
    let api: &RestApi = server.state.get(&id).unwrap();
    let resource = api.resources.values().find(|resource| resource.path == "/pets/{id}").unwrap();
    assert_eq!(
        json!(resource.methods["DELETE"]),
        json!({
            "httpMethod": "DELETE", "authorizationType": "AWS_IAM", "apiKeyRequired": false,
            "requestValidatorId": api.request_validators.values().find(|it| it.name == "everything").unwrap().id,
            "requestParameters": {"method.request.path.id": true},
            "methodIntegration": {
                "type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000,
                "cacheNamespace": resource.id, "cacheKeyParameters": [],
            },
        })
    );
    let function = api.authorizers.values().find(|it| it.name == "several").unwrap();
    assert_eq!(
        json!(**function),
        json!({
            "id": function.id, "name": "several", "type": "REQUEST", "authType": "custom",
            "authorizerUri": function.authorizer_uri,
            "identitySource": "method.request.header.A, method.request.querystring.b, stageVariables.c",
            "authorizerResultTtlInSeconds": 300,
        })
    );
    let pool = api.authorizers.values().find(|it| it.name == "pool").unwrap();
    assert_eq!((pool.kind.as_str(), pool.authorizer_result_ttl_in_seconds), ("COGNITO_USER_POOLS", None));
    let schema: Value = serde_json::from_str(api.models["Pets"].schema.as_deref().unwrap()).unwrap();
    let address = format!("https://apigateway.amazonaws.com/restapis/{id}/models/Pet");
    assert_eq!(schema, json!({"type": "array", "items": {"$ref": address}}));
    let get = &api.resources.values().find(|it| it.path == "/pets").unwrap().methods["GET"];
    assert_eq!(get.authorization_type, "COGNITO_USER_POOLS");
    let responses = &get.method_integration.as_ref().unwrap().integration_responses;
    assert_eq!(responses["500"].response_templates.as_ref().unwrap()["application/json"], None);
}

/// `[type, path, method, statusCode, name]` and properties, in order.
fn documentation(server: &Server, id: &str) -> Vec<(String, Value)> {
    let api: &RestApi = server.state.get(id).unwrap();
    let parts = api.documentation_parts.values().map(|part| {
        let place = super::documentation::place(&part.location).join(" ");
        (place.trim_end().to_owned(), serde_json::from_str(&part.properties).unwrap())
    });
    let mut parts: Vec<_> = parts.collect();
    parts.sort_by(|one, other| one.0.cmp(&other.0));
    parts
}

#[test]
fn descriptions_become_documentation_under_the_base_path() {
    let mut server = Server::default();
    let id = imported(&mut server, "&basepath=prepend", ORDERS)["id"].as_str().unwrap().to_owned();
    let at = |text: &str| text.replace("BASE", "/shop/orders");
    let expected = vec![
        (at("METHOD BASE GET *"), json!({"tags": ["greeting"], "summary": "Says hello"})),
        (at("METHOD BASE/orders/{id} PUT *"), json!({"description": "Changes an order"})),
        (at("PATH_PARAMETER BASE/orders/{id} * * id"), json!({"description": "Number"})),
        (at("QUERY_PARAMETER BASE/orders/{id} PUT * dry"), json!({"description": "Only try"})),
        (at("REQUEST_BODY BASE/orders/{id} PUT *"), json!({"description": "The order"})),
        (at("REQUEST_HEADER BASE/orders/{id} PUT * X-Id"), json!({"description": "Of the request"})),
        (at("RESPONSE BASE GET 200"), json!({"description": "Hello"})),
        (at("RESPONSE_HEADER BASE GET 200 Content-Type"), json!({"description": "What it is"})),
    ];
    assert_eq!(documentation(&server, &id), expected);
    let id = imported(&mut server, "&ignore=documentation", ORDERS)["id"].as_str().unwrap().to_owned();
    assert_eq!(documentation(&server, &id), []);
}

#[test]
fn documentation_of_its_own_is_all_that_a_document_has() {
    let mut document: Value = serde_json::from_str(ORDERS).unwrap();
    document["x-amazon-apigateway-documentation"] = json!({"version": "7", "documentationParts": [
        {"location": {"type": "METHOD", "path": "/", "other": 1}, "properties": {"description": "Mine"}},
        {"location": {"type": "API"}, "properties": "{\"info\":{}}"},
        {"location": {"type": "METHOD"}, "properties": {"description": "The last one counts"}},
    ]});
    let mut server = Server::default();
    let id = imported(&mut server, "", &document.to_string())["id"].as_str().unwrap().to_owned();
    let expected = vec![
        ("API / * *".to_owned(), json!({"info": {}})),
        ("METHOD / * *".to_owned(), json!({"description": "The last one counts"})),
    ];
    assert_eq!(documentation(&server, &id), expected);
    let version = server.state.documentation_versions.get(&format!("{id}/7")).unwrap();
    assert_eq!(version.value.parts.len(), 2);
}

#[test]
fn base_paths_are_left_out_put_before_or_split() {
    let last = |query: &str, text: &str| {
        let mut server = Server::default();
        let id = imported(&mut server, query, text)["id"].as_str().unwrap().to_owned();
        let api: &RestApi = server.state.get(&id).unwrap();
        api.resources.values().map(|resource| resource.path.clone()).max().unwrap()
    };
    assert_eq!(last("", ORDERS), "/orders/{id}");
    assert_eq!(last("&basepath=ignore", ORDERS), "/orders/{id}");
    assert_eq!(last("&basepath=prepend", ORDERS), "/shop/orders/orders/{id}");
    assert_eq!(last("&basepath=split", ORDERS), "/orders/orders/{id}");
    assert_eq!(last("&basepath=split", PETS), "/shop/pets/{id}");
}

#[test]
fn short_forms_of_resources_become_arns_of_this_api() {
    let mut policy = json!({"Statement": {
        "Resource": "execute-api:/prod/GET/*", "NotResource": ["execute-api:/*", "arn:aws:x", 1, "*"],
    }});
    super::policy::expand(&mut policy, "eu-west-1", "123456789012", "a1");
    let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1";
    let expected = json!({"Statement": {
        "Resource": format!("{arn}/prod/GET/*"), "NotResource": [format!("{arn}/*"), "arn:aws:x", 1, "*"],
    }});
    assert_eq!(policy, expected);
    for mut odd in [json!(null), json!([]), json!({"Statement": "x"}), json!({"Statement": [1, {}]})] {
        let before = odd.clone();
        super::policy::expand(&mut odd, "r", "a", "i");
        assert_eq!(odd, before);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn broken_documents_are_answered(at in 0.0..1.0f64, length in 0..400usize, is_put: bool, text in "[\\{\\}\\[\\]:,$#/a ]{0,8}") {
        for sample in [PETS, ORDERS] {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the text")]
            let from = (sample.len() as f64 * at) as usize;
            let to = (from + length).min(sample.len());
            let broken = format!("{}{text}{}", &sample[..from], &sample[to..]);
            let mut server = Server::default();
            let mut target = "/restapis?mode=import".to_owned();
            if is_put {
                let id = imported(&mut server, "", PETS)["id"].as_str().unwrap().to_owned();
                target = format!("/restapis/{id}?mode=merge&basepath=split");
            }
            let method = if is_put { "PUT" } else { "POST" };
            let (status, answer) = server.send(method, &target, broken.into());
            proptest::prop_assert!(matches!(status, 200 | 201 | 400), "{} {}", status, answer);
            for slot in server.state.rest_apis.values() {
                crate::snapshot::model(&slot.value);
            }
        }
    }
}
