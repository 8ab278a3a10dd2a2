//! Mapping templates with variables and directives, and the JSONPath in them.

use crate::split_first_line;
use crate::views::HOSTILE;
use edgewit_velocity::{Overrides, ParameterKind, ParseLimits, RenderLimits, Rendered, Source, Template};
use std::borrow::Cow;

/// A message whose values are all hostile, and whose body is given.
struct Message<'m> {
    body: &'m str,
    parameter: &'m str,
}

impl Source for Message<'_> {
    fn body(&self) -> &str {
        self.body
    }

    fn parameter(&self, _: ParameterKind, name: &str) -> Option<Cow<'_, str>> {
        (!name.starts_with('x')).then_some(Cow::Borrowed(self.parameter))
    }

    fn each_parameter(&self, _: ParameterKind, each: &mut dyn FnMut(&str, &str)) {
        each(HOSTILE, self.parameter);
        each(HOSTILE, "");
    }

    fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        (!name.contains('x')).then_some(Cow::Borrowed(HOSTILE))
    }

    fn each_context_key(&self, name: &str, each: &mut dyn FnMut(&str)) {
        if name.len() < 32 {
            each("identity");
            each("x");
        }
    }

    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        (!name.starts_with('x')).then_some(Cow::Borrowed(HOSTILE))
    }

    fn each_stage_variable(&self, each: &mut dyn FnMut(&str, &str)) {
        each("url", HOSTILE);
    }
}

/// Small enough that no input takes long.
fn limits() -> RenderLimits {
    RenderLimits { output_bytes: 64 << 10, steps: 50_000, value_bytes: 4 << 20, ..RenderLimits::default() }
}

fn render(template: &Template, message: &Message) -> Option<Rendered> {
    let limits = limits();
    let rendered = template.render(message, &limits);
    // As texts, because what is no number is not equal to itself.
    let again = template.render(message, &limits);
    assert_eq!(format!("{rendered:?}"), format!("{again:?}"), "the same rendering twice");
    match rendered {
        Ok(rendered) => {
            assert!(rendered.text.len() <= limits.output_bytes, "an output beyond its limit");
            Some(rendered)
        }
        Err(error) => {
            assert!(error.message.len() < 2000 && !error.message.contains('\n'), "no line of a log: {error}");
            None
        }
    }
}

/// The first line is a body, the rest a template.
pub fn velocity(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (body, source) = split_first_line(text);
    let template = match Template::parse(source, &ParseLimits::default()) {
        Ok(template) => template,
        Err(error) => {
            let line = usize::try_from(error.place.line).unwrap_or_default();
            assert!(
                (1..=1 + source.matches('\n').count()).contains(&line),
                "a place beyond the end: {error}"
            );
            return;
        }
    };
    let Some(rendered) = render(&template, &Message { body, parameter: HOSTILE }) else { return };
    if let Some(text) = template.as_static() {
        assert_eq!((rendered.text.as_str(), rendered.overrides), (text, Overrides::default()));
    }
}

/// The first line is a path, the rest the body it is looked up in.
pub fn velocity_json_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (parameter, body) = split_first_line(text);
    let message = Message { body, parameter };
    let one = |template: &str| {
        let template = Template::parse(template, &ParseLimits::default());
        let template = template.unwrap_or_else(|error| panic!("a template of ours: {error}"));
        render(&template, &message).map(|rendered| rendered.text)
    };
    let json = one("$input.json($input.params('p'))");
    let path = one("$input.path($input.params('p'))");
    if json.as_deref() == Some("\"\"") && path.is_some() {
        assert_eq!(path.as_deref(), Some(""), "a path finds what is not there");
    }
}
