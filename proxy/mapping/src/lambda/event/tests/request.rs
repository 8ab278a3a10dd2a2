//! A request as tests make it.

use crate::lambda::event::{AuthorizedBy, EventSource, Forwarded};
use crate::{Context, ContextVariable};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A request that can be changed before its event is asked for.
pub(in crate::lambda) struct Request {
    pub(in crate::lambda) path: String,
    pub(in crate::lambda) headers: Vec<(String, Vec<u8>)>,
    pub(in crate::lambda) query: String,
    pub(in crate::lambda) path_parameters: Vec<(String, String)>,
    pub(in crate::lambda) stage_variables: Vec<(String, String)>,
    pub(in crate::lambda) authorized_by: AuthorizedBy,
    pub(in crate::lambda) entries: Vec<(String, Value)>,
    pub(in crate::lambda) body: Vec<u8>,
    pub(in crate::lambda) binary: bool,
    pub(in crate::lambda) context: BTreeMap<String, String>,
}

impl Default for Request {
    fn default() -> Self {
        let context = [
            ("accountId", "123456789012"),
            ("apiId", "abcdef1234"),
            ("deploymentId", "d1"),
            ("domainName", "abcdef1234.execute-api.us-east-1.amazonaws.com"),
            ("domainPrefix", "abcdef1234"),
            ("extendedRequestId", "JKJaXmPLvHcESHA="),
            ("httpMethod", "GET"),
            ("identity.sourceIp", "203.0.113.7"),
            ("identity.userAgent", "curl/8"),
            ("path", "/dev/pets"),
            ("protocol", "HTTP/1.1"),
            ("requestId", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
            ("requestTime", "29/Feb/2000:00:00:00 +0000"),
            ("requestTimeEpoch", "951782400000"),
            ("resourceId", "r1"),
            ("resourcePath", "/pets"),
            ("stage", "dev"),
        ];
        Self {
            path: "/pets".to_owned(),
            headers: Vec::new(),
            query: String::new(),
            path_parameters: Vec::new(),
            stage_variables: Vec::new(),
            authorized_by: AuthorizedBy::Nobody { iam: false },
            entries: Vec::new(),
            body: Vec::new(),
            binary: false,
            context: context.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        }
    }
}

impl Request {
    pub(in crate::lambda) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut request = Self::default();
        change(&mut request);
        request
    }

    pub(in crate::lambda) fn set(&mut self, name: &str, value: &str) {
        self.context.insert(name.to_owned(), value.to_owned());
    }

    pub(in crate::lambda) fn header(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
}

impl Context for Request {
    fn write(&self, variable: &ContextVariable, out: &mut Vec<u8>) -> bool {
        let value = self.context.get(&*variable.name());
        value.inspect(|value| out.extend_from_slice(value.as_bytes())).is_some()
    }
}

/// Shows JSON values as the gateway's context values show themselves.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) => f.write_str(text),
            other => other.fmt(f),
        }
    }
}

impl EventSource for Request {
    fn path(&self) -> &str {
        &self.path
    }

    fn headers<'a>(&'a self, each: &mut dyn FnMut(&'a [u8], &'a [u8])) {
        self.headers.iter().for_each(|(name, value)| each(name.as_bytes(), value));
    }

    fn forwarded(&self) -> Option<Forwarded<'_>> {
        Some(Forwarded { protocol: "https", port: 443, trace_id: Some("Root=1-5f000000-0") })
    }

    fn raw_query(&self) -> &str {
        &self.query
    }

    fn path_parameters(&self, each: &mut dyn FnMut(&str, &str)) {
        self.path_parameters.iter().for_each(|(name, value)| each(name, value));
    }

    fn stage_variables(&self, each: &mut dyn FnMut(&str, &str)) {
        self.stage_variables.iter().for_each(|(name, value)| each(name, value));
    }

    fn authorized_by(&self) -> AuthorizedBy {
        self.authorized_by
    }

    fn authorizer_entries(&self, each: &mut dyn FnMut(&str, &dyn fmt::Display)) {
        self.entries.iter().for_each(|(name, value)| each(name, &Shown(value)));
    }

    fn body(&self) -> Option<&[u8]> {
        Some(&self.body)
    }

    fn body_is_binary(&self) -> bool {
        self.binary
    }
}
