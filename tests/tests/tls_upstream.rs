//! Integration targets over TLS: whom the node believes, and what the client sees when it does not.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use edgewit_tests::client;
use edgewit_tests::fixture::{assert_headers, assert_own, document, get};
use edgewit_tests::folder::Folder;
use edgewit_tests::node::Node;
use edgewit_tests::origin::{Listener, Script};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

const FAILED: &str = r#"{"message":"Network error communicating with endpoint"}"#;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server's certificate for `name`, and its key.
    fn issue(&self, name: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        (certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
    }
}

/// An origin over TLS that answers `ok` and shows a certificate for `name`.
fn origin(authority: &Authority, name: &str) -> (Listener, Arc<Script>) {
    let (certificate, key) = authority.issue(name);
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let (config, script) = (Arc::new(config), Arc::new(Script::default()));
    let serving = Arc::clone(&script);
    let listener = Listener::start(move |stream, _| {
        let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
        serving.serve(StreamOwned::new(tls, stream));
    });
    (listener.unwrap(), script)
}

fn api(listener: &Listener, insecure: bool) -> String {
    let mut integration = json!({
        "type": "http_proxy", "httpMethod": "GET", "uri": format!("https://{}/pets", listener.addr()),
    });
    if insecure {
        integration["tlsConfig"] = json!({"insecureSkipVerification": true});
    }
    document(
        "tls",
        &json!({"/pets": {"get": {"responses": {}, "x-amazon-apigateway-integration": integration}}}),
    )
}

fn folder(listener: &Listener, insecure: bool, trusted: &Authority) -> Folder {
    let folder = Folder::with_api(&api(listener, insecure));
    folder.write("ca.pem", trusted.pem());
    folder.write("edgewit.yaml", "ca_file: ca.pem\n");
    folder
}

fn assert_served(response: &client::Response) {
    assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    let expected = [
        ("content-type", "text/plain"),
        ("content-length", "2"),
        ("x-amzn-remapped-content-length", "2"),
        ("date", "<date>"),
        ("x-amzn-requestid", "<uuid>"),
        ("x-amz-apigw-id", "<extended-id>"),
    ];
    assert_headers(response, &expected);
}

fn assert_failed(response: &client::Response) {
    assert_own(response, 504, FAILED, Some("InternalServerErrorException"), false);
}

#[test]
fn a_certificate_of_the_given_authority_is_believed() {
    let authority = Authority::new("ours");
    let (listener, script) = origin(&authority, "127.0.0.1");
    let folder = folder(&listener, false, &authority);
    let node = Node::start(folder.path());
    assert_served(&get(node.listen(), "/pets"));
    let received = script.received().remove(0);
    assert_eq!((received.method(), received.target()), ("GET", "/pets"));
    assert_eq!(received.head.value("host"), Some(listener.addr().to_string().as_str()));
}

#[test]
fn a_certificate_of_another_authority_is_an_integration_failure() {
    let (listener, script) = origin(&Authority::new("theirs"), "127.0.0.1");
    let folder = folder(&listener, false, &Authority::new("ours"));
    let node = Node::start(folder.path());
    assert_failed(&get(node.listen(), "/pets"));
    assert!(script.received().is_empty());
}

#[test]
fn a_certificate_for_another_name_is_an_integration_failure() {
    let authority = Authority::new("ours");
    let (listener, script) = origin(&authority, "elsewhere.example");
    let folder = folder(&listener, false, &authority);
    let node = Node::start(folder.path());
    assert_failed(&get(node.listen(), "/pets"));
    assert!(script.received().is_empty());
}

#[test]
fn without_a_bundle_the_systems_authorities_decide() {
    let (listener, script) = origin(&Authority::new("ours"), "127.0.0.1");
    let folder = Folder::with_api(&api(&listener, false));
    let node = Node::start(folder.path());
    assert_failed(&get(node.listen(), "/pets"));
    assert!(script.received().is_empty());
}

#[test]
fn insecure_skip_verification_is_honoured() {
    let (listener, _script) = origin(&Authority::new("theirs"), "127.0.0.1");
    let folder = folder(&listener, true, &Authority::new("ours"));
    let node = Node::start(folder.path());
    assert_served(&get(node.listen(), "/pets"));
}

/// Pingora's pool does not tell connections by how they were verified; the node has to.
#[test]
fn a_connection_made_without_verification_is_not_used_where_it_is_required() {
    let (listener, _script) = origin(&Authority::new("theirs"), "127.0.0.1");
    let folder = folder(&listener, true, &Authority::new("ours"));
    folder.write("apis/strict.yaml", api(&listener, false));
    let node = Node::start(folder.path());
    let strict = "strict.execute-api.us-east-1.localhost";
    for _ in 0..3 {
        assert_served(&get(node.listen(), "/pets"));
        assert_failed(&client::get(node.listen(), strict, "/dev/pets").unwrap());
    }
}

#[test]
fn a_changed_bundle_takes_effect_on_connections_that_are_already_open() {
    let theirs = Authority::new("theirs");
    let (listener, _script) = origin(&theirs, "127.0.0.1");
    let folder = folder(&listener, false, &theirs);
    let node = Node::start(folder.path());
    assert_served(&get(node.listen(), "/pets"));
    folder.replace("ca.pem", Authority::new("ours").pem());
    let refused = || (get(node.listen(), "/pets").status == 504).then_some(());
    assert!(edgewit_tests::wait_until(refused).is_some());
    assert_failed(&get(node.listen(), "/pets"));
}

#[test]
fn an_origin_that_speaks_no_tls_is_an_integration_failure() {
    let plain = Listener::start(|mut stream, _| {
        drop(std::io::Write::write_all(
            &mut stream,
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        ));
    })
    .unwrap();
    let folder = folder(&plain, false, &Authority::new("ours"));
    let node = Node::start(folder.path());
    assert_failed(&get(node.listen(), "/pets"));
}

/// Targets of a VPC link bring their own names and authorities.
#[test]
fn targets_of_a_link_are_verified_each_by_its_own_name_and_authority() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (target, script) = origin(&theirs, "pets.internal");
    let integration = json!({
        "type": "http_proxy", "httpMethod": "GET", "uri": "https://shop.internal/pets",
        "connectionType": "VPC_LINK", "connectionId": "link",
    });
    let pets = json!({"get": {"responses": {}, "x-amazon-apigateway-integration": integration}});
    let folder = Folder::with_api(&document("tls", &json!({"/pets": pets})));
    folder.write("ours.pem", ours.pem());
    folder.write("theirs.pem", theirs.pem());
    let node_with = |tls: &str| {
        let target = format!("{{address: '{}', tls: {{{tls}}}}}", target.addr());
        folder.write(
            "edgewit.yaml",
            format!("ca_file: ours.pem\nvpc_links: {{link: {{targets: [{target}]}}}}\n"),
        );
        Node::start(folder.path())
    };
    for (tls, served) in [
        ("ca_file: theirs.pem, server_name: pets.internal", true),
        ("ca_file: theirs.pem", false),
        ("server_name: pets.internal", false),
        ("insecure_skip_verification: true", true),
    ] {
        let node = node_with(tls);
        let response = get(node.listen(), "/pets");
        if served {
            assert_served(&response);
        } else {
            assert_eq!((response.status, response.text().as_str()), (504, FAILED), "{tls}");
        }
    }
    let hosts: Vec<_> =
        script.received().iter().map(|request| request.head.value("host").map(str::to_owned)).collect();
    assert_eq!(hosts, [Some("shop.internal".to_owned()), Some("shop.internal".to_owned())]);
}
