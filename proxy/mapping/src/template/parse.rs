//! Compiling templates.

use super::reference::{Hyphens, dotted_name};
use super::{Dialect, Piece, SubstitutionTemplate, TemplateError};
use super::{MAX_ACCESS_LOG_FORMAT_BYTES, MAX_TEMPLATE_BYTES};
use crate::context::{ContextVariable, Place};
use crate::escape::Escaping;

pub(super) fn template(text: &str, dialect: Dialect) -> Result<SubstitutionTemplate, TemplateError> {
    let text = match dialect {
        // A YAML block scalar ends in a line end that nobody meant as a second line.
        Dialect::AccessLog => text.trim_end_matches(['\r', '\n']),
        Dialect::GatewayResponse => text,
    };
    let limit = match dialect {
        Dialect::AccessLog => MAX_ACCESS_LOG_FORMAT_BYTES,
        Dialect::GatewayResponse => MAX_TEMPLATE_BYTES,
    };
    if text.len() > limit {
        return Err(TemplateError {
            offset: limit,
            found: format!("{} bytes", text.len()),
            expected: format!("at most {limit} bytes"),
        });
    }
    let pieces = pieces(text, dialect);
    if dialect == Dialect::AccessLog {
        check_access_log(text, &pieces)?;
    }
    Ok(SubstitutionTemplate { text: text.into(), pieces: pieces.into(), dialect })
}

fn check_access_log(text: &str, pieces: &[Piece]) -> Result<(), TemplateError> {
    if let Some(offset) = text.find(['\n', '\r']) {
        return Err(TemplateError { offset, found: "a line end".into(), expected: "a single line".into() });
    }
    let identified = pieces.iter().any(|piece| {
        matches!(piece, Piece::Context(ContextVariable::RequestId | ContextVariable::ExtendedRequestId, _))
    });
    if identified {
        return Ok(());
    }
    Err(TemplateError {
        offset: 0,
        found: "a format without a request id".into(),
        expected: "$context.requestId or $context.extendedRequestId in it".into(),
    })
}

fn pieces(text: &str, dialect: Dialect) -> Vec<Piece> {
    let mut surroundings = Surroundings::of(text, dialect);
    let mut pieces = Vec::new();
    let mut literal = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'$', &text.as_bytes()[at..]) {
        let dollar = at + found;
        match read_reference(&text[dollar..], dialect) {
            None => at = dollar + 1,
            Some((mut piece, used)) => {
                if literal < dollar {
                    surroundings.advance(&text[literal..dollar]);
                    pieces.push(Piece::Literal(literal..dollar));
                }
                if let Piece::Context(_, escaping) = &mut piece {
                    *escaping = surroundings.escaping();
                }
                pieces.push(piece);
                at = dollar + used;
                literal = at;
            }
        }
    }
    if literal < text.len() {
        pieces.push(Piece::Literal(literal..text.len()));
    }
    pieces
}

/// The reference at the `$` that `text` begins with, and its length; `None` where the `$` is just text.
fn read_reference(text: &str, dialect: Dialect) -> Option<(Piece, usize)> {
    let (inner, opening) = match text.strip_prefix("${") {
        Some(inner) => (inner, 2),
        None => (&text[1..], 1),
    };
    let (piece, used) = read_name(inner, dialect)?;
    if opening == 1 {
        return Some((piece, 1 + used));
    }
    inner[used..].starts_with('}').then_some((piece, 2 + used + 1))
}

fn read_name(inner: &str, dialect: Dialect) -> Option<(Piece, usize)> {
    if let Some(rest) = inner.strip_prefix("context.") {
        let place = match dialect {
            Dialect::AccessLog => Place::AccessLog,
            Dialect::GatewayResponse => Place::GatewayResponse,
        };
        // Only override names are header-like; elsewhere `-` separates, as in `$context.requestId-$context.status`.
        let hyphens = if rest.starts_with("requestOverride.") || rest.starts_with("responseOverride.") {
            Hyphens::Allowed
        } else {
            Hyphens::End
        };
        let (name, used) = dotted_name(rest, hyphens);
        let variable = ContextVariable::parse_in(&name, place);
        return (used > 0).then_some((Piece::Context(variable, Escaping::None), "context.".len() + used));
    }
    if dialect == Dialect::AccessLog {
        return None;
    }
    if let Some((name, used)) = keyed(inner, "stageVariables", Hyphens::End) {
        return Some((Piece::StageVariable(name), used));
    }
    for (prefix, make) in [
        ("method.request.header", Piece::Header as fn(String) -> Piece),
        ("method.request.querystring", Piece::Query),
        ("method.request.path", Piece::Path),
    ] {
        if let Some((name, used)) = keyed(inner, prefix, Hyphens::Allowed) {
            return Some((make(name), used));
        }
    }
    None
}

/// The name in `PREFIX.NAME` or `PREFIX['NAME']`, and the length of the whole.
fn keyed(inner: &str, prefix: &str, hyphens: Hyphens) -> Option<(String, usize)> {
    let rest = inner.strip_prefix(prefix)?;
    let (name, used) = match rest.as_bytes().first()? {
        b'.' => {
            let (name, used) = dotted_name(&rest[1..], hyphens);
            match name.split_once('.') {
                // A stage variable's name has no dots: in `$stageVariables.host.example.com` it is `host`.
                Some((first, _)) if hyphens == Hyphens::End => (first.to_owned(), 1 + first.len()),
                _ => (name.into_owned(), 1 + used),
            }
        }
        b'[' => {
            // `x` stands for the variable the bracket belongs to.
            let (name, used) = dotted_name(&inner[prefix.len() - 1..], hyphens);
            let key = name.split_once('.')?.1.to_owned();
            (key, used - 1)
        }
        _ => return None,
    };
    (!name.is_empty()).then_some((name, prefix.len() + used))
}

/// Keeps track of what surrounds a reference, to know how its value must be escaped.
enum Surroundings {
    /// The values are not escaped.
    Free,
    Text,
    Json {
        in_string: bool,
    },
    Xml,
}

impl Surroundings {
    fn of(text: &str, dialect: Dialect) -> Self {
        match (dialect, text.trim_start().as_bytes().first()) {
            (Dialect::GatewayResponse, _) => Self::Free,
            (_, Some(b'{')) => Self::Json { in_string: false },
            (_, Some(b'<')) => Self::Xml,
            _ => Self::Text,
        }
    }

    fn advance(&mut self, literal: &str) {
        let Self::Json { in_string } = self else { return };
        let mut bytes = literal.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => *in_string = !*in_string,
                b'\\' if *in_string => {
                    bytes.next();
                }
                _ => {}
            }
        }
    }

    fn escaping(&self) -> Escaping {
        match self {
            Self::Free => Escaping::None,
            // A value outside quotes is a number or, like messageString, brings its own quotes and escapes.
            Self::Text | Self::Json { in_string: false } => Escaping::Control,
            Self::Json { in_string: true } => Escaping::Json,
            Self::Xml => Escaping::Xml,
        }
    }
}
