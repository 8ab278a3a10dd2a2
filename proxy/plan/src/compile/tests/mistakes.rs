//! Where mistakes cost a method and not the whole API.

use super::*;

#[test]
fn where_mistakes_are_served_a_route_answers_500_and_never_loses_its_validation() {
    let mut one = method(http("http://h/"));
    one.request_validator = Some(("all".into(), at(11)));
    one.request_models = texts(&[("application/json", "Pet")]);
    let mut api = api("/", one.clone());
    let both = RequestValidator { validate_request_body: true, validate_request_parameters: true };
    api.request_validators.insert("all".into(), both);
    let schema = json!({"type": "nothing"});
    let model = Model { content_type: "application/json".into(), schema, description: None, at: at(80) };
    api.models.insert("Pet".into(), model);
    api.resources[0].methods.insert(Verb::POST, one);
    api.resources[0].methods.insert(Verb::PUT, method(http("http://h/")));
    let resolve = |_: &str| None;
    let options = Options { serve_mistakes: true, resolve_function: &resolve, ..Options::default() };
    let (plan, findings) = compile(&stage(api), &options);
    let plan = plan.unwrap();
    assert!(!findings.is_empty() && !findings.iter().any(Finding::is_error), "{findings:?}");
    for route in &plan.routes {
        let unavailable = matches!(route.integration, IntegrationPlan::Unavailable(_));
        assert_eq!(unavailable, route.verb != Verb::PUT, "{}", route.verb.as_str());
    }
}
