//! "Did you mean …?"

/// Edits that a misspelling may be away from the right name.
const MAX_EDITS: usize = 2;
/// Longer names are not compared; bounds the work on hostile keys.
const MAX_NAME_BYTES: usize = 64;
/// Names that are compared; a document may define, and misspell, very many.
const MAX_CANDIDATES: usize = 500;

/// The known name that `name` most likely stands for.
pub(super) fn similar<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if name.len() > MAX_NAME_BYTES {
        return None;
    }
    let name = plain(name);
    known
        .into_iter()
        .take(MAX_CANDIDATES)
        .map(|candidate| (edits(&name, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= MAX_EDITS && *distance * 2 < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Case and separators are the commonest mistakes.
fn plain(name: &str) -> Vec<u8> {
    name.bytes().filter(|b| !b"-_ ".contains(b)).map(|b| b.to_ascii_lowercase()).collect()
}

/// Levenshtein distance.
fn edits(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest_name_within_two_edits() {
        let known = ["requestParameters", "requestTemplates", "uri", "type"];
        let cases = [
            ("requestParamters", Some("requestParameters")),
            ("request-parameters", Some("requestParameters")),
            ("URI", Some("uri")),
            ("tpye", None),
            ("typ", Some("type")),
            ("something", None),
        ];
        for (name, expected) in cases {
            assert_eq!(similar(name, known), expected, "{name}");
        }
    }
}
