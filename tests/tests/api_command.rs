//! `edgewit api`: APIs of a running node without the aws command.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use edgewit_tests::client;
use edgewit_tests::fixture::{HOST, document, mock_api, mock_operation};
use edgewit_tests::folder::Folder;
use edgewit_tests::node::{Finished, Node, run, run_with};
use edgewit_tests::wait_until;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::{SystemTime, UNIX_EPOCH};

/// A node with an API from a file, and a folder for documents.
struct Place {
    node: Node,
    folder: Folder,
    _conf: Folder,
}

impl Place {
    fn new() -> Self {
        Self::configured("")
    }

    fn configured(settings: &str) -> Self {
        let conf = Folder::with_api(&mock_api("from a file"));
        if !settings.is_empty() {
            conf.write("edgewit.yaml", settings);
        }
        Self { node: Node::start(conf.path()), folder: Folder::new(), _conf: conf }
    }

    fn write(&self, name: &str, title: &str, body: &str) {
        let paths = json!({"/hello": {"get": mock_operation(body)}});
        self.folder.write(name, document(title, &paths));
    }

    fn api(&self, arguments: &[&str]) -> Finished {
        self.api_as(arguments, &[])
    }

    fn api_as(&self, arguments: &[&str], env: &[(&str, &str)]) -> Finished {
        let admin = format!("http://{}", self.node.admin());
        let finished =
            run_with(self.folder.path(), &[&["api"], arguments, &["--admin", &admin]].concat(), env);
        assert!(!finished.stderr.contains("panicked"), "{finished}");
        finished
    }

    /// What a command that succeeds prints.
    fn printed(&self, arguments: &[&str]) -> String {
        let finished = self.api(arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?} {finished}");
        finished.stdout
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let text = self.printed(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The API with this name, as `list` has it.
    fn listed(&self, name: &str) -> Option<Value> {
        let list = self.json(&["list"]);
        let mut named = list.as_array().unwrap().iter().filter(|api| api["name"] == name);
        let found = named.next().cloned();
        assert!(named.next().is_none(), "two named {name}: {list}");
        found
    }

    /// Id of the API with this name.
    fn id(&self, name: &str) -> String {
        self.listed(name).unwrap_or_else(|| panic!("no API {name}"))["id"].as_str().unwrap().to_owned()
    }

    /// The deployment that a stage of an API serves.
    fn serves(&self, name: &str, stage: &str) -> String {
        let api = self.listed(name).unwrap();
        let stages = api["stages"].as_array().unwrap();
        let stage = stages.iter().find(|it| it["stageName"] == stage);
        stage.unwrap_or_else(|| panic!("no such stage: {api}"))["deploymentId"].as_str().unwrap().to_owned()
    }

    fn get(&self, id: &str, stage: &str) -> (u16, String) {
        let response =
            client::get(self.node.listen(), HOST, &format!("/_aws/execute-api/{id}/{stage}/hello"));
        let response = response.unwrap();
        (response.status, response.text())
    }
}

/// Returns when the clock shows another second: deployments tell theirs.
fn next_second() {
    let second = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let before = second();
    wait_until(|| (second() > before).then_some(())).unwrap();
}

#[test]
fn a_document_becomes_an_api_that_is_served_and_then_overwritten() {
    let place = Place::new();
    place.write("one.json", "shop", "one $stageVariables.colour");
    let arguments =
        ["deploy", "one.json", "--stage", "prod", "--description", "first", "--variable", "colour=blue"];
    let finished = place.api(&arguments);
    assert_eq!(finished.code, Some(0), "{finished}");
    let id = place.id("shop");
    let deployment = place.serves("shop", "prod");
    let expected = format!(
        "+ GET /hello\ncreated shop ({id})\ndeployed {deployment} to stage prod\n  invoke path   /_aws/execute-api/{id}/prod/\n"
    );
    assert_eq!(finished.stdout, expected);
    let announced = "one.json becomes a new API, shop, on stage prod:\n";
    assert!(finished.stderr.starts_with(announced), "{finished}");
    assert_eq!(place.get(&id, "prod"), (200, "one blue".to_owned()));

    place.write("two.json", "shop", "two $stageVariables.colour");
    let finished = place.api(&["deploy", "two.json", "--stage", "prod"]);
    assert_eq!(finished.code, Some(0), "{finished}");
    assert_eq!(place.id("shop"), id, "it was overwritten");
    let second = place.serves("shop", "prod");
    assert_ne!(second, deployment);
    let expected = format!(
        "~ GET /hello\n  ~ integration response default responseTemplates application/json\n    - one $stageVariables.colour\n    \
         + two $stageVariables.colour\noverwrote shop ({id})\ndeployed {second} to stage prod\n  \
         invoke path   /_aws/execute-api/{id}/prod/\n"
    );
    assert_eq!(finished.stdout, expected);
    assert_eq!(place.get(&id, "prod"), (200, "two blue".to_owned()));
}

#[test]
fn what_was_deployed_is_no_difference_to_its_document() {
    let place = Place::new();
    place.write("one.json", "shop", "one");
    place.printed(&["deploy", "one.json"]);
    let finished = place.api(&["diff", "shop", "one.json"]);
    assert_eq!(
        (finished.code, &*finished.stdout, &*finished.stderr),
        (Some(0), "", "no difference\n"),
        "{finished}"
    );
    place.write("two.json", "shop", "two");
    let finished = place.api(&["diff", &place.id("shop"), "two.json", "--stage", "dev"]);
    assert_eq!((finished.code, &*finished.stderr), (Some(1), "1 changed\n"), "{finished}");
    assert!(finished.stdout.contains("    - one\n    + two\n"), "{finished}");
    for (arguments, code, message) in [
        (&["diff", "none", "one.json"][..], 2, "there is no API `none`"),
        (&["diff", "shop", "one.json", "--stage", "prod"], 2, "has no stage `prod`; it has dev"),
        (&["diff", "shop", "missing.json"], 2, "missing.json cannot be read"),
    ] {
        let finished = place.api(arguments);
        assert_eq!(finished.code, Some(code), "{finished}");
        assert!(finished.stderr.contains(message), "{message} {finished}");
    }
}

#[test]
fn a_dry_run_prints_the_difference_and_changes_nothing() {
    let place = Place::new();
    place.write("one.json", "shop", "one");
    let finished = place.api(&["deploy", "one.json", "--dry-run"]);
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "+ GET /hello\n"), "{finished}");
    assert!(finished.stderr.ends_with("dry run: nothing was changed\n"), "{finished}");
    assert!(place.listed("shop").is_none());
    place.printed(&["deploy", "one.json"]);
    let served = place.serves("shop", "dev");
    place.write("two.json", "shop", "two");
    let finished = place.api(&["deploy", "two.json", "--dry-run"]);
    assert_eq!(finished.code, Some(0), "{finished}");
    assert!(finished.stdout.contains("    - one\n    + two\n"), "{finished}");
    assert_eq!(place.serves("shop", "dev"), served);
    assert_eq!(place.get(&place.id("shop"), "dev"), (200, "one".to_owned()));
}

#[test]
fn a_document_that_is_refused_deploys_nothing() {
    let place = Place::new();
    place.folder.write("bad.yaml", "openapi: 3.0.1\ninfo: {title: bad, version: '1'}\npaths: 3\n");
    let finished = place.api(&["deploy", "bad.yaml"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("bad.yaml:3:8: error["), "{finished}");
    assert!(finished.stderr.contains(" answers 400 BadRequestException: "), "{finished}");
    assert!(
        finished.stderr.ends_with("  the document was not imported, and nothing was deployed\n"),
        "{finished}"
    );
    assert!(place.listed("bad").is_none());
    assert_eq!(place.api(&["deploy", "bad.yaml", "--dry-run"]).code, Some(1));
    let finished = place.api(&["deploy", "missing.yaml"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.starts_with("edgewit: missing.yaml cannot be read: "), "{finished}");
}

#[test]
fn an_api_of_a_file_is_not_overwritten() {
    let place = Place::new();
    place.write("one.json", "mock", "from elsewhere");
    let id = place.id("mock");
    let finished = place.api(&["deploy", "one.json", "--api", &id]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("the document was not imported"), "{finished}");
    assert_eq!(place.get(&id, "dev"), (200, "from a file".to_owned()));
}

#[test]
fn two_apis_of_one_title_are_told_apart_by_id() {
    let place = Place::new();
    place.write("one.json", "shop", "one");
    place.printed(&["deploy", "one.json"]);
    let first = place.id("shop");
    // The API that is overwritten takes the title of the document.
    place.write("other.json", "other", "other");
    place.printed(&["deploy", "other.json"]);
    let second = place.id("other");
    place.printed(&["deploy", "one.json", "--api", &second]);
    for arguments in [&["deploy", "one.json"][..], &["show", "shop"], &["rollback", "shop", "--stage", "dev"]]
    {
        let finished = place.api(arguments);
        assert_eq!(finished.code, Some(1), "{finished}");
        assert!(finished.stderr.contains(&first) && finished.stderr.contains(&second), "{finished}");
    }
    place.printed(&["show", &first]);
}

#[test]
fn a_rollback_serves_the_deployment_before() {
    let place = Place::new();
    let mut deployed = Vec::new();
    for body in ["one", "two", "three"] {
        place.write("api.json", "shop", body);
        place.printed(&["deploy", "api.json", "--description", body]);
        deployed.push(place.serves("shop", "dev"));
        next_second();
    }
    let id = place.id("shop");
    let printed = place.printed(&["rollback", "shop", "--stage", "dev"]);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[0], format!("stage dev of shop ({id})"));
    assert!(
        lines[1].starts_with(&format!("  from  {}, ", deployed[2])) && lines[1].ends_with(", three"),
        "{printed}"
    );
    assert!(
        lines[2].starts_with(&format!("  to    {}, ", deployed[1])) && lines[2].ends_with(", two"),
        "{printed}"
    );
    assert_eq!(
        (place.serves("shop", "dev"), place.get(&id, "dev").1),
        (deployed[1].clone(), "two".to_owned())
    );
    place.printed(&["rollback", "shop", "--stage", "dev"]);
    assert_eq!(place.get(&id, "dev").1, "one");
    let finished = place.api(&["rollback", "shop", "--stage", "dev"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("is the first deployment, there is none before it"), "{finished}");
    place.printed(&["rollback", "shop", "--stage", "dev", "--to", &deployed[2]]);
    assert_eq!(place.get(&id, "dev").1, "three");
    let printed = place.printed(&["rollback", "shop", "--stage", "dev", "--to", &deployed[2]]);
    assert!(printed.contains("already"), "{printed}");
    let finished = place.api(&["rollback", "shop", "--stage", "dev", "--to", "none"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("--to: there is no deployment `none`"), "{finished}");
}

#[test]
fn an_api_is_shown_with_its_stages_and_resources() {
    let place = Place::new();
    let mut keyed = mock_operation("b");
    keyed["security"] = json!([{"key": []}]);
    let paths = json!({"/pets": {"get": mock_operation("a")}, "/pets/{id}": {"get": {
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {},
        "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "http://one.example/p"},
    }}, "/keyed": {"post": keyed}});
    let mut api: Value = serde_json::from_str(&document("zoo", &paths)).unwrap();
    api["components"] =
        json!({"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}});
    api["x-amazon-apigateway-endpoint-configuration"] = json!({"types": ["REGIONAL"]});
    place.folder.write("zoo.json", api.to_string());
    place.printed(&["deploy", "zoo.json", "--variable", "a=1", "--description", "first"]);
    let tree = "\n  /\n    /keyed\n      POST   API key  MOCK\n    /pets\n      GET    open     MOCK\n      /{id}\n        \
                GET  open     HTTP_PROXY GET http://one.example/p\n";
    for (arguments, which) in [
        (&["show", "zoo"][..], "as the next deployment has them"),
        (&["show", "zoo", "--stage", "dev"], "served"),
    ] {
        let printed = place.printed(arguments);
        assert!(printed.starts_with(&format!("zoo ({})\n  created       2", place.id("zoo"))), "{printed}");
        for part in ["  endpoint      REGIONAL", "\nstage dev\n", "  variables     a=1\n", ", first\n"] {
            assert!(printed.contains(part), "{part} in {printed}");
        }
        assert!(printed.ends_with(&format!("\n3 methods, {which}{tree}")), "{printed}");
    }
    let shown = place.json(&["show", "zoo"]);
    assert_eq!(shown["api"]["name"], "zoo", "{shown}");
    assert_eq!(shown["stages"][0]["variables"], json!({"a": "1"}), "{shown}");
    assert_eq!(shown["resources"].as_array().map(Vec::len), Some(4), "{shown}");
    let shown = place.json(&["show", "zoo", "--stage", "dev"]);
    assert!(shown["document"]["paths"]["/pets"]["get"].is_object(), "{shown}");
    let finished = place.api(&["show", "zoo", "--stage", "prod"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("has no stage `prod`; it has dev"), "{finished}");
}

#[test]
fn apis_are_listed_with_their_stages() {
    let place = Place::new();
    place.write("one.json", "shop", "one");
    place.printed(&["deploy", "one.json", "--stage", "dev"]);
    place.printed(&["deploy", "one.json", "--stage", "prod"]);
    let printed = place.printed(&["list"]);
    let mut lines = printed.lines();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines.next().unwrap()), ["ID", "NAME", "STAGES", "CREATED"]);
    let shop = lines.find(|line| line.contains(" shop ")).unwrap_or_else(|| panic!("{printed}"));
    let (dev, prod) = (place.serves("shop", "dev"), place.serves("shop", "prod"));
    assert!(shop.contains(&format!("  dev ({dev}), prod ({prod})  ")) && shop.ends_with(" UTC"), "{printed}");
}

#[test]
fn a_node_with_access_keys_wants_signatures() {
    let key = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let place = Place::configured(&format!(
        "access_keys: [{{access_key_id: {}, secret_access_key: {}}}]\n",
        key.0, key.1
    ));
    let finished = place.api(&["list"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{finished}");
    let signed = |id: &'static str, secret: &'static str| {
        [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)]
    };
    let finished = place.api_as(&["list"], &signed(key.0, key.1));
    assert_eq!(finished.code, Some(0), "{finished}");
    place.write("one.json", "shop", "one");
    let finished = place.api_as(&["deploy", "one.json"], &signed(key.0, key.1));
    assert_eq!(finished.code, Some(0), "{finished}");
    for (keys, message) in [
        (
            signed(key.0, "a secret that is not the right one"),
            "check that AWS_SECRET_ACCESS_KEY is the secret of AKIA",
        ),
        (signed("AKIAI44QH8DHBEXAMPLE", key.1), "does not know the access key AKIAI44QH8DHBEXAMPLE"),
    ] {
        let finished = place.api_as(&["list"], &keys);
        assert_eq!(finished.code, Some(1), "{finished}");
        assert!(finished.stderr.contains(message), "{message} {finished}");
    }
    let finished = place.api_as(&["list"], &[("AWS_ACCESS_KEY_ID", key.0)]);
    assert_eq!(finished.code, Some(2), "{finished}");
    let finished = place.api_as(&["diff", "shop", "one.json"], &[]);
    assert_eq!(finished.code, Some(3), "1 would be a difference: {finished}");
}

#[test]
fn two_documents_are_compared_without_a_node() {
    let folder = Folder::new();
    let document = |body: &str| document("shop", &json!({"/hello": {"get": mock_operation(body)}}));
    folder.write("one.json", document("one"));
    folder.write("same.json", document("one"));
    folder.write("two.json", document("two"));
    folder.write("bad.yaml", "openapi: 3.0.1\npaths: 3\n");
    for (arguments, code, text) in [
        (&["one.json", "same.json"][..], 0, "no difference"),
        (&["one.json", "two.json"], 1, "    - one\n    + two\n"),
        (&["one.json", "bad.yaml"], 2, "bad.yaml:2:8: error["),
        (&["one.json"], 2, "Usage: "),
    ] {
        let finished = run(folder.path(), &[&["api", "diff"], arguments].concat());
        assert_eq!(finished.code, Some(code), "{finished}");
        assert!(format!("{}{}", finished.stdout, finished.stderr).contains(text), "{text} {finished}");
    }
}

#[test]
fn a_node_that_is_not_there_is_told_with_what_to_do() {
    let folder = Folder::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    folder.write("one.json", mock_api("one"));
    for arguments in [&["list"][..], &["show", "a"], &["deploy", "one.json"], &["diff", "a", "one.json"]] {
        let finished =
            run_with(folder.path(), &[&["api"], arguments].concat(), &[("EDGEWIT_ADMIN", &address)]);
        assert_eq!(finished.code, Some(3), "{finished}");
        let expected = format!("edgewit: nothing listens on {address}: ");
        assert!(finished.stderr.starts_with(&expected), "{finished}");
        assert!(finished.stderr.contains("\n  help: start a node with `edgewit serve`"), "{finished}");
    }
    for (admin, message) in
        [("https://127.0.0.1:9080", "only http is supported"), ("none", "expected http://ADDRESS:PORT")]
    {
        let finished = run(folder.path(), &["api", "list", "--admin", admin]);
        assert_eq!(finished.code, Some(2), "{finished}");
        assert!(finished.stderr.contains(message), "{finished}");
    }
}
