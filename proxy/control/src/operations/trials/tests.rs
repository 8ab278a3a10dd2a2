//! What the node is asked to run.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use crate::Answer;
use crate::entities::{ClientCertificate, RestApi};
use crate::protocol::answer::{Trial, TrialTarget};
use crate::samples::{PETS, imported};
use crate::state::Slot;
use crate::testing::Server;
use serde_json::{Value, json};

fn server() -> (Server, RestApi) {
    let mut server = Server::default();
    let id = imported(&mut server, "", PETS)["id"].as_str().unwrap().to_owned();
    let api = RestApi::clone(server.state.get(&id).unwrap());
    (server, api)
}

fn resource(api: &RestApi, path: &str) -> String {
    let found = api.resources.values().find(|resource| resource.path == path).unwrap();
    format!("/restapis/{}/resources/{}", api.id, found.id)
}

fn trial(server: &mut Server, target: &str, body: Value) -> Trial {
    let (status, answer) = server.call("POST", target, body);
    assert_eq!(status, 200, "{answer}");
    let Some(Answer::Trial(trial)) = server.last.take() else { unreachable!() };
    *trial
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn methods_are_tried_as_they_are_now() {
    let (mut server, api) = server();
    let target = format!("{}/methods/GET", resource(&api, "/pets"));
    let trial = trial(
        &mut server,
        &target,
        json!({
            "pathWithQueryString": "/pets?kind=cat", "body": "b", "stageVariables": {"host": "h"},
            "headers": {"A": "1", "x-Trace": "lost"}, "multiValueHeaders": {"X-Trace": ["2", "3"]},
        }),
    );
    assert_eq!(trial.rest_api_id, api.id);
    let TrialTarget::Method { resource, http_method } = &trial.target else { unreachable!() };
    assert_eq!((resource.as_str(), http_method.as_str()), ("/pets", "GET"));
    assert_eq!(trial.path_with_query.as_deref(), Some("/pets?kind=cat"));
    assert_eq!(trial.body.as_deref(), Some("b"));
    assert_eq!(trial.headers, pairs(&[("X-Trace", "2"), ("X-Trace", "3"), ("A", "1")]));
    assert_eq!(trial.stage_variables, pairs(&[("host", "h")]));
    assert_eq!(trial.client_certificate_id, None);
}

#[test]
fn a_method_that_catches_all_verbs_is_tried_with_one_of_them() {
    let (mut server, api) = server();
    let methods = format!("{}/methods", resource(&api, "/pets/{id}"));
    for verb in ["PATCH", "ANY", "DELETE"] {
        let trial = trial(&mut server, &format!("{methods}/{verb}"), Value::Null);
        let TrialTarget::Method { http_method, .. } = &trial.target else { unreachable!() };
        assert_eq!(http_method, verb);
        assert_eq!((trial.path_with_query, trial.body, trial.headers), (None, None, Vec::new()));
    }
    let (status, answer) = server.call("POST", &format!("{methods}/FETCH"), Value::Null);
    assert_eq!((status, answer), (404, json!({"message": "Invalid Method identifier specified"})));
}

#[test]
fn trials_of_methods_need_all_that_they_name() {
    let (mut server, api) = server();
    let pets = resource(&api, "/pets");
    let mut refused = |target: &str, body: Value, status: u16, message: &str| {
        assert_eq!(server.call("POST", target, body), (status, json!({"message": message})));
    };
    let unknown = "Invalid Resource identifier specified";
    refused("/restapis/nothing/resources/r/methods/GET", Value::Null, 404, unknown);
    refused(&format!("/restapis/{}/resources/r/methods/GET", api.id), Value::Null, 404, unknown);
    refused(&format!("{pets}/methods/PUT"), Value::Null, 404, "Invalid Method identifier specified");
    let certificate = json!({"clientCertificateId": "nothing"});
    let message = "Invalid Client Certificate identifier specified";
    refused(&format!("{pets}/methods/GET"), certificate, 404, message);
}

#[test]
fn methods_without_an_integration_cannot_be_tried() {
    let mut server = Server::default();
    let text =
        json!({"openapi": "3.0.1", "info": {"title": "T"}, "paths": {"/": {"get": {"responses": {}}}}});
    let id = imported(&mut server, "", &text.to_string())["id"].as_str().unwrap().to_owned();
    let api = RestApi::clone(server.state.get(&id).unwrap());
    let answer = server.call("POST", &format!("{}/methods/GET", resource(&api, "/")), Value::Null);
    assert_eq!(answer, (400, json!({"message": "No integration defined for method"})));
}

#[test]
fn client_certificates_are_shown_to_backends_of_trials() {
    let (mut server, api) = server();
    let certificate = ClientCertificate { client_certificate_id: "cert12".into(), ..Default::default() };
    let slot = Slot { value: certificate.into(), revision: 1, file: None };
    server.state.client_certificates.insert("cert12".into(), slot);
    let target = format!("{}/methods/GET", resource(&api, "/pets"));
    let trial = trial(&mut server, &target, json!({"clientCertificateId": "cert12"}));
    assert_eq!(trial.client_certificate_id.as_deref(), Some("cert12"));
}

#[test]
fn authorizers_are_tried_by_the_name_that_the_data_plane_has() {
    let (mut server, api) = server();
    let authorizer = api.authorizers.values().find(|it| it.name == "function").unwrap();
    let target = format!("/restapis/{}/authorizers/{}", api.id, authorizer.id);
    let body =
        json!({"headers": {"X-Token": "t"}, "additionalContext": {"a": "b"}, "pathWithQueryString": "/"});
    let trial = trial(&mut server, &target, body);
    let TrialTarget::Authorizer { name, additional_context } = &trial.target else { unreachable!() };
    assert_eq!(name, "function");
    assert_eq!(*additional_context, pairs(&[("a", "b")]));
    assert_eq!(trial.headers, pairs(&[("X-Token", "t")]));
}

#[test]
fn trials_of_authorizers_need_the_api_and_the_authorizer() {
    let (mut server, api) = server();
    let (status, answer) = server.call("POST", "/restapis/nothing/authorizers/a", Value::Null);
    let message = "Invalid API identifier specified 123456789012:nothing";
    assert_eq!((status, answer), (404, json!({"message": message})));
    let (status, answer) = server.call("POST", &format!("/restapis/{}/authorizers/a", api.id), Value::Null);
    assert_eq!((status, answer), (404, json!({"message": "Invalid Authorizer identifier specified"})));
}
