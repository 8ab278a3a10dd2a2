//! An API as sections of facts.

use crate::{Older, definitions, methods, settings};
use edgewit_model::api::{RestApi, Verb};
use std::collections::{BTreeMap, BTreeSet};

/// All sections of an API.
pub(crate) type Sections = BTreeMap<Key, Section>;

/// Which section; they are shown in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Settings,
    Model(String),
    RequestValidator(String),
    Authorizer(String),
    GatewayResponse(&'static str),
    /// A path, with the verb of a method or none for the resource itself.
    Resource(String, Option<Verb>),
}

impl Key {
    pub(crate) fn title(&self) -> String {
        match self {
            Key::Settings => "API".to_owned(),
            Key::Model(name) => format!("model {name}"),
            Key::RequestValidator(name) => format!("request validator {name}"),
            Key::Authorizer(name) => format!("authorizer {name}"),
            Key::GatewayResponse(kind) => format!("gateway response {kind}"),
            Key::Resource(path, None) => format!("{path} (no methods)"),
            Key::Resource(path, Some(verb)) => format!("{} {path}", verb.as_str()),
        }
    }
}

/// The facts about one thing.
#[derive(Debug, Default)]
pub(crate) struct Section {
    /// Other sections say already that the thing is there.
    pub(crate) implied: bool,
    pub(crate) facts: Vec<Fact>,
}

/// Something about a thing. No two facts of a section have the same name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) name: String,
    pub(crate) value: Value,
    /// It need not be told of a thing that is new.
    pub(crate) is_default: bool,
}

/// What a fact is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The name says all.
    There,
    /// A word or line.
    Short(String),
    /// A text that is compared line by line.
    Text(String),
}

impl Section {
    /// A fact that the API says.
    pub(crate) fn says(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.push(name.into(), Value::Short(value.into()), false);
    }

    /// The same, if it does.
    pub(crate) fn may_say(&mut self, name: impl Into<String>, value: Option<&str>) {
        if let Some(value) = value {
            self.says(name, value);
        }
    }

    /// A fact with the value that it has where nothing is said.
    pub(crate) fn is(&mut self, name: impl Into<String>, value: impl Into<String>, default: &str) {
        let value = value.into();
        let is_default = value == default;
        self.push(name.into(), Value::Short(value), is_default);
    }

    /// A text of lines.
    pub(crate) fn text(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.push(name.into(), Value::Text(text.into()), false);
    }

    /// Something that is there or not.
    pub(crate) fn has(&mut self, name: impl Into<String>) {
        self.push(name.into(), Value::There, false);
    }

    /// One of `what` for each item, whatever their order.
    pub(crate) fn each(&mut self, what: &str, items: &[String]) {
        let items: BTreeSet<&String> = items.iter().collect();
        items.into_iter().for_each(|item| self.has(format!("{what} {item}")));
    }

    fn push(&mut self, name: String, value: Value, is_default: bool) {
        self.facts.push(Fact { name, value, is_default });
    }
}

/// All that is compared of an API.
pub(crate) fn of(api: &RestApi, older: Older<'_>) -> Sections {
    let mut sections = Sections::new();
    sections.insert(Key::Settings, settings::of(api, older));
    definitions::add(api, older, &mut sections);
    let parents: BTreeSet<usize> = api.resources.iter().filter_map(|resource| resource.parent).collect();
    for (index, resource) in api.resources.iter().enumerate() {
        let is_root = resource.parent.is_none();
        let implied = is_root || parents.contains(&index) || !resource.methods.is_empty();
        let section = Section { implied, facts: Vec::new() };
        sections.insert(Key::Resource(resource.path.clone(), None), section);
        for (verb, method) in &resource.methods {
            let key = Key::Resource(resource.path.clone(), Some(*verb));
            sections.insert(key, methods::of(method, older));
        }
    }
    sections
}
