//! Which headers are signed, and their canonical form.

/// A header that is signed: its name in any letter case, its value.
pub(crate) type Entry<'e> = (&'e str, &'e [u8]);

/// Which of a request's headers are signed; `host` and those that the signature adds always are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Selection<'s> {
    /// All but those that belong to a hop or that proxies change, as botocore does.
    #[default]
    All,
    /// Only what a service may insist on: `content-type`, `content-md5` and `x-amz-…`. The least that can go wrong
    /// when something between here and the service adds or changes headers.
    Required,
    /// Those with these names, in lower case.
    Named(&'s [&'s str]),
}

/// What proxies or the connection change on the way, in lower case; botocore's list with its own headers left out.
const UNSIGNED: [&str; 14] = [
    "baggage",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

impl Selection<'_> {
    pub(crate) fn takes(&self, name: &str) -> bool {
        match self {
            Self::All => !is_one_of(name, &UNSIGNED),
            Self::Required => {
                let begins = name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"));
                begins || is_one_of(name, &["content-type", "content-md5"])
            }
            Self::Named(names) => is_one_of(name, names),
        }
    }
}

/// Whether the name is one of these, whatever its letter case.
pub(crate) fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Sorts by name; headers of one name stay in their order.
pub(crate) fn sort(entries: &mut [Entry<'_>]) {
    let mixed_case = entries.iter().any(|(name, _)| name.bytes().any(|byte| byte.is_ascii_uppercase()));
    if mixed_case {
        let lower = |name: &str| name.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>();
        entries.sort_by_cached_key(|(name, _)| lower(name));
    } else {
        entries.sort_by_key(|(name, _)| *name);
    }
}

/// Appends a line for each name of the sorted entries, with all its values.
pub(crate) fn write(entries: &[Entry<'_>], out: &mut Vec<u8>) {
    for same_name in groups(entries) {
        let (name, _) = same_name[0];
        lower(name, out);
        let mut before = b':';
        for (_, value) in same_name {
            out.push(before);
            before = b',';
            fold(value, out);
        }
        out.push(b'\n');
    }
}

/// Appends the names of the sorted entries, e.g. `host;x-amz-date`.
pub(crate) fn write_names(entries: &[Entry<'_>], out: &mut Vec<u8>) {
    let mut first = true;
    for same_name in groups(entries) {
        if !first {
            out.push(b';');
        }
        first = false;
        lower(same_name[0].0, out);
    }
}

fn groups<'g, 'e>(entries: &'g [Entry<'e>]) -> impl Iterator<Item = &'g [Entry<'e>]> {
    entries.chunk_by(|(one, _), (next, _)| one.eq_ignore_ascii_case(next))
}

fn lower(name: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(name.as_bytes());
    out[start..].make_ascii_lowercase();
}

/// Appends a value without the white space around it, and with every run of white space inside as one space. Line
/// ends are white space too, so that no value can end its line.
fn fold(value: &[u8], out: &mut Vec<u8>) {
    // Most values have none; without a way out of the loop the compiler looks at many bytes at once.
    if !value.iter().fold(false, |found, byte| found | (*byte <= b' ')) {
        out.extend_from_slice(value);
        return;
    }
    let mut first = true;
    for word in value.split(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).filter(|word| !word.is_empty()) {
        if !first {
            out.push(b' ');
        }
        first = false;
        out.extend_from_slice(word);
    }
}
