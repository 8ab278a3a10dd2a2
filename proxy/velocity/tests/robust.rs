//! Templates, paths and bodies that nobody would write: random ones, and mutations of the cases. The same on every
//! run; `fuzz/` goes on from here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use edgewit_velocity::{Overrides, ParameterKind, ParseLimits, RenderLimits, Source, Template};
use std::borrow::Cow;
use std::path::Path;

/// Mutated templates of a run.
const ROUNDS: usize = 20_000;

struct Message<'m>(&'m str);

impl Source for Message<'_> {
    fn body(&self) -> &str {
        self.0
    }

    fn parameter(&self, _: ParameterKind, name: &str) -> Option<Cow<'_, str>> {
        (name.len() < 3).then_some(Cow::Borrowed("é\"$x#if"))
    }

    fn each_parameter(&self, _: ParameterKind, each: &mut dyn FnMut(&str, &str)) {
        each("a", "b");
        each("a", "");
    }

    fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        name.len().is_multiple_of(2).then(|| Cow::Owned(name.to_owned()))
    }

    fn each_context_key(&self, name: &str, each: &mut dyn FnMut(&str)) {
        if name.len() < 20 {
            each("identity");
        }
    }
}

/// A generator of the kind xorshift, which is random enough for this.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn part<'s>(&mut self, of: &'s [char]) -> &'s [char] {
        let start = self.below(of.len() + 1);
        let length = self.below(12).min(of.len() - start);
        &of[start..start + length]
    }
}

/// Pieces that mean something where they come to stand.
const PIECES: [&str; 44] = [
    "$",
    "#",
    "\\",
    "\"",
    "'",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "#if(",
    "#end",
    "#else",
    "#elseif(",
    "#set($x=",
    "##",
    "#*",
    "*#",
    "#[[",
    "]]#",
    "$x",
    "${",
    "$!{",
    ".a",
    "..",
    "[0]",
    "[-1]",
    "#foreach($x in ",
    "#define($x)",
    "#stop",
    "#break",
    "\n",
    " ",
    "null",
    "&&",
    "||",
    "9223372036854775807",
    ".size()",
    "$input.path('$..",
    "é",
    "😀",
    "\u{0}",
    "$foreach.parent.index",
];

fn seeds() -> Vec<Vec<char>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
    texts
        .flat_map(|text| {
            let lines = text.lines().filter_map(|line| line.split_once("template: "));
            lines
                .map(|(_, line)| line.replace("\\n", "\n").replace("\\\"", "\"").chars().collect())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn limits() -> RenderLimits {
    RenderLimits { output_bytes: 64 << 10, steps: 20_000, value_bytes: 1 << 20, ..RenderLimits::default() }
}

fn check(template: &str, body: &str) {
    let limits = limits();
    let parsed = match Template::parse(template, &ParseLimits::default()) {
        Ok(parsed) => parsed,
        Err(error) => {
            let lines = u32::try_from(template.matches('\n').count() + 1).unwrap();
            assert!((1..=lines).contains(&error.place.line), "{error} in {template:?}");
            return;
        }
    };
    let message = Message(body);
    let rendered = parsed.render(&message, &limits);
    assert_eq!(rendered, parsed.render(&message, &limits), "the same rendering twice: {template:?}");
    if let Ok(rendered) = rendered {
        assert!(rendered.text.len() <= limits.output_bytes, "{template:?}");
        if let Some(text) = parsed.as_static() {
            assert_eq!(
                (rendered.text.as_str(), rendered.overrides),
                (text, Overrides::default()),
                "{template:?}"
            );
        }
    }
}

#[test]
fn mutated_templates_do_not_panic() {
    let seeds = seeds();
    assert!(seeds.len() > 250);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..ROUNDS {
        let mut text = seeds[random.below(seeds.len())].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(text.len() + 1);
            let end = at + random.below(6).min(text.len() - at);
            let piece: Vec<char> = match random.below(3) {
                0 => Vec::new(),
                1 => PIECES[random.below(PIECES.len())].chars().collect(),
                _ => {
                    let other = random.below(seeds.len());
                    random.part(&seeds[other]).to_vec()
                }
            };
            text.splice(at..end, piece);
        }
        let body = if random.below(2) == 0 { r#"{"a": [1, {"b": "c"}], "d": 1.5}"# } else { "[[[]]" };
        check(&text.into_iter().collect::<String>(), body);
    }
}

#[test]
fn random_templates_do_not_panic() {
    let mut random = Random(0x0123_4567_89ab_cdef);
    for _ in 0..ROUNDS {
        let text: String = (0..random.below(20)).map(|_| PIECES[random.below(PIECES.len())]).collect();
        check(&text, "{}");
    }
}

struct PathAndBody(String, String);

impl Source for PathAndBody {
    fn body(&self) -> &str {
        &self.1
    }

    fn parameter(&self, _: ParameterKind, _: &str) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.0))
    }
}

#[test]
fn random_paths_and_bodies_do_not_panic() {
    let pieces = [
        "$",
        "@",
        ".",
        "..",
        "a",
        "b",
        "*",
        "[",
        "]",
        "0",
        "-1",
        ":",
        ",",
        "'",
        "?(",
        ")",
        "==",
        "<",
        "&&",
        "||",
        "!",
        "=~",
        "/a/",
        "in",
        "size",
        "length()",
        "sum()",
        " ",
        "é",
        "[?(@.a",
        "null",
        "1.5",
        "['a','b']",
    ];
    let tokens = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"a\"",
        "\"b\"",
        "1",
        "-1.5e3",
        "null",
        "true",
        " ",
        "\"\\u00e9\\n\"",
        "\"\\ud83d",
        "\"",
    ];
    let template = Template::parse(
        "#set($p = $input.params('p'))$input.json($p)$input.path($p)",
        &ParseLimits::default(),
    );
    let template = template.unwrap();
    let mut random = Random(0xfeed_face_cafe_beef);
    for round in 0..ROUNDS {
        let path = (0..random.below(8)).map(|_| pieces[random.below(pieces.len())]);
        let path = format!("${}", path.collect::<String>());
        let body = if round % 2 == 0 {
            r#"{"a": [1, {"b": "c", "a": [[2]]}], "b": {"a": 1.5, "é": null}}"#.to_owned()
        } else {
            (0..random.below(12)).map(|_| tokens[random.below(tokens.len())]).collect()
        };
        let source = PathAndBody(path, body);
        let rendered = template.render(&source, &limits());
        assert_eq!(rendered, template.render(&source, &limits()));
    }
}
