//! What a template's source is asked, and how often.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use edgewit_velocity::{ParameterKind, ParseLimits, RenderLimits, Source, Template};
use std::borrow::Cow;
use std::cell::RefCell;

/// Answers with the name, but for names that begin with `none`, and writes down what it was asked.
#[derive(Default)]
struct Asked {
    names: RefCell<Vec<String>>,
}

impl Asked {
    fn answer(&self, kind: &str, name: &str) -> Option<Cow<'_, str>> {
        self.names.borrow_mut().push(format!("{kind} {name}"));
        (!name.starts_with("none")).then(|| format!("<{name}>").into())
    }
}

impl Source for Asked {
    fn body(&self) -> &str {
        ""
    }
    fn parameter(&self, kind: ParameterKind, name: &str) -> Option<Cow<'_, str>> {
        self.answer(kind.name(), name)
    }
    fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        self.answer("context", name)
    }
    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.answer("stage", name)
    }
}

fn render(template: &str) -> (String, Vec<String>) {
    let source = Asked::default();
    let template = Template::parse(template, &ParseLimits::default()).unwrap();
    let rendered = template.render(&source, &RenderLimits::default()).unwrap();
    (rendered.text, source.names.into_inner())
}

#[test]
fn a_loop_asks_once() {
    let (text, asked) = render(
        "#foreach($i in [1..3])$input.params('a')$input.params('none')$context.b.c$!context.none.d$stageVariables.e\
         $context.get('none').get('f');#end",
    );
    assert_eq!(text, "<a><b.c><e>;".repeat(3));
    assert_eq!(
        asked,
        [
            "path a",
            "path none",
            "querystring none",
            "header none",
            "context b.c",
            "context none.d",
            "stage e",
            "context none",
            "context none.f"
        ]
    );
}

#[test]
fn any_number_of_names_is_answered() {
    let (text, asked) = render("#foreach($i in [1..100])$input.params(\"p$i\")$input.params(\"p$i\")#end");
    assert_eq!(text, (1..=100).map(|number| format!("<p{number}><p{number}>")).collect::<String>());
    // Those beyond what is kept are asked for again.
    assert!((100..200).contains(&asked.len()), "{}", asked.len());
}
