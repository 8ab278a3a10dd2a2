#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod mistakes;

use super::{Binding, Options, UnavailableRoutes, compile};
use crate::integration::{HttpPlan, MappingTemplate, MockAnswer, Piece, RequestBody};
use crate::plan::{AuthorizerKind, IntegrationPlan, Plan, PluginRef, RouteAuthorization};
use edgewit_mapping::expression::RequestSource;
use edgewit_mapping::forwarding::MappedHeader;
use edgewit_model::api::*;
use edgewit_model::finding::{Finding, Location};
use edgewit_model::stage::{Deployment, Stage};
use indexmap::IndexMap;
use serde_json::json;
use std::sync::Arc;

fn at(line: u32) -> Location {
    Location { file: "api.yaml".into(), line, column: 1 }
}

fn texts(list: &[(&str, &str)]) -> IndexMap<String, String> {
    list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn mappings(list: &[(&str, &str)]) -> IndexMap<String, Mapping> {
    let mapping = |v: &str| Mapping { expression: v.to_owned(), at: at(30) };
    list.iter().map(|(k, v)| ((*k).to_owned(), mapping(v))).collect()
}

fn templates(list: &[(&str, &str)]) -> IndexMap<String, Template> {
    list.iter().map(|(k, v)| ((*k).to_owned(), Template { text: (*v).to_owned(), at: at(40) })).collect()
}

fn integration(kind: IntegrationType, uri: Option<&str>) -> Integration {
    Integration {
        kind,
        http_method: Some(Verb::ANY),
        uri: uri.map(str::to_owned),
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
        responses: Vec::new(),
        at: at(20),
    }
}

fn mock(template: &str) -> Integration {
    Integration {
        request_templates: templates(&[("application/json", template)]),
        responses: vec![response(None, "200")],
        ..integration(IntegrationType::Mock, None)
    }
}

fn http(uri: &str) -> Integration {
    integration(IntegrationType::HttpProxy, Some(uri))
}

fn response(pattern: Option<&str>, status: &str) -> IntegrationResponse {
    IntegrationResponse {
        selection_pattern: pattern.map(str::to_owned),
        status_code: status.to_owned(),
        response_parameters: IndexMap::new(),
        response_templates: IndexMap::new(),
        content_handling: None,
        at: at(50),
    }
}

fn method(integration: Integration) -> Method {
    let declared = |status: &str| (status.to_owned(), MethodResponse::default());
    Method {
        integration: Some(integration),
        responses: ["200", "404", "500"].map(declared).into_iter().collect(),
        at: at(10),
        ..Method::default()
    }
}

fn resource(path: &str, methods: impl IntoIterator<Item = (Verb, Method)>) -> Resource {
    Resource {
        id: "abc123".into(),
        path: path.into(),
        path_part: String::new(),
        parent: None,
        methods: methods.into_iter().collect(),
        at: at(5),
    }
}

fn stage(api: RestApi) -> Stage {
    Stage {
        rest_api_id: "api1".into(),
        name: "dev".into(),
        deployment: Deployment { id: "dep1".into(), api: Arc::new(api) },
        variables: texts(&[("host", "h.example:8081"), ("fn", "auth")]),
        access_log_format: None,
        account_id: "123456789012".into(),
        region: "us-east-1".into(),
    }
}

fn api(path: &str, method: Method) -> RestApi {
    RestApi { resources: vec![resource(path, [(Verb::GET, method)])], ..RestApi::default() }
}

fn resolve(arn: &str) -> Option<Binding> {
    arn.ends_with(":function:auth").then(|| Binding::Plugin(PluginRef("guard".into())))
}

fn run(api: RestApi, unavailable_routes: UnavailableRoutes) -> (Option<Plan>, Vec<Finding>) {
    let options = Options { unavailable_routes, resolve_function: &resolve, ..Options::default() };
    compile(&stage(api), &options)
}

fn plan(api: RestApi) -> Plan {
    let (plan, findings) = run(api, UnavailableRoutes::Refuse);
    plan.unwrap_or_else(|| panic!("{findings:#?}"))
}

/// `severity code line`, each, in order.
fn codes(findings: &[Finding]) -> String {
    let texts: Vec<_> = findings.iter().map(|f| format!("{} {} {}", f.severity, f.code, f.at.line)).collect();
    texts.join(", ")
}

fn found(api: RestApi) -> String {
    let (plan, findings) = run(api, UnavailableRoutes::Refuse);
    assert_eq!(plan.is_none(), findings.iter().any(Finding::is_error));
    codes(&findings)
}

fn http_plan(integration: Integration) -> Arc<HttpPlan> {
    match &plan(api("/a/{id}/{rest+}", method(integration))).routes[0].integration {
        IntegrationPlan::Http(plan) | IntegrationPlan::HttpProxy(plan) => Arc::clone(plan),
        other => panic!("{other:?}"),
    }
}

#[test]
fn routes_are_found() {
    let get = |n: &str| method(http(&format!("http://h/{n}")));
    let api = RestApi {
        name: "Pets".into(),
        resources: vec![
            resource("/", []),
            resource("/pets", [(Verb::ANY, get("any")), (Verb::GET, get("get"))]),
            resource("/pets/{id}", [(Verb::DELETE, get("delete"))]),
            resource("/{proxy+}", [(Verb::ANY, get("proxy"))]),
        ],
        ..RestApi::default()
    };
    let plan = plan(api);
    assert_eq!((&*plan.api_name, &*plan.stage, &*plan.deployment_id), ("Pets", "dev", "dep1"));
    for (verb, path, expected) in [
        (Verb::GET, "/pets", "GET /pets []"),
        (Verb::PUT, "/pets", "ANY /pets []"),
        (Verb::DELETE, "/pets/7/", "DELETE /pets/{id} [id=7]"),
        (Verb::GET, "/pets/7/", "ANY /{proxy+} [proxy=pets/7]"),
    ] {
        let (route, found) = plan.find(path, Some(verb)).unwrap();
        let values: Vec<_> = route
            .path_parameter_names
            .iter()
            .enumerate()
            .map(|(i, name)| format!("{name}={}", found.parameter(path, i).unwrap()))
            .collect();
        assert_eq!(
            format!("{} {} [{}]", route.verb.as_str(), route.resource_path, values.join(",")),
            expected
        );
    }
    assert!(plan.find("/", Some(Verb::GET)).is_none());
    assert_eq!(plan.stage_variable("fn"), Some("auth"));
    assert!(plan.memory_estimate() > 4 * size_of::<crate::Route>());
}

#[test]
fn http_targets() {
    let mut integration = http("https://${stageVariables.host}/v1/{id}?a={q}&b=1");
    integration.request_parameters = mappings(&[
        ("integration.request.path.id", "method.request.path.id"),
        ("integration.request.path.q", "stageVariables.fn"),
        ("integration.request.header.X-A", "'static'"),
        ("integration.request.header.Via", "context.stage"),
        ("integration.request.header.Content-Length", "'1'"),
        ("integration.request.querystring.s", "method.request.body.x"),
    ]);
    integration.http_method = Some(Verb::POST);
    integration.timeout_ms = 50;
    let plan = http_plan(integration);
    assert_eq!(plan.method, Some(Verb::POST));
    assert_eq!(plan.timeout.as_millis(), 50);
    let target = &plan.target;
    assert_eq!(
        (target.tls, &*target.host, target.port, &*target.authority),
        (true, "h.example", 8081, "h.example:8081")
    );
    let literal = |text: &str| Piece::Literal(text.into());
    let placeholder = |name: &str, index| Piece::Placeholder { name: name.into(), mapping: Some(index) };
    assert_eq!(target.path, [literal("/v1/"), placeholder("id", 0)]);
    assert_eq!(target.query, [literal("a="), placeholder("q", 1), literal("&b=1")]);
    assert_eq!(plan.mappings.path[1].1, RequestSource::Static("auth".into()));
    let rules: Vec<_> = plan.mappings.headers.iter().map(|h| (&*h.name, &*h.lower, h.rule)).collect();
    assert_eq!(
        rules,
        [
            ("X-A", "x-a", MappedHeader::Deliver),
            ("Via", "via", MappedHeader::Drop),
            ("Content-Length", "content-length", MappedHeader::Refuse),
        ]
    );
    assert!(plan.mappings.reads_body);
    assert_eq!(http_plan(http("http://h/x?y")).target.fixed.as_deref(), Some("/x?y"));
    assert_eq!(http_plan(http("http://h/x?y")).method, None);
}

#[test]
fn request_bodies() {
    let with = |list: &[(&str, &str)], passthrough_behavior| {
        http_plan(Integration {
            request_templates: templates(list),
            passthrough_behavior,
            responses: vec![response(None, "200")],
            ..integration(IntegrationType::Http, Some("http://h/"))
        })
    };
    use PassthroughBehavior::{Never, WhenNoMatch, WhenNoTemplates};
    let one = [("application/json", "json"), ("text/plain", "")];
    let default = [("application/json", "json"), ("$default", "other")];
    for (list, behavior, content_type, expected) in [
        (&one[..], WhenNoMatch, None, "json"),
        (&one[..], WhenNoMatch, Some("Application/Json; charset=x"), "json"),
        (&one[..], WhenNoMatch, Some("a/b"), "pass"),
        (&one[..], WhenNoMatch, Some("text/plain"), "pass"),
        (&one[..], WhenNoTemplates, Some("a/b"), "415"),
        (&one[..], Never, Some("a/b"), "415"),
        (&default[..], Never, Some("a/b"), "other"),
        (&[], WhenNoMatch, None, "pass"),
        (&[], WhenNoTemplates, None, "pass"),
        (&[], Never, None, "415"),
    ] {
        let plan = with(list, behavior);
        let got = match plan.templates.select(content_type) {
            RequestBody::Template(MappingTemplate::Fixed(text)) => &**text,
            RequestBody::Template(_) => "rendered",
            RequestBody::PassThrough => "pass",
            RequestBody::Unsupported => "415",
        };
        assert_eq!(got, expected, "{list:?} {behavior:?} {content_type:?}");
    }
}

#[test]
fn responses_are_selected() {
    let mut integration = integration(IntegrationType::Http, Some("http://h/"));
    integration.responses =
        vec![response(Some(r"5\d{2}"), "500"), response(None, "200"), response(Some("404"), "404")];
    integration.responses[1].response_parameters =
        mappings(&[("method.response.header.X", "integration.response.body.a")]);
    integration.responses[1].response_templates =
        templates(&[("text/plain", "t"), ("application/json", "j"), ("a/b", "")]);
    let mut method = method(integration);
    method
        .responses
        .get_mut("200")
        .unwrap()
        .response_parameters
        .insert("method.response.header.X".into(), false);
    let plan = plan(api("/", method));
    let IntegrationPlan::Http(plan) = &plan.routes[0].integration else { panic!() };
    for (text, expected) in
        [("200", 200), ("404", 404), ("4040", 200), ("503", 500), ("5033", 200), ("", 200)]
    {
        assert_eq!(plan.responses.select(text).unwrap().status, expected, "{text}");
    }
    let default = plan.responses.select("200").unwrap();
    assert!(default.declared && default.reads_body());
    for (accept, expected) in
        [(None, "j"), (Some("text/plain"), "t"), (Some("a/b"), "j"), (Some("text/plain, x/y"), "t")]
    {
        let expected = MappingTemplate::Fixed(expected.into());
        assert_eq!(*default.templates.select(accept).unwrap().1, expected, "{accept:?}");
    }
    assert_eq!(default.content_type(Some("text/plain")), "text/plain");
    let error = plan.responses.select("500").unwrap();
    assert!(error.templates.select(None).is_none());
    assert_eq!(error.content_type(None), "application/json");
}

#[test]
fn mocks_answer() {
    let mut integration = mock("{\"statusCode\": 404}");
    integration
        .request_templates
        .insert("text/plain".into(), Template { text: "{statusCode: 200}".into(), at: at(1) });
    integration.request_templates.insert("a/bad".into(), Template { text: "no".into(), at: at(1) });
    integration.responses = vec![response(Some("200"), "200"), response(Some("404"), "404")];
    let get = |integration: &Integration| match plan(api("/", method(integration.clone()))).routes[0]
        .integration
        .clone()
    {
        IntegrationPlan::Mock(plan) => plan,
        other => panic!("{other:?}"),
    };
    let show = |answer: MockAnswer<'_>| match answer {
        MockAnswer::Response(response) => response.status.to_string(),
        other => format!("{other:?}"),
    };
    let plan = get(&integration);
    for (content_type, expected) in [
        (None, "404"),
        (Some("text/plain"), "200"),
        (Some("a/bad"), "InvalidStatus"),
        (Some("x/y"), "ReadBody"),
    ] {
        assert_eq!(show(plan.answer(content_type)), expected, "{content_type:?}");
    }
    for (body, expected) in
        [("{\"statusCode\": 200}", "200"), ("", "InvalidStatus"), ("{statusCode: 7}", "NoResponse")]
    {
        assert_eq!(show(plan.answer_body(body)), expected, "{body}");
    }
    integration.passthrough_behavior = PassthroughBehavior::Never;
    assert_eq!(show(get(&integration).answer(Some("x/y"))), "Unsupported");
}

#[test]
fn what_is_the_same_is_kept_once() {
    let cors = || method(mock("{\"statusCode\": 200}"));
    let api = RestApi {
        resources: vec![resource("/a", [(Verb::OPTIONS, cors())]), resource("/b", [(Verb::OPTIONS, cors())])],
        ..RestApi::default()
    };
    let plan = plan(api);
    let (IntegrationPlan::Mock(a), IntegrationPlan::Mock(b)) =
        (&plan.routes[0].integration, &plan.routes[1].integration)
    else {
        panic!()
    };
    assert!(Arc::ptr_eq(a, b));
}

fn guarded(kind: AuthorizerType, sources: &[&str], change: impl FnOnce(&mut Authorizer)) -> RestApi {
    let mut authorizer = Authorizer {
        kind,
        auth_type: None,
        authorizer_uri: Some("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:${stageVariables.fn}/invocations".into()),
        authorizer_credentials: None,
        identity_sources: sources.iter().map(|s| (*s).to_owned()).collect(),
        identity_validation_expression: None,
        result_ttl_seconds: None,
        provider_arns: Vec::new(),
        at: at(60),
    };
    change(&mut authorizer);
    let mut method = method(http("http://h/"));
    method.authorization = Authorization::Authorizer { name: "guard".into(), scopes: Vec::new() };
    let mut api = api("/", method);
    api.authorizers.insert("guard".into(), authorizer);
    api.authorizers.insert(
        "unused".into(),
        Authorizer { kind: AuthorizerType::Jwt, ..api.authorizers["guard"].clone() },
    );
    api
}

#[test]
fn authorizers() {
    use AuthorizerType::{CognitoUserPools, Jwt, Request, Token};
    let token = plan(guarded(Token, &["method.request.header.Auth"], |a| {
        a.identity_validation_expression = Some("Bearer .+".into());
    }));
    assert!(matches!(token.routes[0].authorization, RouteAuthorization::Authorizer(0)));
    let [authorizer] = token.authorizers.as_slice() else { panic!() };
    assert_eq!((&*authorizer.name, authorizer.ttl_seconds, &*authorizer.plugin.0), ("guard", 300, "guard"));
    assert_eq!(&*authorizer.function_arn, "arn:aws:lambda:us-east-1:123456789012:function:auth");
    let AuthorizerKind::Token { header, validation } = &authorizer.kind else { panic!() };
    assert_eq!(&**header, "Auth");
    assert!(
        validation.as_ref().unwrap().is_match("Bearer x")
            && !validation.as_ref().unwrap().is_match("x Bearer x")
    );

    let sources = [
        "method.request.header.A",
        "method.request.multivaluequerystring.b",
        "stageVariables.fn",
        "context.stage",
    ];
    let request = plan(guarded(Request, &sources, |a| a.result_ttl_seconds = Some(3600)));
    let AuthorizerKind::Request { identity_sources } = &request.authorizers[0].kind else { panic!() };
    assert_eq!(identity_sources.len(), 4);
    assert_eq!(identity_sources[2], RequestSource::Static("auth".into()));

    let header = ["method.request.header.Auth"];
    for (api, expected) in [
        (guarded(Token, &[], |_| {}), "error authorizer-invalid 60"),
        (guarded(Token, &["method.request.querystring.a"], |_| {}), "error authorizer-invalid 60"),
        (
            guarded(Token, &header, |a| a.identity_validation_expression = Some("(".into())),
            "error pattern-invalid 60",
        ),
        (guarded(Token, &header, |a| a.result_ttl_seconds = Some(3601)), "error authorizer-invalid 60"),
        (
            guarded(Token, &header, |a| a.authorizer_uri = Some("http://x".into())),
            "error authorizer-invalid 60",
        ),
        (
            guarded(Token, &header, |a| {
                a.authorizer_uri = a.authorizer_uri.take().map(|u| u.replace("${", "$${"));
            }),
            "error unavailable-function 60",
        ),
        (guarded(Request, &[], |_| {}), "error authorizer-invalid 60"),
        (guarded(Request, &[], |a| a.result_ttl_seconds = Some(0)), ""),
        (
            guarded(Request, &["method.request.path.x", "x"], |_| {}),
            "error authorizer-invalid 60, error authorizer-invalid 60",
        ),
        (guarded(CognitoUserPools, &header, |_| {}), "error unavailable-authorizer 60"),
        (guarded(Jwt, &header, |_| {}), "error unavailable-authorizer 60"),
    ] {
        assert_eq!(found(api), expected);
    }
}

#[test]
fn mistakes_are_found_where_they_are() {
    let of = |integration: Integration| api("/a/{id}", method(integration));
    let with = |change: &dyn Fn(&mut Method)| {
        let mut method = method(http("http://h/"));
        change(&mut method);
        api("/a/{id}", method)
    };
    let mapped = |target: &str, source: &str| {
        of(Integration { request_parameters: mappings(&[(target, source)]), ..http("http://h/{id}?{q}") })
    };
    let answered = |change: &dyn Fn(&mut IntegrationResponse)| {
        let mut integration = mock("{statusCode: 200}");
        change(&mut integration.responses[0]);
        of(integration)
    };
    let parameters = |list: &[&str]| {
        list.iter().map(|key| (format!("method.request.{key}"), true)).collect::<IndexMap<_, _>>()
    };
    let unmapped = "warning uri-placeholder-unmapped 20";
    for (name, api, expected) in [
        ("nothing", of(http("http://h/")), String::new()),
        ("no methods", RestApi { at: at(1), ..RestApi::default() }, "error api-empty 1".into()),
        ("no integration", with(&|m| m.integration = None), "error integration-missing 10".into()),
        (
            "no uri",
            of(integration(IntegrationType::Http, None)),
            "warning responses-missing 20, error uri-invalid 20".into(),
        ),
        ("scheme", of(http("ftp://h/")), "error uri-invalid 20".into()),
        (
            "unknown stage variable",
            of(http("http://h/${stageVariables.x}")),
            "warning stage-variable-unknown 20".into(),
        ),
        (
            "unknown stage variable as host",
            of(http("http://${stageVariables.x}/")),
            "warning stage-variable-unknown 20, error uri-invalid 20".into(),
        ),
        ("placeholder in host", of(http("http://{id}/")), "error uri-invalid 20".into()),
        (
            "timeout 49",
            of(Integration { timeout_ms: 49, ..http("http://h/") }),
            "error timeout-range 20".into(),
        ),
        ("timeout 50", of(Integration { timeout_ms: 50, ..http("http://h/") }), String::new()),
        ("timeout 29000", of(Integration { timeout_ms: 29_000, ..http("http://h/") }), String::new()),
        (
            "timeout 29001",
            of(Integration { timeout_ms: 29_001, ..http("http://h/") }),
            "error timeout-range 20".into(),
        ),
        (
            "undeclared header",
            mapped("integration.request.header.a", "method.request.header.x"),
            format!("{unmapped}, {unmapped}, error parameter-undeclared 30"),
        ),
        (
            "path parameters need no declaration",
            mapped("integration.request.path.id", "method.request.path.id"),
            unmapped.into(),
        ),
        (
            "unknown path parameter",
            mapped("integration.request.path.id", "method.request.path.x"),
            format!("{unmapped}, error parameter-undeclared 30"),
        ),
        (
            "unused path mapping",
            mapped("integration.request.path.z", "'1'"),
            format!("{unmapped}, {unmapped}, warning mapping-no-effect 20"),
        ),
        (
            "expression",
            mapped("integration.request.header.a", "nonsense"),
            format!("{unmapped}, {unmapped}, error mapping-invalid 30"),
        ),
        (
            "target",
            mapped("integration.request.cookie.a", "'1'"),
            format!("{unmapped}, {unmapped}, error mapping-invalid 30"),
        ),
        (
            "refused header",
            mapped("integration.request.header.content-length", "'1'"),
            format!("{unmapped}, {unmapped}, warning header-refused 30"),
        ),
        (
            "duplicate parameter",
            with(&|m| m.request_parameters = parameters(&["header.a", "querystring.a"])),
            "error parameter-duplicate 10".into(),
        ),
        (
            "parameter of no place",
            with(&|m| m.request_parameters = parameters(&["cookie.a"])),
            "error parameter-invalid 10".into(),
        ),
        (
            "validator",
            with(&|m| m.request_validator = Some(("v".into(), at(11)))),
            "error validator-unknown 11".into(),
        ),
        (
            "authorizer",
            with(&|m| m.authorization = Authorization::Authorizer { name: "x".into(), scopes: vec![] }),
            "error authorizer-unknown 10".into(),
        ),
        ("pattern", answered(&|r| r.selection_pattern = Some("(".into())), "error pattern-invalid 50".into()),
        (
            "status",
            answered(&|r| r.status_code = "99".into()),
            "error response-status-invalid 50, error response-undeclared 50".into(),
        ),
        (
            "undeclared status",
            answered(&|r| r.status_code = "201".into()),
            "error response-undeclared 50".into(),
        ),
        (
            "undeclared response header",
            answered(&|r| r.response_parameters = mappings(&[("method.response.header.x", "'1'")])),
            "error parameter-undeclared 30".into(),
        ),
        (
            "response expression",
            answered(&|r| r.response_parameters = mappings(&[("header.x", "1")])),
            "error mapping-invalid 30, error mapping-invalid 30".into(),
        ),
        (
            "template of 300 KB",
            answered(&|r| r.response_templates = templates(&[("a/b", &"x".repeat(307_200))])),
            String::new(),
        ),
        (
            "larger template",
            answered(&|r| r.response_templates = templates(&[("a/b", &"x".repeat(307_201))])),
            "error template-too-large 40".into(),
        ),
        (
            "two defaults",
            of(Integration {
                responses: vec![response(None, "200"), response(None, "404")],
                ..mock("{statusCode: 200}")
            }),
            "warning response-no-effect 50".into(),
        ),
        (
            "variable in part of a segment",
            api("/a{x}", method(http("http://h/"))),
            "error path-invalid 5".into(),
        ),
        (
            "policy",
            RestApi { policy: Some((json!({"Statement": 1}), at(70))), ..of(http("http://h/")) },
            "error policy-invalid 70".into(),
        ),
    ] {
        assert_eq!(found(api), expected, "{name}");
    }
}

#[test]
fn models_and_validators() {
    let mut method = method(http("http://h/"));
    method.request_validator = Some(("all".into(), at(11)));
    method.request_parameters.insert("method.request.querystring.q".into(), true);
    method.request_parameters.insert("method.request.header.H".into(), false);
    method.request_models = texts(&[("application/json", "Pet")]);
    let mut api = api("/", method);
    let both = RequestValidator { validate_request_body: true, validate_request_parameters: true };
    api.request_validators.insert("all".into(), both);
    assert_eq!(found(api.clone()), "error model-unknown 10");
    let schema = json!({"required": ["name"]});
    let model = Model { content_type: "application/json".into(), schema, description: None, at: at(80) };
    api.models.insert("Pet".into(), model);
    let plan = plan(api.clone());
    let validation = plan.routes[0].validation.as_ref().unwrap();
    assert!(validation.wants_body());
    assert!(validation.check_body(None, b"").is_err());
    api.models["Pet"].schema = json!({"type": "nothing"});
    assert_eq!(found(api.clone()), "error model-invalid 80");
    api.models["Pet"].schema = json!({"type": "object"});
    api.request_validators["all"] = RequestValidator::default();
    assert!(self::plan(api).routes[0].validation.is_none());
}

#[test]
fn templates_are_read_at_deployment_and_kept_once() {
    let mut integration = mock("#set($x = 1){\"statusCode\": $x}");
    integration.responses[0].response_templates = templates(&[
        ("application/json", "#set($x = 1){\"statusCode\": $x}"),
        ("text/plain", "## nothing\nplain"),
        ("a/broken", "line one\n#if($x"),
    ]);
    let (plan, findings) = run(api("/", method(integration)), UnavailableRoutes::Refuse);
    let finding = findings.iter().find(|finding| finding.code == "template-invalid").unwrap();
    assert!(!finding.is_error() && finding.message.contains("line 2, column"), "{findings:?}");
    let plan = plan.unwrap();
    assert_eq!(plan.templates.len(), 1);
    let IntegrationPlan::Mock(mock) = &plan.routes[0].integration else { panic!() };
    assert!(!mock.is_fixed());
    assert!(matches!(mock.answer(None), MockAnswer::Render(0)));
    let responses = mock.responses.iter().next().unwrap();
    let selected = |accept| responses.templates.select(Some(accept)).unwrap().1.clone();
    assert_eq!(selected("application/json"), MappingTemplate::Rendered(0));
    assert_eq!(selected("text/plain"), MappingTemplate::Fixed("plain".into()));
    assert_eq!(selected("a/broken"), MappingTemplate::Broken);
}

#[test]
fn what_is_unavailable_is_refused_or_answers_500() {
    let of = |integration: Integration| api("/", method(integration));
    let lambda = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations";
    let stream =
        Integration { response_transfer_mode: ResponseTransferMode::Stream, ..mock("{statusCode: 200}") };
    assert!(found(of(stream)).starts_with("error response-transfer-mode "));
    let link = Integration { connection_type: ConnectionType::VpcLink, ..http("http://h/") };
    for (api, code) in [
        (of(integration(IntegrationType::AwsProxy, Some(lambda))), "unavailable-function"),
        (of(integration(IntegrationType::Aws, Some(lambda))), "unavailable-function"),
        (
            of(Integration {
                credentials: Some("arn:aws:iam::*:user/*".into()),
                ..integration(IntegrationType::Aws, Some("arn:aws:apigateway:us-east-1:sqs:path/1/q"))
            }),
            "unavailable-credentials",
        ),
        (of(link), "unavailable-vpc-link"),
    ] {
        let (plan, findings) = run(api.clone(), UnavailableRoutes::Refuse);
        assert!(plan.is_none() && findings.iter().any(|f| f.is_error() && f.code == code), "{findings:?}");
        let (plan, findings) = run(api, UnavailableRoutes::Answer500);
        assert!(findings.iter().any(|f| !f.is_error() && f.code == code), "{findings:?}");
        let plan = plan.unwrap();
        let IntegrationPlan::Unavailable(reason) = &plan.routes[0].integration else { panic!("{code}") };
        assert_eq!(reason.code, code);
    }
    let open = || method(http("http://h/"));
    let key = Method { api_key_required: true, ..open() };
    let iam = Method { authorization: Authorization::AwsIam, ..open() };
    let cognito = guarded(AuthorizerType::CognitoUserPools, &["method.request.header.A"], |_| {});
    let unmapped = guarded(AuthorizerType::Token, &["method.request.header.A"], |a| {
        a.authorizer_uri = Some(lambda.to_owned());
    });
    for (api, code) in [
        (api("/", key), "unavailable-api-key"),
        (api("/", iam), "unavailable-authorization"),
        (cognito, "unavailable-authorizer"),
        (unmapped, "unavailable-function"),
    ] {
        assert!(run(api.clone(), UnavailableRoutes::Refuse).0.is_none(), "{code}");
        let plan = run(api, UnavailableRoutes::Answer500).0.unwrap();
        let RouteAuthorization::Unavailable(reason) = &plan.routes[0].authorization else {
            panic!("{code} is open")
        };
        assert_eq!(reason.code, code);
    }
}

#[test]
fn stage_settings() {
    let with = |format: &str| {
        let mut stage = stage(api("/", method(http("http://h/"))));
        stage.access_log_format = Some((format.to_owned(), at(90)));
        compile(&stage, &Options::default())
    };
    assert!(with("json").0.unwrap().access_log.is_some());
    assert!(with("$context.requestId $context.status").0.unwrap().access_log.is_some());
    assert_eq!(codes(&with("$context.status").1), "error access-log-invalid 90");
    let mut api = api("/", method(http("http://h/")));
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    api.policy = Some((json!({"Version": "2012-10-17", "Statement": [statement]}), at(70)));
    let plan = plan(api);
    let request = edgewit_policy::PolicyRequest {
        principal: None,
        action: "execute-api:Invoke",
        resource: "arn:aws:execute-api:us-east-1:123456789012:api1/dev/GET/x",
        conditions: &(),
    };
    assert_eq!(plan.resource_policy.unwrap().evaluate(&request), edgewit_policy::Verdict::Allow);
}

#[test]
fn ambiguous_paths_are_limited() {
    // Every combination of a literal and a parameter, `levels` deep: 2^levels ways for `/a/a/…`.
    let api = |levels: u32| {
        let resources = (0..1u32 << levels).map(|bits| {
            let path: String =
                (0..levels).map(|level| if bits >> level & 1 == 0 { "/a" } else { "/{p}" }).collect();
            resource(&path, [(Verb::GET, method(mock("{statusCode: 200}")))])
        });
        RestApi { resources: resources.collect(), at: at(1), ..RestApi::default() }
    };
    assert_eq!(found(api(9)), "");
    assert_eq!(found(api(10)), "error paths-ambiguous 1");
}

#[test]
fn services_are_called_where_they_are_or_at_their_endpoint() {
    let sqs = integration(IntegrationType::Aws, Some("arn:aws:apigateway:eu-west-1:sqs:path/1/q"));
    let with_role = Integration { credentials: Some("arn:aws:iam::1:role/r".into()), ..sqs.clone() };
    let plan = plan(api("/queue", method(with_role)));
    let IntegrationPlan::Http(http) = &plan.routes[0].integration else { panic!() };
    assert_eq!(
        (&*http.target.host, http.target.fixed.as_deref()),
        ("sqs.eu-west-1.amazonaws.com", Some("/1/q"))
    );
    let service = http.service.as_ref().unwrap();
    let signer = service.signer.as_ref().unwrap();
    assert_eq!((&*signer.service, &*signer.region), ("sqs", "eu-west-1"));
    assert_eq!(signer.role.as_deref(), Some("arn:aws:iam::1:role/r"));
    let (name, source) = &service.headers[0];
    assert_eq!(*name, "X-Amz-Source-Arn");
    assert!(source.ends_with("/dev/GET/queue") || source.contains(":execute-api:"), "{source}");
    let endpoint = |name: &str| (name == "sqs").then(|| "http://127.0.0.1:4566".to_owned());
    let options = Options { service_endpoint: &endpoint, ..Options::default() };
    let (plan, _) = compile(&stage(api("/queue", method(sqs))), &options);
    let plan = plan.unwrap();
    let IntegrationPlan::Http(http) = &plan.routes[0].integration else { panic!() };
    assert_eq!((&*http.target.host, http.target.port, http.target.tls), ("127.0.0.1", 4566, false));
}
