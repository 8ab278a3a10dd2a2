//! Methods of Java's classes, as far as templates may call them.
//!
//! A method that the value does not have gives null, as in Velocity; one that throws ends the rendering.

pub(crate) mod list;
pub(crate) mod map;
pub(crate) mod number;
pub(crate) mod string;

/// A method by its name, resolved when the template is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Unknown,
    // Of many classes.
    Contains,
    Equals,
    Get,
    IndexOf,
    IsEmpty,
    LastIndexOf,
    Remove,
    Size,
    ToString,
    HashCode,
    CompareTo,
    // Lists.
    Add,
    AddAll,
    Clear,
    ContainsAll,
    RemoveAll,
    RetainAll,
    Set,
    SubList,
    // Maps and their entries.
    ContainsKey,
    ContainsValue,
    EntrySet,
    GetKey,
    GetOrDefault,
    GetValue,
    KeySet,
    Put,
    PutAll,
    PutIfAbsent,
    Values,
    // Texts.
    CharAt,
    CompareToIgnoreCase,
    Concat,
    EndsWith,
    EqualsIgnoreCase,
    IsBlank,
    Length,
    Matches,
    Repeat,
    Replace,
    ReplaceAll,
    ReplaceFirst,
    Split,
    StartsWith,
    Strip,
    Substring,
    ToLowerCase,
    ToUpperCase,
    Trim,
    // Numbers.
    DoubleValue,
    FloatValue,
    IntValue,
    LongValue,
    ParseDouble,
    ParseInt,
    ParseLong,
    ValueOf,
    // `$input` and `$util`.
    Json,
    Params,
    Path,
    Base64Decode,
    Base64Encode,
    EscapeJavaScript,
    ParseJson,
    UrlDecode,
    UrlEncode,
}

impl Method {
    pub(crate) fn from_name(name: &str) -> Self {
        match name {
            "contains" => Self::Contains,
            "equals" => Self::Equals,
            "get" => Self::Get,
            "indexOf" => Self::IndexOf,
            "isEmpty" => Self::IsEmpty,
            "lastIndexOf" => Self::LastIndexOf,
            "remove" => Self::Remove,
            "size" => Self::Size,
            "toString" => Self::ToString,
            "hashCode" => Self::HashCode,
            "compareTo" => Self::CompareTo,
            "add" => Self::Add,
            "addAll" => Self::AddAll,
            "clear" => Self::Clear,
            "containsAll" => Self::ContainsAll,
            "removeAll" => Self::RemoveAll,
            "retainAll" => Self::RetainAll,
            "set" => Self::Set,
            "subList" => Self::SubList,
            "containsKey" => Self::ContainsKey,
            "containsValue" => Self::ContainsValue,
            "entrySet" => Self::EntrySet,
            "getKey" => Self::GetKey,
            "getOrDefault" => Self::GetOrDefault,
            "getValue" => Self::GetValue,
            "keySet" => Self::KeySet,
            "put" => Self::Put,
            "putAll" => Self::PutAll,
            "putIfAbsent" => Self::PutIfAbsent,
            "values" => Self::Values,
            "charAt" => Self::CharAt,
            "compareToIgnoreCase" => Self::CompareToIgnoreCase,
            "concat" => Self::Concat,
            "endsWith" => Self::EndsWith,
            "equalsIgnoreCase" => Self::EqualsIgnoreCase,
            "isBlank" => Self::IsBlank,
            "length" => Self::Length,
            "matches" => Self::Matches,
            "repeat" => Self::Repeat,
            "replace" => Self::Replace,
            "replaceAll" => Self::ReplaceAll,
            "replaceFirst" => Self::ReplaceFirst,
            "split" => Self::Split,
            "startsWith" => Self::StartsWith,
            "strip" => Self::Strip,
            "substring" => Self::Substring,
            "toLowerCase" => Self::ToLowerCase,
            "toUpperCase" => Self::ToUpperCase,
            "trim" => Self::Trim,
            "doubleValue" => Self::DoubleValue,
            "floatValue" => Self::FloatValue,
            "intValue" => Self::IntValue,
            "longValue" => Self::LongValue,
            "parseDouble" => Self::ParseDouble,
            "parseInt" => Self::ParseInt,
            "parseLong" => Self::ParseLong,
            "valueOf" => Self::ValueOf,
            "json" => Self::Json,
            "params" => Self::Params,
            "path" => Self::Path,
            "base64Decode" => Self::Base64Decode,
            "base64Encode" => Self::Base64Encode,
            "escapeJavaScript" => Self::EscapeJavaScript,
            "parseJson" => Self::ParseJson,
            "urlDecode" => Self::UrlDecode,
            "urlEncode" => Self::UrlEncode,
            _ => Self::Unknown,
        }
    }

    /// Whether a first argument that is a literal text is a JSONPath.
    pub(crate) fn takes_path(self) -> bool {
        matches!(self, Self::Json | Self::Path)
    }

    /// Whether a first argument that is a literal text is a regular expression.
    pub(crate) fn takes_pattern(self) -> bool {
        matches!(self, Self::Matches | Self::ReplaceAll | Self::ReplaceFirst | Self::Split)
    }
}
