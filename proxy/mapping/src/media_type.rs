//! Media types, as far as API Gateway looks at them: parameters are ignored, lists are read to the first entry.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html>.

/// The media type that stands for a missing `Content-Type` or `Accept`.
pub const DEFAULT: &str = "application/json";

/// The media type of a `Content-Type` value, without parameters.
pub fn bare(content_type: &str) -> &str {
    content_type.split_once(';').map_or(content_type, |(bare, _)| bare).trim_ascii()
}

/// The first media type of an `Accept` value, without parameters; empty when there is none.
pub fn first_accepted(accept: &str) -> &str {
    bare(accept.split_once(',').map_or(accept, |(first, _)| first))
}

/// `binaryMediaTypes` of an API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinaryMediaTypes {
    any: bool,
    /// `image/` for `image/*`, lower-case.
    prefixes: Box<[String]>,
    /// Lower-case.
    exact: Box<[String]>,
}

impl BinaryMediaTypes {
    /// Compiles the list. `*/*` and `type/*` are wildcards; a wildcard on the left, `*/type`, matches nothing else
    /// than itself.
    pub fn new<S: AsRef<str>>(types: impl IntoIterator<Item = S>) -> Self {
        let mut any = false;
        let (mut prefixes, mut exact) = (Vec::new(), Vec::new());
        for media_type in types {
            let media_type = bare(media_type.as_ref()).to_ascii_lowercase();
            match media_type.strip_suffix('*') {
                _ if media_type == "*/*" => any = true,
                Some(prefix) if prefix.ends_with('/') && !prefix.starts_with('*') => {
                    prefixes.push(prefix.to_owned());
                }
                _ => exact.push(media_type),
            }
        }
        Self { any, prefixes: prefixes.into(), exact: exact.into() }
    }

    /// Whether no payload is binary.
    pub fn is_empty(&self) -> bool {
        !self.any && self.prefixes.is_empty() && self.exact.is_empty()
    }

    /// Whether a payload of this media type is binary. `None` or an empty text, where the header is missing, is
    /// binary only under `*/*`.
    ///
    /// Takes the result of [`bare`] or [`first_accepted`]. A client's own `image/*` or `*/*` matches no narrower
    /// entry.
    pub fn matches(&self, media_type: Option<&str>) -> bool {
        if self.any {
            return true;
        }
        let Some(media_type) = media_type.filter(|text| !text.is_empty()) else { return false };
        self.exact.iter().any(|entry| entry.eq_ignore_ascii_case(media_type))
            || self.prefixes.iter().any(|prefix| {
                media_type.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn parameters_and_further_entries_are_ignored() {
        for (text, expected) in [
            ("application/json", "application/json"),
            ("application/json; charset=utf-8", "application/json"),
            (" text/plain ;x", "text/plain"),
            ("", ""),
            (";", ""),
        ] {
            assert_eq!(bare(text), expected, "{text:?}");
        }
        for (text, expected) in [
            ("text/html, application/xml;q=0.9", "text/html"),
            ("image/png;q=0.5,*/*", "image/png"),
            ("*/*", "*/*"),
            (",image/png", ""),
            ("", ""),
        ] {
            assert_eq!(first_accepted(text), expected, "{text:?}");
        }
    }

    #[test]
    fn binary_media_types() {
        let table: &[(&[&str], Option<&str>, bool)] = &[
            (&[], Some("image/png"), false),
            (&["image/png"], Some("image/png"), true),
            (&["image/png"], Some("IMAGE/PNG"), true),
            (&["image/png"], Some("image/*"), false),
            (&["image/png"], Some("*/*"), false),
            (&["image/png"], None, false),
            (&["image/*"], Some("image/gif"), true),
            (&["image/*"], Some("imagegif"), false),
            (&["*/*"], Some("text/plain"), true),
            (&["*/*"], None, true),
            (&["*/test"], Some("x/test"), false),
            (&["*~1*"], Some("x/test"), false),
            (&["text/plain", "application/octet-stream"], Some("application/octet-stream"), true),
            (&["text/plain"], Some(""), false),
        ];
        for (types, media_type, expected) in table {
            let types = BinaryMediaTypes::new(types.iter());
            assert_eq!(types.matches(*media_type), *expected, "{types:?} {media_type:?}");
        }
    }
}
