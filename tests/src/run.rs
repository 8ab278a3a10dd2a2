//! Carries out the steps of a case against a node and says what was not as expected.

use std::net::SocketAddr;
use std::time::Duration;

use crate::case::{Check, Received, Request, Response, Step, Upstream};
use crate::client::{self, Connection};
use crate::folder::with_origin;
use crate::http1::{ReadError, encode_chunks};
use crate::matcher::{Names, json_difference, matches};
use crate::node::{Finished, Lines};
use crate::origin::{self, Origin};
use crate::{PATIENCE, report, wait_until};

/// How long a connection that must stay open is watched.
const STAYS_OPEN: Duration = Duration::from_millis(200);

/// What steps run against.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The data plane of the node.
    pub addr: SocketAddr,
    /// Where access-log lines appear; `None` where many clients share the node.
    pub log: Option<&'a Lines>,
    /// The origin of the case.
    pub origin: &'a Origin,
    /// What placeholders stand for.
    pub names: Names,
}

/// A request as bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The method, which decides whether a response has a body.
    pub method: String,
    /// What is sent.
    pub bytes: Vec<u8>,
}

/// Runs steps in order and returns what was wrong; the first step that fails is the last one run.
pub fn steps(steps: &[Step], scene: &Scene<'_>) -> Option<String> {
    steps.iter().enumerate().find_map(|(index, step)| {
        let encoded = encode(&step.request, &scene.names);
        let problems = run(step, &encoded, scene);
        if problems.is_empty() {
            return None;
        }
        let line = encoded.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let title = format!("step {}: {}", index + 1, String::from_utf8_lossy(line).trim_end());
        Some(format!("{title}\n{}", report::indented(&problems.join("\n"), 2)))
    })
}

/// Compares what `edgewit check` said with what it must say.
pub fn check(check: &Check, finished: &Finished, folder: &str) -> Option<String> {
    let found = findings(&finished.stdout, folder);
    let names = Names::default();
    let same = found.len() == check.findings.len()
        && check.findings.iter().zip(&found).all(|(left, right)| matches(left, right, &names));
    let mut problems = Vec::new();
    if finished.code != Some(check.exit) {
        problems.push(format!("exit code\n  expected  {}\n  {finished}", check.exit));
    }
    if !same {
        let diff = report::lines_differ(&check.findings, &found, |left, right| matches(left, right, &names));
        problems.push(format!("findings (- expected, + got)\n{diff}"));
    }
    (!problems.is_empty()).then(|| problems.join("\n"))
}

/// The finding lines of an output: `file[:line[:column]]: severity[code]: message`, files relative to the folder.
pub fn findings(stdout: &str, folder: &str) -> Vec<String> {
    let is_finding = |line: &str| {
        ["error", "warning", "note"].iter().any(|severity| {
            line.split_once(&format!(": {severity}[")).is_some_and(|(place, rest)| {
                !place.is_empty() && !place.contains(": ") && rest.contains("]: ")
            })
        })
    };
    let relative = |line: &str| {
        let line = line.strip_prefix(folder).map_or(line, |rest| rest.trim_start_matches('/'));
        line.strip_prefix("./").unwrap_or(line).to_owned()
    };
    stdout.lines().filter(|line| is_finding(line)).map(relative).collect()
}

/// The bytes of a request.
pub fn encode(request: &Request, names: &Names) -> Encoded {
    let api_id = names.api_id.as_str();
    let host = match &request.host {
        Some(host) => host.replace("${apiId}", api_id).replace("{apiId}", api_id),
        None => format!("{api_id}.execute-api.us-east-1.localhost"),
    };
    let named = |text: &str| with_origin(text, &names.origin).replace("${apiId}", api_id);
    if let Some(raw) = &request.raw {
        let raw = named(raw).replace("${host}", &host);
        let method = raw.split(' ').next().unwrap_or_default().to_owned();
        return Encoded { method, bytes: latin_1(&raw) };
    }
    let method = request.method.clone().unwrap_or_else(|| "GET".to_owned());
    let target = named(request.path.as_deref().unwrap_or("/"));
    let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n").into_bytes();
    for (name, value) in &request.headers {
        bytes.extend_from_slice(format!("{name}: {}\r\n", named(value)).as_bytes());
    }
    match (&request.chunks, &request.body) {
        (Some(chunks), _) => {
            bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            bytes.extend_from_slice(&encode_chunks(chunks));
        }
        (None, Some(body)) => {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            bytes.extend_from_slice(body.as_bytes());
        }
        (None, None) => bytes.extend_from_slice(b"\r\n"),
    }
    Encoded { method, bytes }
}

fn run(step: &Step, request: &Encoded, scene: &Scene<'_>) -> Vec<String> {
    let (received_before, logged_before) = (scene.origin.received().len(), scene.log.map_or(0, Lines::count));
    let (response, closed) = match exchange(scene.addr, request, step.response.closed) {
        Ok(outcome) => outcome,
        Err(error) => return vec![format!("no response: {error}")],
    };
    let mut problems = compare_response(&step.response, &response, closed, &scene.names);
    let received = scene.origin.received().split_off(received_before);
    problems.extend(compare_upstream(&step.upstream, &received, &scene.names));
    if let Some(expected) = &step.log {
        let lines = || scene.log.map(|log| log.since(logged_before)).unwrap_or_default();
        let fits = || lines().iter().any(|line| matches(expected, line, &scene.names)).then_some(());
        // An answer that is wrong anyway is not worth waiting for its line.
        let found = if problems.is_empty() { wait_until(fits) } else { fits() };
        if found.is_none() {
            let found: Vec<_> = lines().iter().map(|line| format!("+ {line}")).collect();
            let found = report::indented(&found.join("\n"), 2);
            problems.push(format!("log (- expected, + got)\n  - {expected}\n{found}"));
        }
    }
    problems
}

fn exchange(
    addr: SocketAddr,
    request: &Encoded,
    closed: Option<bool>,
) -> Result<(client::Response, Option<bool>), ReadError> {
    let mut connection = Connection::open(addr)?;
    // A refusal may come before everything is sent; then the response counts, not the broken pipe.
    drop(connection.send(&request.bytes));
    let response = connection.read(&request.method)?;
    let closed = closed.map(|closed| connection.is_closed_within(if closed { PATIENCE } else { STAYS_OPEN }));
    Ok((response, closed))
}

fn compare_response(
    expected: &Response,
    actual: &client::Response,
    closed: Option<bool>,
    names: &Names,
) -> Vec<String> {
    let mut problems = Vec::new();
    if expected.status != actual.status {
        problems.push(report::differs("status", &expected.status.to_string(), &actual.status.to_string()));
    }
    if let Some(headers) = &expected.headers {
        problems.extend(report::headers("response headers", headers, &actual.head.headers, names));
    }
    let body = actual.text();
    if let Some(expected) = &expected.body
        && !matches(expected, &body, names)
    {
        problems.push(report::differs("response body", expected, &body));
    }
    if let Some(expected) = &expected.json {
        match serde_json::from_str(&body) {
            Ok(actual) => {
                problems.extend(json_difference(expected, &actual, names).map(|(path, left, right)| {
                    report::differs(&format!("response body at {path}"), &left, &right)
                }));
            }
            Err(error) => problems.push(report::differs(
                &format!("response body is no JSON: {error}"),
                &expected.to_string(),
                &body,
            )),
        }
    }
    if let (Some(expected), Some(closed)) = (expected.closed, closed)
        && expected != closed
    {
        problems.push(report::differs("connection closed", &expected.to_string(), &closed.to_string()));
    }
    // A refusal is easier to understand with the message in it.
    if expected.status != actual.status && expected.body.is_none() && expected.json.is_none() {
        problems.push(format!("(body: {body})"));
    }
    problems
}

fn compare_upstream(expected: &Upstream, received: &[origin::Received], names: &Names) -> Vec<String> {
    let list =
        || received.iter().map(|request| request.head.start_line.clone()).collect::<Vec<_>>().join(", ");
    match expected {
        Upstream::Unchecked => Vec::new(),
        Upstream::None if received.is_empty() => Vec::new(),
        Upstream::None => vec![format!("the origin was called: {}", list())],
        Upstream::Received(expected) => match received {
            [one] => compare_received(expected, one, names),
            [] => vec!["the origin was not called".to_owned()],
            _ => vec![format!("the origin was called {} times: {}", received.len(), list())],
        },
    }
}

fn compare_received(expected: &Received, actual: &origin::Received, names: &Names) -> Vec<String> {
    let mut problems = Vec::new();
    let body = String::from_utf8_lossy(&actual.body);
    let texts = [
        ("upstream method", &expected.method, actual.method()),
        ("upstream path", &expected.path, actual.target()),
        ("upstream body", &expected.body, &body),
    ];
    for (what, expected, actual) in texts {
        if let Some(expected) = expected
            && !matches(expected, actual, names)
        {
            problems.push(report::differs(what, expected, actual));
        }
    }
    if let Some(headers) = &expected.headers {
        problems.extend(report::headers("upstream headers", headers, &actual.head.headers, names));
    }
    problems
}

/// Characters up to U+00FF become the byte of their number, others UTF-8.
pub fn latin_1(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) => out.push(byte),
            Err(_) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Answer, parse};

    fn names() -> Names {
        Names { origin: "127.0.0.1:9".into(), api_id: "case0001".into() }
    }

    fn case(steps: &str) -> Vec<Step> {
        parse(&format!("title: T\nbasis: chosen\nprose: P\napi: A\nsteps:\n{steps}")).unwrap().steps
    }

    #[test]
    fn requests_are_encoded_as_written() {
        let steps = case(
            "
  - request: {method: POST, path: '/dev/a?u=${origin}', headers: [[X-A, '1'], [x-a, '${apiId}']], body: é}
    response: {status: 200}
  - request: {path: /, host: '{apiId}.x', chunks: [ab, c]}
    response: {status: 200}
  - request: {raw: \"GET /${apiId} HTTP/1.1\\r\\nHost: ${host}\\r\\n\\xff\\0\"}
    response: {status: 200}
",
        );
        let encoded: Vec<_> = steps.iter().map(|step| encode(&step.request, &names()).bytes).collect();
        let host = "case0001.execute-api.us-east-1.localhost";
        let first = format!(
            "POST /dev/a?u=http://127.0.0.1:9 HTTP/1.1\r\nHost: {host}\r\nX-A: 1\r\nx-a: case0001\r\nContent-Length: 2\r\n\r\né"
        );
        assert_eq!(encoded[0], first.as_bytes());
        let second = "GET / HTTP/1.1\r\nHost: case0001.x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        assert_eq!(encoded[1], second.as_bytes());
        let third = [format!("GET /case0001 HTTP/1.1\r\nHost: {host}\r\n").as_bytes(), b"\xff\0"].concat();
        assert_eq!(encoded[2], third);
    }

    /// An origin in place of the node shows that each difference is noticed and that none is invented.
    #[test]
    fn every_difference_is_noticed() {
        let body = r#"{"a":1}"#.to_owned();
        let answer =
            Answer { headers: vec![("X-B".into(), "2".into())], body: Some(body), ..Answer::default() };
        let node = Origin::start(vec![answer]).unwrap();
        let origin = Origin::start(Vec::new()).unwrap();
        let addr = node.authority().parse().unwrap();
        let scene = Scene { addr, log: None, origin: &origin, names: names() };
        let outcome = |step: &str| steps(&case(&format!("  - request: {{path: /x}}\n    {step}")), &scene);
        let fine =
            "response: {status: 200, headers: {x-b: 2, content-length: <int>}, json: {a: 1}, closed: false}";
        assert_eq!(outcome(fine), None);
        assert_eq!(outcome(&format!("{fine}\n    upstream: none")), None);
        for (step, expected) in [
            ("response: {status: 201}", "expected  201"),
            ("response: {status: 200, headers: {x-b: 2}}", "+ content-length: 7"),
            ("response: {status: 200, body: '{\"a\":2}'}", "response body"),
            ("response: {status: 200, json: {a: 2}}", "response body at $.a"),
            ("response: {status: 200}\n    upstream: {path: /x}", "the origin was not called"),
        ] {
            let report = outcome(step).unwrap();
            assert!(report.starts_with("step 1: GET /x HTTP/1.1\n") && report.contains(expected), "{report}");
        }
    }

    #[test]
    fn findings_are_told_from_other_lines() {
        let stdout = "/tmp/f/apis/api.yaml:3:5: error[a-b]: m: n\n    help: do\napis/api.yaml: warning[c]: x\n1 error: y\n";
        assert_eq!(
            findings(stdout, "/tmp/f"),
            ["apis/api.yaml:3:5: error[a-b]: m: n", "apis/api.yaml: warning[c]: x"]
        );
        let expected =
            Check { exit: 1, findings: vec!["apis/api.yaml:<int>:5: error[a-b]: m: n".into(), "b".into()] };
        let finished = Finished { code: Some(0), stdout: stdout.to_owned(), stderr: String::new() };
        let report = check(&expected, &finished, "/tmp/f").unwrap();
        assert!(
            report.contains("exit code") && report.contains("- b\n  + apis/api.yaml: warning"),
            "{report}"
        );
        assert!(!report.contains("- apis/api.yaml:<int>"), "{report}");
    }
}
