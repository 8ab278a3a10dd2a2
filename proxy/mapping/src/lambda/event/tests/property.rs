//! Whatever a request says, its event says too.

use super::{AuthorizedBy, event};
use crate::query;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The two forms of names with several values.
fn two_forms(pairs: &[(String, String)]) -> [Value; 2] {
    if pairs.is_empty() {
        return [Value::Null, Value::Null];
    }
    let (mut last, mut all) = (Map::new(), Map::new());
    for (name, value) in pairs {
        last.insert(name.clone(), json!(value));
        let values = all.entry(name.clone()).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(json!(value));
    }
    [Value::Object(last), Value::Object(all)]
}

fn pairs(name: &'static str) -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((name, any::<String>()), 0..12)
}

fn unique(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut seen = std::collections::BTreeSet::new();
    pairs.retain(|(name, _)| seen.insert(name.clone()));
    pairs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]
    #[test]
    fn an_event_says_what_the_request_said(
        headers in pairs("x-[a-d]"),
        query in pairs("(?s).{0,2}"),
        parameters in pairs("(?s).{0,2}").prop_map(unique),
        variables in pairs("(?s).{0,2}").prop_map(unique),
        entries in pairs("k[\"\\\\é]{0,2}").prop_map(unique),
        path in any::<String>(),
        body in any::<Vec<u8>>(),
        binary in any::<bool>(),
        agent in any::<String>(),
    ) {
        let got = event(|request| {
            headers.iter().for_each(|(name, value)| request.header(name, value));
            let mut raw = Vec::new();
            query.iter().for_each(|(name, value)| query::push_pair(name.as_bytes(), value.as_bytes(), &mut raw));
            request.query = String::from_utf8(raw).unwrap();
            request.path_parameters = parameters.clone();
            request.stage_variables = variables.clone();
            request.authorized_by = AuthorizedBy::Claims;
            request.entries = entries.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            request.path = path.clone();
            request.body = body.clone();
            request.binary = binary;
            request.set("identity.userAgent", &agent);
        });
        let [last, all] = two_forms(&headers);
        for (name, value) in last.as_object().into_iter().flatten() {
            prop_assert_eq!(&got["headers"][name], value);
            prop_assert_eq!(&got["multiValueHeaders"][name], &all[name]);
        }
        let [last, all] = two_forms(&query);
        prop_assert_eq!(&got["queryStringParameters"], &last);
        prop_assert_eq!(&got["multiValueQueryStringParameters"], &all);
        prop_assert_eq!(&got["pathParameters"], &two_forms(&parameters)[0]);
        prop_assert_eq!(&got["stageVariables"], &two_forms(&variables)[0]);
        for (name, value) in &entries {
            prop_assert_eq!(&got["requestContext"]["authorizer"]["claims"][name], &json!(value));
        }
        prop_assert_eq!(&got["path"], &json!(path));
        prop_assert_eq!(&got["requestContext"]["identity"]["userAgent"], &json!(agent));
        let text = got["body"].as_str().unwrap_or_default();
        if got["isBase64Encoded"] == true {
            prop_assert_eq!(STANDARD.decode(text).unwrap(), body);
        } else {
            prop_assert_eq!(text, String::from_utf8_lossy(&body));
        }
    }
}
