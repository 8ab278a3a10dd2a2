//! Schemas become models.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::{api, codes, import, method, with_operation, with_root};
use crate::api::{RestApi, Verb};
use serde_json::json;

#[test]
fn request_bodies_and_responses_have_models() {
    let api = api("openapi: 3.0.1
info: {title: t}
paths:
  /:
    post:
      operationId: create
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
          application/xml: {schema: {type: object, properties: {pet: {$ref: '#/components/schemas/Pet'}}}}
      responses:
        201: {$ref: '#/components/responses/created'}
        default: {content: {application/json: {schema: {$ref: 'elsewhere.yaml#/X'}}}}
      x-amazon-apigateway-integration: {type: mock}
components:
  responses:
    created:
      headers: {Location: {schema: {type: string}}}
      content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}
  schemas:
    Pet: {type: object, description: A pet, properties: {next: {$ref: '#/components/schemas/Pet'}}}
");
    let method = method(&api, "/", Verb::POST);
    assert_eq!(method.operation_name.as_deref(), Some("create"));
    assert_eq!(method.request_models["application/json"], "Pet");
    let generated = &method.request_models["application/xml"];
    assert!(generated.starts_with("MODEL"));
    assert_eq!(
        api.models[generated].schema,
        json!({"type": "object", "properties": {"pet": {"$ref": "#/definitions/Pet"}}})
    );
    assert_eq!(api.models["Pet"].description.as_deref(), Some("A pet"));
    assert_eq!(method.responses.keys().collect::<Vec<_>>(), ["201"]);
    let response = &method.responses["201"];
    assert_eq!(response.response_models["application/json"], "Pet");
    assert!(!response.response_parameters["method.response.header.Location"]);
}

#[test]
fn swagger_bodies_use_consumes_and_produces() {
    let text = |operation: &str| {
        format!(
            "swagger: '2.0'
info: {{title: t}}
consumes: [text/a, text/b]
paths:
  /:
    post:
      {operation}
      parameters: [{{in: body, name: Pet, schema: {{$ref: '#/definitions/Pet'}}}}]
      responses: {{200: {{schema: {{$ref: Pet}}}}}}
      x-amazon-apigateway-integration: {{type: mock}}
definitions: {{Pet: {{type: object}}}}
"
        )
    };
    let keys =
        |api: &RestApi| method(api, "/", Verb::POST).request_models.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&api(&text("summary: x"))), ["text/a", "text/b"]);
    let api = api(&text("consumes: [text/c]"));
    assert_eq!(keys(&api), ["text/c"]);
    assert_eq!(method(&api, "/", Verb::POST).responses["200"].response_models["application/json"], "Pet");
}

#[test]
fn schemas_keep_what_api_gateway_keeps() {
    let imported = import(&with_root(
        "components:
  schemas:
    A-b:
      type: object
      nullable: true
      readOnly: true
      discriminator: {propertyName: kind}
      properties:
        example: {type: string, example: x, maxItems: 2}
        nullable: {$ref: '#/definitions/Ab', readOnly: true}
      items: [{$ref: 'https://apigateway.amazonaws.com/restapis/abc/models/A-b'}]
      additionalProperties: false
      allOf: [{$ref: '#/components/schemas/A-b/properties/example'}]
      enum: [{nullable: true}, 1.5]
    Ab: {type: string}",
    ));
    let api = imported.api.as_ref().unwrap();
    assert_eq!(
        api.models["Ab"].schema,
        json!({
            "type": "object",
            "properties": {"example": {"type": "string"}, "nullable": {"$ref": "#/definitions/Ab2"}},
            "items": [{"$ref": "#/definitions/Ab"}],
            "additionalProperties": false,
            "allOf": [{"$ref": "#/definitions/Ab/properties/example"}],
            "enum": [{"nullable": true}, 1.5]
        })
    );
    assert_eq!(
        codes(&imported),
        [
            "9:5 warning model-name",
            "11:7 warning schema-keyword-dropped",
            "13:7 warning schema-keyword-dropped",
            "15:45 warning schema-keyword-dropped",
            "21:5 warning model-name",
        ]
    );
}

#[test]
fn built_in_models_are_there_when_referred_to() {
    let imported = import(&with_operation(
        "responses: {200: {content: {application/json: {schema: {$ref: '#/components/schemas/Empty'}}}}}",
    ));
    assert_eq!(codes(&imported), ["7:69 note model-built-in"]);
    assert_eq!(imported.api.unwrap().models["Empty"].schema["title"], "Empty Schema");
}
