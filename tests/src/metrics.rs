//! Reads the Prometheus text format, as far as the tests look into it.

use std::collections::BTreeMap;

/// One sample: a series and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Name of the series, with suffixes such as `_bucket`.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Value.
    pub value: f64,
}

/// A whole exposition.
#[derive(Clone, Debug, Default)]
pub struct Exposition {
    /// All samples, in order.
    pub samples: Vec<Sample>,
    /// `# TYPE` lines: metric name to type.
    pub types: BTreeMap<String, String>,
}

impl Exposition {
    /// Reads an exposition.
    ///
    /// # Errors
    /// The first line that is neither a comment nor a sample.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut this = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix('#') {
                if let Some((name, kind)) =
                    comment.trim().strip_prefix("TYPE ").and_then(|rest| rest.split_once(' '))
                {
                    this.types.insert(name.to_owned(), kind.to_owned());
                }
                continue;
            }
            this.samples.push(sample(line).ok_or_else(|| format!("no sample: {line:?}"))?);
        }
        Ok(this)
    }

    /// The samples of `name` whose labels include all of `labels`.
    pub fn find<'a>(&'a self, name: &'a str, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().filter(move |sample| {
            sample.name == name
                && labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|have| have == value))
        })
    }

    /// The sum over [`Exposition::find`]; 0 where there is none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.find(name, labels).map(|sample| sample.value).sum()
    }
}

fn sample(line: &str) -> Option<Sample> {
    let name_end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(name_end);
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        while !rest.starts_with('}') {
            let (key, after) = rest.trim_start_matches(',').split_once("=\"")?;
            let mut value = String::new();
            let mut chars = after.char_indices();
            let end = loop {
                match chars.next()? {
                    (at, '"') => break at,
                    (_, '\\') => value.push(match chars.next()?.1 {
                        'n' => '\n',
                        other => other,
                    }),
                    (_, other) => value.push(other),
                }
            };
            labels.insert(key.to_owned(), value);
            rest = &after[end + 1..];
        }
        rest = &rest[1..];
    }
    let value = rest.split_ascii_whitespace().next()?.parse().ok()?;
    Some(Sample { name: name.to_owned(), labels, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_labels_and_values() {
        let text =
            "# HELP a b\n# TYPE a counter\na_total{x=\"1\",y=\"q\\\"}\\n\"} 3\nb 1.5e0 1700000000\n# EOF\n";
        let all = Exposition::parse(text).unwrap();
        assert_eq!(all.types["a"], "counter");
        assert_eq!(all.samples[0].labels["y"], "q\"}\n");
        assert_eq!((all.sum("a_total", &[("x", "1")]), all.sum("a_total", &[("x", "2")])), (3.0, 0.0));
        assert_eq!(all.sum("b", &[]), 1.5);
        assert!(Exposition::parse("nonsense").is_err());
    }
}
