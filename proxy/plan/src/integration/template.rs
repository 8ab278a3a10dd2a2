//! One mapping template, compiled as far as it can be.

use std::sync::Arc;

/// What becomes of a mapping template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingTemplate {
    /// It refers to nothing, so this is what it always renders to.
    Fixed(Arc<str>),
    /// It is rendered for each request: its place in [`crate::Plan::templates`].
    Rendered(usize),
    /// It is none: the request fails with 500, as it does in API Gateway.
    Broken,
}

impl MappingTemplate {
    /// An empty template is like one that is missing.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Fixed(text) if text.is_empty())
    }

    /// Equal for templates that do the same, provided that their texts are shared.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Fixed(text) => format!("{:p}", Arc::as_ptr(text)),
            Self::Rendered(index) => format!("#{index}"),
            Self::Broken => "#".to_owned(),
        }
    }
}
