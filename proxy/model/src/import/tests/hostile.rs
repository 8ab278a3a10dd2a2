//! Whatever the text, an import ends without a panic and says why it refuses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::import;
use proptest::prelude::*;

const SEEDS: [&str; 3] = [
    "openapi: 3.0.1
info: {title: !Sub '${AWS::StackName}-a', version: 1}
x-amazon-apigateway-request-validators: {all: {validateRequestBody: true}}
x-amazon-apigateway-gateway-responses: {DEFAULT_4XX: {statusCode: 400}}
security: [{auth: [a]}]
paths:
  /pets/{id}: &pets
    parameters: [{$ref: '#/components/parameters/id'}]
    get:
      x-amazon-apigateway-request-validator: all
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses: {200: {description: ok, headers: {X-A: {}}}}
      x-amazon-apigateway-integration:
        type: http
        httpMethod: GET
        uri: 'http://${stageVariables.host}/{id}'
        requestParameters: {integration.request.path.id: method.request.path.id}
        responses: {default: {statusCode: 200, responseParameters: {method.response.header.X-A: \"'a'\"}}}
  /more/{proxy+}: {x-amazon-apigateway-any-method: {x-amazon-apigateway-integration: {type: mock}}}
components:
  parameters: {id: {in: path, name: id, required: true}}
  schemas: {Pet: {type: object, properties: {next: {$ref: '#/components/schemas/Pet'}}}}
  securitySchemes:
    auth:
      type: apiKey
      in: header
      name: Authorization
      x-amazon-apigateway-authorizer: {type: token, authorizerUri: !Sub 'arn:aws:apigateway:r:lambda:path/2015-03-31/functions/${F.Arn}/invocations'}
",
    "{\"swagger\": \"2.0\", \"info\": {\"title\": {\"Fn::Join\": [\"-\", [\"a\", {\"Ref\": \"X\"}]]}}, \"basePath\": \"/a/b\",
 \"definitions\": {\"A-b\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/A-b\"}}},
 \"paths\": {\"/a\": {\"post\": {\"parameters\": [{\"in\": \"body\", \"schema\": {\"$ref\": \"#/definitions/A-b\"}}],
 \"x-amazon-apigateway-integration\": {\"type\": \"aws\", \"uri\": {\"Fn::Select\": [0, {\"Fn::Split\": [\".\", \"a.b\"]}]}}}}}}",
    "a: &a [1, *b]\n<<: {x: !Sub ['${a}', {a: b}]}\n? c\n: {d: |-\n  text\n  }\n",
];

fn check(text: &str) {
    let imported = import(text);
    assert_eq!(imported.api.is_none(), imported.findings.iter().any(crate::Finding::is_error));
    assert!(imported.findings.len() <= 201);
    for finding in &imported.findings {
        assert!(!finding.message.is_empty());
    }
}

#[test]
fn seeds_and_all_their_prefixes() {
    for seed in SEEDS {
        for end in (0..=seed.len()).filter(|end| seed.is_char_boundary(*end)) {
            check(&seed[..end]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        check(&text);
    }

    #[test]
    fn any_structure(text in "([\\[\\]{}:,&*!<\"'|>#?~ \n\ta-c$-]|openapi: 3\\.0\\.1\n|\\$ref){0,60}") {
        check(&text);
    }

    #[test]
    fn edited_documents(
        seed in 0..SEEDS.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6_usize, "[\\[\\]{}:,&*!'\" \na$#/+0-]{0,4}"), 1..4),
    ) {
        let mut text: Vec<char> = SEEDS[seed].chars().collect();
        for (at, removed, inserted) in edits {
            let start = at.index(text.len() + 1);
            let end = (start + removed).min(text.len());
            text.splice(start..end, inserted.chars());
        }
        check(&text.into_iter().collect::<String>());
    }
}
