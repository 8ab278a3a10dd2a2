//! What CloudFormation and SAM templates leave behind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::super::{ImportOptions, Imported};
use super::{codes, method, only_finding, with_integration, with_root};
use crate::api::Verb;

fn import(text: &str, parameters: &[(&str, &str)]) -> Imported {
    let parameters = parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    super::super::import("api.yaml", text, &ImportOptions { parameters, ..ImportOptions::default() })
}

#[test]
fn functions_are_evaluated() {
    let parameters = [
        ("Host", "h.example"),
        ("Table.Arn", "arn:t"),
        ("shared-export", "e"),
        ("IsProd", "true"),
        ("IsLocal", "FALSE"),
        ("Dns", "vpce-1.a.b"),
        ("Zones", "z1, z2"),
        ("Map.top.second", "m"),
        ("AWS::StackName", "stack"),
    ];
    let cases = [
        ("!Sub 'a ${Host} ${!Keep} ${AWS::Region} ${Table.Arn}'", "a h.example ${Keep} us-east-1 arn:t"),
        ("{Fn::Sub: ['${Host}-${X}', {X: !Ref Host}]}", "h.example-h.example"),
        ("!Sub ['${Host}', {Host: mine}]", "mine"),
        ("!Ref Host", "h.example"),
        ("{Ref: 'AWS::StackName'}", "stack"),
        ("!GetAtt Table.Arn", "arn:t"),
        ("{Fn::GetAtt: [Table, Arn]}", "arn:t"),
        ("!Join ['-', [a, !Ref Host, 1]]", "a-h.example-1"),
        ("!Join ['', !Split ['.', !Ref Dns]]", "vpce-1ab"),
        ("!Select [1, !Split ['-', !Select [0, !Split ['.', !Ref Dns]]]]", "1"),
        ("!Select ['1', [a, b]]", "b"),
        ("!Select [1, !Ref Zones]", "z2"),
        ("!ImportValue shared-export", "e"),
        ("{Fn::ImportValue: !Sub 'shared-export'}", "e"),
        ("!If [IsProd, yes, no]", "yes"),
        ("!If [IsLocal, a, !Sub '${Host}']", "h.example"),
        ("!FindInMap [Map, top, second]", "m"),
        (
            "'plain ${AWS::Partition} ${AWS::AccountId} ${AWS::Other} ${Host} ${'",
            "plain aws 000000000000 ${AWS::Other} ${Host} ${",
        ),
        (
            "!Sub '${AWS::URLSuffix} ${stageVariables.x} ${input.path(x)} ${Host}'",
            "amazonaws.com ${stageVariables.x} ${input.path(x)} h.example",
        ),
    ];
    for (value, expected) in cases {
        let text = with_integration(&format!("{{type: mock, requestTemplates: {{a/b: {value}}}}}"));
        let imported = import(&text, &parameters);
        assert!(imported.findings.is_empty(), "{value}: {:?}", imported.findings);
        let api = imported.api.unwrap();
        let integration = method(&api, "/", Verb::GET).integration.as_ref().unwrap();
        assert_eq!(integration.request_templates["a/b"].text, expected, "{value}");
    }
}

#[test]
fn unknown_names_are_told_with_the_parameter_to_give() {
    let text = with_integration(
        "{type: http, httpMethod: GET, uri: !Sub 'http://${Balancer.DNSName}/${Balancer.DNSName}'}",
    );
    assert_eq!(
        only_finding(&import(&text, &[])),
        "api.yaml:7:75: error[parameter-unknown]: found a reference to `Balancer.DNSName` in `uri`, expected a parameter of that name (and 1 more place)\n    help: add `Balancer.DNSName: …` under `parameters:` in edgewit.yaml"
    );
    // Also in plain text, but only where VTL has no say.
    let text = with_integration("{type: http, httpMethod: GET, uri: 'http://${host}/'}");
    assert_eq!(codes(&import(&text, &[])), ["7:75 error parameter-unknown"]);
    assert!(import(&text, &[("host", "h")]).api.is_some());
    let text = with_integration("{type: mock, requestTemplates: {a/b: '#set($x = 1)${x}'}}");
    assert!(import(&text, &[]).findings.is_empty());
}

#[test]
fn conditions_are_told_as_such() {
    let text = with_root("x-amazon-apigateway-binary-media-types: !If [IsProd, [a/b], !Ref AWS::NoValue]");
    assert!(only_finding(&import(&text, &[])).ends_with(
        "found the condition `IsProd` in `x-amazon-apigateway-binary-media-types`, expected a parameter of that name\n    help: add `IsProd: true or false` under `parameters:` in edgewit.yaml"
    ));
    assert_eq!(import(&text, &[("IsProd", "true")]).api.unwrap().binary_media_types, ["a/b"]);
    assert!(import(&text, &[("IsProd", "false")]).api.unwrap().binary_media_types.is_empty());
    assert_eq!(codes(&import(&text, &[("IsProd", "maybe")])), ["7:46 error reference-unusable"]);
}

#[test]
fn where_nothing_depends_on_it_a_name_may_stay_open() {
    let text = with_integration("{type: mock, credentials: !GetAtt Role.Arn}");
    let imported = import(&text, &[]);
    assert_eq!(codes(&imported), ["7:66 warning parameter-unknown"]);
    let api = imported.api.unwrap();
    assert_eq!(
        method(&api, "/", Verb::GET).integration.as_ref().unwrap().credentials.as_deref(),
        Some("${Role.Arn}")
    );
}

#[test]
fn unknown_functions_are_taken_by_name() {
    let uri = |function: &str| {
        format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations")
    };
    let own = "arn:aws:lambda:us-east-1:000000000000:function:GetOrder";
    for (given, expected) in [
        (format!("!Sub '{}'", uri("${GetOrder.Arn}")), uri(own)),
        (format!("'{}'", uri("${GetOrderArn}")), uri(own)),
        (format!("!Sub '{}'", uri("${GetOrder.Arn}:live")), uri(&format!("{own}:live"))),
        (format!("!Sub '{}'", uri("arn:aws:lambda:eu-west-1:1:function:${GetOrder}")), uri("arn:aws:lambda:eu-west-1:1:function:GetOrder")),
        (
            "!Join ['', ['arn:aws:apigateway:', !Ref AWS::Region, ':lambda:path/2015-03-31/functions/', !GetAtt GetOrder.Arn, /invocations]]".to_owned(),
            uri(own),
        ),
    ] {
        let imported = import(&with_integration(&format!("{{type: aws_proxy, httpMethod: POST, uri: {given}}}")), &[]);
        assert_eq!(codes(&imported).len(), 1, "{given}: {:?}", imported.findings);
        assert_eq!(imported.findings[0].code, "function-named");
        let api = imported.api.unwrap();
        assert_eq!(method(&api, "/", Verb::GET).integration.as_ref().unwrap().uri.as_ref(), Some(&expected), "{given}");
    }
    // Anywhere else in the URI the name must be given.
    for given in [uri("arn:aws:lambda:${Region}:1:function:f"), uri("arn:aws:lambda:r:1:function:f:${Alias}")]
    {
        let imported = import(
            &with_integration(&format!("{{type: aws_proxy, httpMethod: POST, uri: !Sub '{given}'}}")),
            &[],
        );
        assert_eq!(codes(&imported), ["7:81 error parameter-unknown"], "{given}");
    }
}

#[test]
fn malformed_functions_are_told() {
    for value in [
        "!Join [a]",
        "!Select [x, [a]]",
        "!Select [2, [a]]",
        "!Sub [1]",
        "{Fn::Sub: {a: b}}",
        "!If [a]",
        "!Ref [a]",
        "!Select [0, !Split ['', a]]",
        "!Cidr [a]",
        "{Fn::Transform: {Name: AWS::Include}}",
    ] {
        let text = with_integration(&format!("{{type: mock, requestTemplates: {{a/b: {value}}}}}"));
        let imported = import(&text, &[]);
        assert_eq!(imported.findings.len(), 1, "{value}: {:?}", imported.findings);
        assert_eq!(imported.findings[0].code, "reference-unusable", "{value}");
    }
}

#[test]
fn nested_substitutions_cannot_multiply_without_bound() {
    let mut value = "aaaaaaaaaa".to_owned();
    for _ in 0..12 {
        value = format!("!Sub ['{}', {{a: {value}}}]", "${a}".repeat(10));
    }
    let text = with_integration(&format!("{{type: mock, requestTemplates: {{a/b: {value}}}}}"));
    let imported = import(&text, &[]);
    assert_eq!(imported.findings.len(), 1);
    assert_eq!(imported.findings[0].code, "reference-unusable");
}

#[test]
fn policies_are_resolved_throughout() {
    let text = with_root(
        "x-amazon-apigateway-policy: {Statement: [{Condition: {StringEquals: {'aws:sourceVpce': !Ref Vpce}}}]}",
    );
    assert_eq!(codes(&import(&text, &[])), ["7:88 error parameter-unknown"]);
    let api = import(&text, &[("Vpce", "vpce-1")]).api.unwrap();
    assert_eq!(
        api.policy.unwrap().0["Statement"][0]["Condition"]["StringEquals"]["aws:sourceVpce"],
        "vpce-1"
    );
    // A policy may also be JSON text, and a condition may choose one.
    for (policy, expected) in [
        ("!Sub '{\"Id\": \"${AWS::Region}\"}'", vec![]),
        ("'{\"Id\": \"us-east-1\"}'", vec![]),
        ("!If [IsProd, {Id: us-east-1}, {Id: x}]", vec![]),
        ("!If [IsOther, {Id: us-east-1}, {Id: x}]", vec!["7:29 error parameter-unknown"]),
        ("!Ref PolicyDocument", vec!["7:29 error parameter-unknown"]),
        ("text", vec!["7:29 error policy-invalid"]),
        ("[a]", vec!["7:29 error value-invalid"]),
    ] {
        let imported =
            import(&with_root(&format!("x-amazon-apigateway-policy: {policy}")), &[("IsProd", "true")]);
        assert_eq!(codes(&imported), expected, "{policy}");
        if let Some(api) = imported.api {
            assert_eq!(api.policy.unwrap().0["Id"], "us-east-1", "{policy}");
        }
    }
}
