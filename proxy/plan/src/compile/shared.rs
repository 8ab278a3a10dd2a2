//! What many routes have in common is compiled and kept once.

use crate::integration::{MappingTemplate, MockPlan, Responses};
use crate::validation::{Model, Validation};
use edgewit_mapping::selection::SelectionPattern;
use edgewit_mapping::static_template;
use edgewit_velocity::{ParseLimits, SyntaxError, Template};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Shared {
    texts: BTreeSet<Arc<str>>,
    patterns: BTreeMap<String, Result<Arc<SelectionPattern>, String>>,
    templates: BTreeMap<String, Result<MappingTemplate, SyntaxError>>,
    /// Texts of templates that are rendered for each request.
    pub(super) rendered: Vec<Arc<str>>,
    /// Models by name; `None` is already reported.
    pub(super) models: BTreeMap<String, Option<Arc<Model>>>,
    pub(super) validations: BTreeMap<ValidationKey, Arc<Validation>>,
    pub(super) responses: BTreeMap<String, Arc<Responses>>,
    pub(super) mocks: BTreeMap<String, Arc<MockPlan>>,
    pub(super) parameter_names: BTreeMap<Vec<String>, Arc<[Arc<str>]>>,
}

/// Required parameters, and content types with models.
pub(super) type ValidationKey = (Vec<String>, Vec<(String, String)>);

impl Shared {
    /// The text, allocated once.
    pub(super) fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&new));
        new
    }

    /// The pattern, or why it is none.
    pub(super) fn pattern(&mut self, pattern: &str) -> Result<Arc<SelectionPattern>, String> {
        if let Some(known) = self.patterns.get(pattern) {
            return known.clone();
        }
        let new = SelectionPattern::parse(pattern).map(Arc::new).map_err(|error| error.to_string());
        self.patterns.insert(pattern.to_owned(), new.clone());
        new
    }

    /// A mapping template, or why it is none.
    pub(super) fn template(&mut self, template: &str) -> Result<MappingTemplate, SyntaxError> {
        if let Some(known) = self.templates.get(template) {
            return known.clone();
        }
        let new = match static_template::render(template) {
            Some(text) => Ok(MappingTemplate::Fixed(self.text(&text))),
            None => {
                Template::parse(template, &ParseLimits::default()).map(|parsed| match parsed.as_static() {
                    Some(text) => MappingTemplate::Fixed(self.text(text)),
                    None => {
                        self.rendered.push(template.into());
                        MappingTemplate::Rendered(self.rendered.len() - 1)
                    }
                })
            }
        };
        self.templates.insert(template.to_owned(), new.clone());
        new
    }
}
