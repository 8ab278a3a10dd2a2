//! What exports say, and that they come back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use super::*;
use crate::entities::Shared;
use crate::samples::{ORDERS, PETS, canonical, imported, stored};
use crate::testing::Server;

fn export_with<'e>(api: &'e RestApi, extensions: &str, format: Format) -> Export<'e> {
    let parameters = Map::from([("extensions".to_owned(), extensions.to_owned())]);
    Export {
        api,
        stage: "prod",
        region: "us-east-1",
        suffix: "amazonaws.com",
        documentation: None,
        extensions: Extensions::new(&parameters),
        format,
    }
}

fn api(server: &Server, id: &str) -> RestApi {
    RestApi::clone(server.state.get(id).unwrap())
}

fn import(text: &str) -> RestApi {
    let mut server = Server::default();
    let id = imported(&mut server, "", text)["id"].as_str().unwrap().to_owned();
    api(&server, &id)
}

/// Exports an API with everything and imports what came of it.
fn there_and_back(api: &RestApi, format: Format, is_yaml: bool) -> (String, String) {
    let version = DocumentationVersion {
        version: "1".into(),
        parts: api.documentation_parts.clone(),
        ..DocumentationVersion::default()
    };
    let mut export = export_with(api, "apigateway", format);
    export.documentation = Some(&version);
    let accepts = if is_yaml { "application/yaml" } else { "application/json" };
    let crate::Answer::File { body, .. } = file(&export, Some(accepts)).unwrap() else { unreachable!() };
    let text = String::from_utf8(body.to_vec()).unwrap();
    let mut server = Server::default();
    let id = imported(&mut server, "", &text)["id"].as_str().unwrap().to_owned();
    (canonical(&crate::snapshot::model(api).0), canonical(&stored(&server, &id)))
}

#[test]
fn exports_come_back_as_the_same_api() {
    for is_yaml in [false, true] {
        let (before, after) = there_and_back(&import(PETS), Format::OpenApi, is_yaml);
        assert_eq!(after, before);
        for format in [Format::OpenApi, Format::Swagger] {
            let (before, after) = there_and_back(&import(ORDERS), format, is_yaml);
            assert_eq!(after, before);
        }
    }
}

#[test]
fn swagger_has_one_model_for_all_types() {
    let (before, after) = there_and_back(&import(PETS), Format::Swagger, false);
    // The method's body comes back with both of its types, and only `content: {}` of OpenAPI is lost.
    assert_eq!(after, before);
}

const SMALL: &str = r##"{
    "openapi": "3.0.1", "info": {"title": "Small", "version": "1", "description": "It is small"},
    "x-amazon-apigateway-binary-media-types": ["image/png"],
    "paths": {"/a/{b}": {"post": {
        "operationId": "op",
        "parameters": [{"name": "b", "in": "path", "required": true}, {"name": "q", "in": "query"}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/M"}}}},
        "responses": {"200": {"description": "200 response", "headers": {"H": {}}}},
        "security": [{"f": []}, {"api_key": []}],
        "x-amazon-apigateway-integration": {"type": "HTTP", "httpMethod": "POST", "uri": "https://example.com",
            "responses": {"default": {"statusCode": "200"}}}
    }}},
    "components": {
        "schemas": {"M": {"type": "object"}, "Unused": {"type": "string"}},
        "securitySchemes": {
            "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            "f": {"type": "apiKey", "name": "T", "in": "header", "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri":
                "arn:aws:apigateway:r:lambda:path/2015-03-31/functions/F/invocations"}}
        }
    }
}"##;

#[test]
fn plain_openapi_has_no_extensions() {
    let api = import(SMALL);
    let document = document(&export_with(&api, "", Format::OpenApi)).unwrap();
    let expected = json!({
        "openapi": "3.0.1",
        "info": {"title": "Small", "description": "It is small", "version": "1"},
        "servers": [{
            "url": format!("https://{}.execute-api.us-east-1.amazonaws.com/{{basePath}}", api.id),
            "variables": {"basePath": {"default": "prod"}},
        }],
        "paths": {"/a/{b}": {"post": {
            "operationId": "op",
            "requestBody": {
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/M"}}}, "required": true,
            },
            "parameters": [
                {"name": "b", "in": "path", "required": true, "schema": {"type": "string"}},
                {"name": "q", "in": "query", "schema": {"type": "string"}},
            ],
            "responses": {"200": {
                "description": "200 response", "headers": {"H": {"schema": {"type": "string"}}}, "content": {},
            }},
            "security": [{"f": []}, {"api_key": []}],
        }}},
        "components": {
            "schemas": {"M": {"type": "object"}},
            "securitySchemes": {
                "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
                "f": {"type": "apiKey", "name": "T", "in": "header"},
            },
        },
    });
    assert_eq!(document, expected);
}

#[test]
fn plain_swagger_has_no_extensions() {
    let api = import(SMALL);
    let document = document(&export_with(&api, "postman", Format::Swagger)).unwrap();
    let expected = json!({
        "swagger": "2.0",
        "info": {"description": "It is small", "version": "1", "title": "Small"},
        "host": format!("{}.execute-api.us-east-1.amazonaws.com", api.id),
        "basePath": "/prod",
        "schemes": ["https"],
        "paths": {"/a/{b}": {"post": {
            "operationId": "op",
            "consumes": ["application/json"],
            "parameters": [
                {"name": "b", "in": "path", "required": true, "type": "string"},
                {"name": "q", "in": "query", "required": false, "type": "string"},
                {"in": "body", "name": "M", "required": true, "schema": {"$ref": "#/definitions/M"}},
            ],
            "responses": {"200": {"description": "200 response", "headers": {"H": {"type": "string"}}}},
            "security": [{"f": []}, {"api_key": []}],
        }}},
        "securityDefinitions": {
            "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            "f": {"type": "apiKey", "name": "T", "in": "header"},
        },
        "definitions": {"M": {"type": "object"}},
    });
    assert_eq!(document, expected);
}

#[test]
fn extensions_are_asked_for_one_by_one() {
    const INTEGRATION: &str = "/paths/~1a~1{b}/post/x-amazon-apigateway-integration";
    const AUTHORIZER: &str = "/components/securitySchemes/f/x-amazon-apigateway-authorizer";
    let api = import(SMALL);
    for (extensions, integration, authorizer, rest) in [
        ("", false, false, false),
        ("integrations", true, false, false),
        ("authorizers", false, true, false),
        ("integrations, authorizers", true, true, false),
        ("apigateway", true, true, true),
    ] {
        let document = document(&export_with(&api, extensions, Format::OpenApi)).unwrap();
        assert_eq!(document.pointer(INTEGRATION).is_some(), integration, "{extensions}");
        assert_eq!(document.pointer(AUTHORIZER).is_some(), authorizer, "{extensions}");
        assert_eq!(document.get("x-amazon-apigateway-binary-media-types").is_some(), rest, "{extensions}");
    }
    for (format, position) in [(Format::Swagger, 0), (Format::OpenApi, 4)] {
        let document = document(&export_with(&api, "integrations", format)).unwrap();
        let integration = document.pointer(INTEGRATION).unwrap();
        let expected = json!({
            "type": "http", "httpMethod": "POST", "uri": "https://example.com",
            "responses": {"default": {"statusCode": "200"}}, "passthroughBehavior": "when_no_match",
        });
        assert_eq!(*integration, expected);
        assert_eq!(integration.as_object().unwrap().keys().position(|key| key == "type"), Some(position));
    }
}

#[test]
fn bodies_that_are_not_json_alone_are_refused() {
    let mut api = import(SMALL);
    let resource = api.resources.values_mut().find(|resource| resource.path == "/a/{b}").unwrap();
    let models = &mut resource.edit().methods.get_mut("POST").unwrap().request_models;
    *models = Map::from([("text/xml".to_owned(), "M".to_owned())]);
    let error = document(&export_with(&api, "", Format::OpenApi)).unwrap_err();
    assert_eq!(error, Error::bad_request("Only found non-JSON body models for POST /a/{b}"));
}

#[test]
fn references_within_a_schema_stay_within_it() {
    let mut api = import(SMALL);
    let model = api.models.get_mut("M").unwrap();
    model.edit().schema = Some(
        json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "properties": {
                "own": {"$ref": "#/definitions/Own"}, "other": {"$ref": "#/definitions/Unused"}, "self": {"$ref": "#"},
                "address": {"$ref": "https://apigateway.amazonaws.com/restapis/x/models/Unused"},
            },
            "definitions": {"Own": {"type": "integer"}},
        })
        .to_string(),
    );
    let document = document(&export_with(&api, "apigateway", Format::OpenApi)).unwrap();
    let expected = json!({
        "M": {
            "properties": {
                "own": {"$ref": "#/components/schemas/M/definitions/Own"},
                "other": {"$ref": "#/components/schemas/Unused"},
                "self": {"$ref": "#/components/schemas/M"},
                "address": {"$ref": "#/components/schemas/Unused"},
            },
            "definitions": {"Own": {"type": "integer"}},
        },
        "Unused": {"type": "string"},
    });
    assert_eq!(document["components"]["schemas"], expected);
    imported(&mut Server::default(), "", &document.to_string());
}

#[test]
fn the_documentation_that_fits_best_is_merged_in() {
    let api = import(SMALL);
    let part = |location: Value, properties: Value| {
        let location = location.as_object().unwrap().clone();
        crate::entities::DocumentationPart { id: String::new(), location, properties: properties.to_string() }
    };
    let parts = [
        part(json!({"type": "API"}), json!({"info": {"description": "x", "license": {"name": "MIT"}}})),
        part(json!({"type": "METHOD"}), json!({"description": "any method"})),
        part(json!({"type": "METHOD", "path": "/a"}), json!({"summary": "below a", "security": []})),
        part(json!({"type": "METHOD", "path": "/a/{bb}"}), json!({"summary": "of another"})),
        part(json!({"type": "RESPONSE", "statusCode": "200"}), json!({"description": "fine"})),
        part(json!({"type": "RESPONSE", "method": "GET"}), json!({"description": "of another"})),
        part(json!({"type": "QUERY_PARAMETER", "name": "q"}), json!({"description": "question"})),
        part(json!({"type": "RESPONSE_HEADER", "name": "H"}), json!({"description": "header"})),
        part(json!({"type": "AUTHORIZER", "name": "f"}), json!({"description": "function"})),
        part(json!({"type": "REQUEST_BODY"}), json!({"description": "body"})),
    ];
    let version = DocumentationVersion {
        version: "3".into(),
        parts: parts.into_iter().enumerate().map(|(index, part)| (index.to_string(), part)).collect(),
        ..DocumentationVersion::default()
    };
    let mut export = export_with(&api, "documentation", Format::OpenApi);
    export.documentation = Some(&version);
    let document = document(&export).unwrap();
    assert_eq!(document["info"]["description"], "It is small");
    assert_eq!(document["info"]["license"], json!({"name": "MIT"}));
    let method = &document["paths"]["/a/{b}"]["post"];
    assert_eq!((&method["summary"], method.get("description")), (&json!("below a"), None));
    assert_eq!(method["security"], json!([{"f": []}, {"api_key": []}]));
    assert_eq!(method["responses"]["200"]["description"], "fine");
    assert_eq!(method["responses"]["200"]["headers"]["H"]["description"], "header");
    assert_eq!(method["parameters"][1]["description"], "question");
    assert_eq!(method["requestBody"]["description"], "body");
    assert_eq!(document["components"]["securitySchemes"]["f"]["description"], "function");
    let extension = &document["x-amazon-apigateway-documentation"];
    assert_eq!(extension["version"], "3");
    assert_eq!(extension["documentationParts"].as_array().unwrap().len(), 10);
}

#[test]
fn names_of_schemes_do_not_meet_those_of_authorizers() {
    let mut api = import(SMALL);
    for authorizer in api.authorizers.values_mut() {
        Shared::edit(authorizer).name = "api_key".into();
    }
    let document = document(&export_with(&api, "authorizers", Format::OpenApi)).unwrap();
    assert_eq!(document["paths"]["/a/{b}"]["post"]["security"], json!([{"api_key": []}, {"api_key_": []}]));
    assert_eq!(document["components"]["securitySchemes"]["api_key_"]["name"], "x-api-key");
}
