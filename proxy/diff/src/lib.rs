//! What two REST APIs have that is not the same, for people to read.
//!
//! Each API becomes sections (its settings, one for each model, authorizer, resource, method and so on) of facts with a
//! name and a value; sections and facts of one name are compared. Pure: two APIs in, lines out.

mod compare;
mod definitions;
mod facts;
mod integration;
mod lines;
mod methods;
mod policy;
mod render;
mod schema;
mod settings;
#[cfg(test)]
mod tests;

use edgewit_model::api::RestApi;

/// Where the older of two APIs comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Older<'a> {
    /// A document, as the newer one.
    Document,
    /// An export of this API. Exports do not say everything: endpoint type, address type and models that no method uses
    /// are then left out of the comparison, and what is stored in a longer form is taken for what it was written as.
    Export {
        /// Id of the API.
        api_id: &'a str,
    },
}

/// What is not the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// In the order of a document: settings, definitions, then resource by resource.
    pub sections: Vec<Section>,
}

/// What is not the same about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Whether the thing itself comes, goes or stays.
    pub mark: Mark,
    /// Which thing, e.g. `GET /pets`, `model Pet`.
    pub title: String,
    /// What about it. Empty for what goes.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What happens to it.
    pub mark: Mark,
    /// 1 for a fact, 2 for a line of its text.
    pub depth: usize,
    /// Without mark and indentation, and without control characters.
    pub text: String,
}

/// What happens to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Only the newer API has it.
    Added,
    /// Only the older API has it.
    Removed,
    /// Both have it, and not the same.
    Changed,
    /// Both have it, and it is shown because of what is beside it.
    Same,
}

/// Compares two APIs.
pub fn diff(old: &RestApi, new: &RestApi, older: Older<'_>) -> Diff {
    compare::compare(facts::of(old, older), facts::of(new, older), older)
}

/// Everything that an API has, as if it came new.
pub fn contents(api: &RestApi) -> Diff {
    compare::compare(facts::Sections::new(), facts::of(api, Older::Document), Older::Document)
}

impl Diff {
    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// How many things come, change and go.
    pub fn counts(&self) -> [usize; 3] {
        let count = |mark| self.sections.iter().filter(|section| section.mark == mark).count();
        [count(Mark::Added), count(Mark::Changed), count(Mark::Removed)]
    }
}

/// A text without what a terminal would act on.
pub fn printable(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let escape = |c: char| match c {
        '\t' => "    ".to_owned(),
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}
