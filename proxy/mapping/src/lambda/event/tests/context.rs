//! `requestContext` of events.

use super::{AuthorizedBy, Request, event};
use serde_json::json;

#[test]
fn the_context_of_a_lambda_authorizer_is_text() {
    let authorized = |change: fn(&mut Request)| {
        let got = event(|request| {
            request.authorized_by = AuthorizedBy::Lambda;
            request.set("authorizer.principalId", "ann");
            request.entries = vec![
                ("number".to_owned(), json!(1)),
                ("flag".to_owned(), json!(true)),
                ("text".to_owned(), json!("say \"é\"")),
                ("principalId".to_owned(), json!("eve")),
                ("integrationLatency".to_owned(), json!("9")),
            ];
            change(request);
        });
        got["requestContext"]["authorizer"].clone()
    };
    let mut expected = json!({
        "principalId": "ann", "number": "1", "flag": "true", "text": "say \"é\"", "integrationLatency": 12,
    });
    assert_eq!(authorized(|request| request.set("authorizer.integrationLatency", "12")), expected);
    expected["integrationLatency"] = json!(0);
    assert_eq!(authorized(|_| {}), expected);
}

#[test]
fn claims_are_text() {
    let got = event(|request| {
        request.authorized_by = AuthorizedBy::Claims;
        request.entries = vec![("sub".to_owned(), json!("a")), ("custom:n".to_owned(), json!(7))];
    });
    assert_eq!(got["requestContext"]["authorizer"], json!({"claims": {"sub": "a", "custom:n": "7"}}));
}

#[test]
fn members_that_are_there_only_where_they_apply() {
    let got = event(|request| {
        for (name, value) in [
            ("operationName", "listPets"),
            ("identity.apiKey", "key"),
            ("identity.apiKeyId", "id"),
            ("identity.vpcId", "vpc-1"),
            ("identity.vpceId", "vpce-1"),
            ("identity.clientCert.clientCertPem", "-----BEGIN\n"),
            ("identity.clientCert.subjectDN", "CN=a"),
            ("identity.clientCert.issuerDN", "CN=b"),
            ("identity.clientCert.serialNumber", "01:02"),
            ("identity.clientCert.validity.notBefore", "May 28 12:30:02 2019 GMT"),
            ("identity.clientCert.validity.notAfter", "Aug  5 09:36:04 2021 GMT"),
            ("isCanaryRequest", "true"),
            ("customDomain.basePathMatched", "v1"),
        ] {
            request.set(name, value);
        }
    });
    let context = &got["requestContext"];
    assert_eq!(context["operationName"], "listPets");
    assert_eq!(context["isCanaryRequest"], true);
    assert_eq!(context["customDomain"], json!({"basePathMatched": "v1"}));
    let identity = &context["identity"];
    assert_eq!([&identity["apiKey"], &identity["apiKeyId"]], ["key", "id"]);
    assert_eq!([&identity["vpcId"], &identity["vpceId"]], ["vpc-1", "vpce-1"]);
    let certificate = json!({
        "clientCertPem": "-----BEGIN\n",
        "subjectDN": "CN=a",
        "issuerDN": "CN=b",
        "serialNumber": "01:02",
        "validity": {"notBefore": "May 28 12:30:02 2019 GMT", "notAfter": "Aug  5 09:36:04 2021 GMT"},
    });
    assert_eq!(identity["clientCert"], certificate);

    let got = event(|request| {
        request.set("isCanaryRequest", "false");
        request.set("customDomain.basePathMatched", "");
    });
    assert_eq!(got["requestContext"]["isCanaryRequest"], false);
    assert_eq!(got["requestContext"]["customDomain"], json!({"basePathMatched": "(none)"}));
}
