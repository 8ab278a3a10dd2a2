//! Patch operations: what PATCH requests carry.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html>.

use serde::Deserialize;

/// One operation of a PATCH request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PatchOperation {
    pub(crate) op: Op,
    /// A JSON pointer (RFC 6901); `None` where it was left out.
    pub(crate) path: Option<String>,
    /// Always a text, whatever it means.
    pub(crate) value: Option<String>,
    /// Source of a copy.
    pub(crate) from: Option<String>,
}

/// What a patch operation does.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Op {
    Add,
    Remove,
    #[default]
    Replace,
    Move,
    Copy,
    Test,
}

impl Op {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Move => "move",
            Self::Copy => "copy",
            Self::Test => "test",
        }
    }
}

impl PatchOperation {
    /// The path as it came, or the word `null`, as messages have it.
    pub(crate) fn path(&self) -> &str {
        self.path.as_deref().unwrap_or("null")
    }

    /// The segments of the path as they came, still escaped; none where it does not begin with `/`.
    pub(crate) fn raw_segments(&self) -> Vec<&str> {
        let path = self.path.as_deref().unwrap_or_default();
        path.strip_prefix('/').map_or_else(Vec::new, |rest| rest.split('/').collect())
    }

    /// The segments of the path, unescaped (RFC 6901, section 4).
    pub(crate) fn segments(&self) -> Vec<String> {
        self.raw_segments().into_iter().map(unescape).collect()
    }

    /// The value as text; an absent one is empty.
    pub(crate) fn text(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }

    /// The value as a boolean: whatever is not `true` is false, as API Gateway has it.
    pub(crate) fn boolean(&self) -> bool {
        self.text().eq_ignore_ascii_case("true")
    }
}

/// `~1` is `/`, `~0` is `~`.
pub(crate) fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
