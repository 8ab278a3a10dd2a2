//! What compiling 10,000 routes costs, and the memory they take.
//!
//! `cargo run --release -p edgewit-plan --example compile_cost`
//!
//! Every fifth route is a CORS preflight (MOCK), the others are HTTP and HTTP_PROXY integrations with mappings, a
//! validator and one of 200 models that refer to each other. Every route is found before the time is printed.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example prints its result and fails by panicking"
)]

use edgewit_model::api::*;
use edgewit_model::finding::Location;
use edgewit_model::stage::{Deployment, Stage};
use edgewit_plan::{IntegrationPlan, Options, compile};
use indexmap::IndexMap;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

const ROUTES: usize = 10_000;
const MODELS: usize = 200;
const MAX_SECONDS: f64 = 0.5;

fn main() {
    let stage = stage();
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        let (plan, findings) = compile(&stage, &Options::default());
        let seconds = start.elapsed().as_secs_f64();
        best = best.min(seconds);
        let plan = plan.unwrap_or_else(|| panic!("{findings:#?}"));
        assert_eq!(plan.routes.len(), ROUTES);
        for (index, route) in plan.routes.iter().enumerate() {
            let path = route.resource_path.replace("{id}", "7");
            let (found, parameters) = plan.find(&path, Some(route.verb)).unwrap();
            assert!(
                std::ptr::eq(found, route)
                    && parameters.route == index
                    && parameters.parameter(&path, 0) == Some("7")
            );
            let is_mock = matches!(route.integration, IntegrationPlan::Mock(_));
            assert!(
                is_mock == (route.verb == Verb::OPTIONS)
                    && route.validation.is_some() == (route.verb == Verb::POST)
            );
        }
        println!(
            "{ROUTES} routes, {MODELS} models: {:.1} ms, {} findings, {} bytes a route",
            seconds * 1e3,
            findings.len(),
            plan.memory_estimate() / ROUTES
        );
    }
    assert!(best <= MAX_SECONDS, "compiling takes too long");
}

fn stage() -> Stage {
    let mut api = RestApi { name: "Cost".into(), ..RestApi::default() };
    for index in 0..MODELS {
        let next = format!("#/definitions/Model{}", (index + 1) % MODELS);
        let schema = json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 20},
            "count": {"type": "integer", "minimum": 0},
            "next": if index % 10 == 9 { json!({}) } else { json!({"$ref": next}) },
        }});
        let model = Model {
            content_type: "application/json".into(),
            schema,
            description: None,
            at: Location::default(),
        };
        api.models.insert(format!("Model{index}"), model);
    }
    let validator = RequestValidator { validate_request_body: true, validate_request_parameters: true };
    api.request_validators.insert("all".into(), validator);
    for index in 0..ROUTES / 5 {
        let verbs = [Verb::GET, Verb::POST, Verb::PUT, Verb::DELETE, Verb::OPTIONS];
        api.resources.push(Resource {
            id: format!("{index:06}"),
            path: format!("/group{}/things{index}/{{id}}", index / 50),
            path_part: "{id}".into(),
            parent: None,
            methods: verbs.map(|verb| (verb, method(verb, index))).into_iter().collect(),
            at: Location::default(),
        });
    }
    Stage {
        rest_api_id: "cost".into(),
        name: "dev".into(),
        deployment: Deployment { id: "d".into(), api: Arc::new(api) },
        variables: IndexMap::from([("host".to_owned(), "backend.internal:8080".to_owned())]),
        access_log_format: None,
        account_id: "000000000000".into(),
        region: "us-east-1".into(),
    }
}

fn method(verb: Verb, index: usize) -> Method {
    let mapping = |text: &str| Mapping { expression: text.into(), at: Location::default() };
    let template = |text: &str| Template { text: text.into(), at: Location::default() };
    let is_mock = verb == Verb::OPTIONS;
    let cors = "method.response.header.Access-Control-Allow-Origin";
    let mut response = IntegrationResponse {
        selection_pattern: None,
        status_code: "200".into(),
        response_parameters: IndexMap::new(),
        response_templates: IndexMap::new(),
        content_handling: None,
        at: Location::default(),
    };
    let mut error = IntegrationResponse {
        selection_pattern: Some(r"5\d{2}".into()),
        status_code: "500".into(),
        ..response.clone()
    };
    error.response_templates.insert("application/json".into(), template("{\"error\": true}"));
    let mut declared = MethodResponse::default();
    if is_mock {
        response.response_parameters.insert(cors.into(), mapping("'*'"));
        declared.response_parameters.insert(cors.into(), false);
    }
    let mut method = Method {
        operation_name: Some(format!("{}Thing{index}", verb.as_str())),
        responses: IndexMap::from([
            ("200".to_owned(), declared),
            ("500".to_owned(), MethodResponse::default()),
        ]),
        ..Method::default()
    };
    if verb == Verb::POST {
        method.request_validator = Some(("all".into(), Location::default()));
        method.request_parameters.insert("method.request.header.X-Tenant".into(), true);
        method.request_models.insert("application/json".into(), format!("Model{}", index % MODELS));
    }
    let mut integration = Integration {
        kind: match verb {
            Verb::OPTIONS => IntegrationType::Mock,
            Verb::POST => IntegrationType::Http,
            _ => IntegrationType::HttpProxy,
        },
        http_method: Some(verb),
        uri: Some(format!("http://${{stageVariables.host}}/v1/things{index}/{{id}}?source=edge")),
        credentials: None,
        request_parameters: IndexMap::new(),
        request_templates: IndexMap::new(),
        passthrough_behavior: PassthroughBehavior::WhenNoMatch,
        content_handling: None,
        timeout_ms: 29_000,
        cache_namespace: None,
        cache_key_parameters: Vec::new(),
        connection_type: ConnectionType::Internet,
        connection_id: None,
        integration_target: None,
        insecure_skip_verification: false,
        response_transfer_mode: ResponseTransferMode::Buffered,
        responses: vec![response, error],
        at: Location::default(),
    };
    if is_mock {
        integration.uri = None;
        integration.request_templates.insert("application/json".into(), template("{\"statusCode\": 200}"));
    } else {
        integration
            .request_parameters
            .insert("integration.request.path.id".into(), mapping("method.request.path.id"));
        integration
            .request_parameters
            .insert("integration.request.header.X-Stage".into(), mapping("context.stage"));
    }
    method.integration = Some(integration);
    method
}
