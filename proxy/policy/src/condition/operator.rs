//! The names of condition operators.

/// A parsed operator name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) kind: Kind,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
    pub(super) quantifier: Option<Quantifier>,
}

/// For keys with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    ForAllValues,
    ForAnyValue,
}

/// What an operator compares, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    StringIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    IpAddress,
    /// `ArnEquals` and `ArnLike` mean the same.
    Arn,
    Null,
}

/// How the request's value relates to the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// For error messages.
pub(super) const EXPECTED: &str = "a condition operator: StringEquals, StringNotEquals, StringEqualsIgnoreCase, \
     StringNotEqualsIgnoreCase, StringLike, StringNotLike, NumericEquals and its kin, DateEquals and its kin, Bool, \
     BinaryEquals, IpAddress, NotIpAddress, ArnEquals, ArnNotEquals, ArnLike, ArnNotLike or Null, \
     with ForAnyValue: or ForAllValues: before it or IfExists behind it";

impl Operator {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (quantifier, name) = match name.split_once(':') {
            None => (None, name),
            Some(("ForAllValues", rest)) => (Some(Quantifier::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::ForAnyValue), rest),
            Some(_) => return None,
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            None => (name, false),
            // Asking whether a key is missing only if it is there makes no sense, and IAM refuses it.
            Some("Null") => return None,
            Some(rest) => (rest, true),
        };
        let (kind, negated) = kind(name)?;
        Some(Self { kind, negated, if_exists, quantifier })
    }
}

fn kind(name: &str) -> Option<(Kind, bool)> {
    Some(match name {
        "StringEquals" => (Kind::String, false),
        "StringNotEquals" => (Kind::String, true),
        "StringEqualsIgnoreCase" => (Kind::StringIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Kind::StringIgnoreCase, true),
        "StringLike" => (Kind::StringLike, false),
        "StringNotLike" => (Kind::StringLike, true),
        "Bool" => (Kind::Bool, false),
        "BinaryEquals" => (Kind::Binary, false),
        "IpAddress" => (Kind::IpAddress, false),
        "NotIpAddress" => (Kind::IpAddress, true),
        "ArnEquals" | "ArnLike" => (Kind::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Kind::Arn, true),
        "Null" => (Kind::Null, false),
        _ => {
            let (make, rest) = match (name.strip_prefix("Numeric"), name.strip_prefix("Date")) {
                (Some(rest), _) => (Kind::Numeric as fn(Order) -> Kind, rest),
                (_, Some(rest)) => (Kind::Date as fn(Order) -> Kind, rest),
                _ => return None,
            };
            let (order, negated) = match rest {
                "Equals" => (Order::Equal, false),
                "NotEquals" => (Order::Equal, true),
                "LessThan" => (Order::Less, false),
                "LessThanEquals" => (Order::AtMost, false),
                "GreaterThan" => (Order::Greater, false),
                "GreaterThanEquals" => (Order::AtLeast, false),
                _ => return None,
            };
            (make(order), negated)
        }
    })
}

impl Kind {
    /// What a value in the policy must be, for error messages.
    pub(super) fn expected_value(self) -> &'static str {
        match self {
            Self::String | Self::StringIgnoreCase | Self::StringLike => "a string",
            Self::Numeric(_) => "a number",
            Self::Date(_) => "a date such as 2030-01-31T00:00:00Z, or seconds since 1970",
            Self::Bool | Self::Null => "true or false",
            Self::Binary => "base64 text",
            Self::IpAddress => "an address or a CIDR block such as 203.0.113.0/24",
            Self::Arn => "an ARN of six parts, with wildcards within the parts",
        }
    }
}

impl Order {
    pub(super) fn accepts(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}
