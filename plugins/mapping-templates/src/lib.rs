//! Renders mapping templates: the transform that every node has built in, for routes whose document has templates.
//!
//! Its configuration holds the templates of a generation, under the keys `0`, `1` and so on. `configure` parses them
//! all, so that a request starts with the template ready, and asks for it by `mapping-template`.
//!
//! What a request's template writes to `$context.requestOverride` becomes changes of the request; all overrides are
//! handed on, because the answer's template may read them, and `responseOverride` works without one.

mod handed_on;
mod source;

use std::sync::OnceLock;

use edgewit_velocity::{Overrides, ParseLimits, RenderLimits, Rendered, Template};
use source::Asked;

wit_bindgen::generate!({
    inline: "
        package edgewit:mapping-templates;

        world mapping-templates {
            include edgewit:plugin/transform@0.1.0;
            include edgewit:plugin/configured@0.1.0;
        }
    ",
    path: "../../wit",
    world: "edgewit:mapping-templates/mapping-templates",
    generate_all,
});

use edgewit::plugin::config;
use edgewit::plugin::request::Request;
use edgewit::plugin::response::Response;
use exports::edgewit::plugin::rewrite::{Change, RequestChanges, RequestOutcome, ResponseChanges};
use exports::edgewit::plugin::{configure, rewrite};

struct MappingTemplates;

export!(MappingTemplates);

static TEMPLATES: OnceLock<Vec<Template>> = OnceLock::new();

impl configure::Guest for MappingTemplates {
    fn configure() -> Result<(), String> {
        let texts = (0..).map_while(|number: u32| config::get(&number.to_string()));
        let parsed = texts.enumerate().map(|(number, text)| {
            Template::parse(&text, &ParseLimits::default())
                .map_err(|error| format!("template {number}: {error}"))
        });
        let _first = TEMPLATES.set(parsed.collect::<Result<_, _>>()?);
        Ok(())
    }
}

impl rewrite::Guest for MappingTemplates {
    fn rewrite_request(request: Request) -> Result<RequestOutcome, String> {
        let template = template(&request)?.ok_or("a request without a template")?;
        let body = request.body().map(|body| body.bytes).unwrap_or_default();
        let rendered = render(template, Asked::new(&request, text(body)?, None))?;
        let overrides = &rendered.overrides;
        let first = |(name, values): (&str, Vec<String>)| Some((name.to_owned(), values.into_iter().next()?));
        Ok(RequestOutcome::Forward(RequestChanges {
            path: None,
            path_parameters: overrides.request_path().into_iter().filter_map(first).collect(),
            query: changes(overrides.request_querystring()),
            headers: changes(overrides.request_headers()),
            hand_on: handed_on::write(overrides)?,
            body: Some(rendered.text.into_bytes()),
        }))
    }

    fn rewrite_response(request: Request, response: Response) -> Result<ResponseChanges, String> {
        let earlier = request.handed_on().map(|bytes| handed_on::read(&bytes)).transpose()?;
        let Some(template) = template(&request)? else {
            // The overrides of the request's template count all the same.
            return Ok(changed(&earlier.unwrap_or_default(), None));
        };
        let body = response.body().map(|body| body.bytes).unwrap_or_default();
        let Rendered { text, overrides } =
            render(template, Asked::new(&request, self::text(body)?, earlier))?;
        Ok(changed(&overrides, Some(text.into_bytes())))
    }
}

fn template(request: &Request) -> Result<Option<&'static Template>, String> {
    let Some(number) = request.mapping_template() else { return Ok(None) };
    let found = TEMPLATES.get().and_then(|templates| templates.get(number.parse::<usize>().ok()?));
    found.map(Some).ok_or_else(|| format!("there is no template {number}"))
}

fn text(body: Vec<u8>) -> Result<String, String> {
    String::from_utf8(body).map_err(|_| "the body is not UTF-8, which a template cannot read".to_owned())
}

fn render(template: &Template, asked: Asked<'_>) -> Result<Rendered, String> {
    template.render(&asked, &RenderLimits::default()).map_err(|error| error.to_string())
}

fn changed(overrides: &Overrides, body: Option<Vec<u8>>) -> ResponseChanges {
    // A final answer cannot be an interim one.
    let status = overrides.status().filter(|status| *status >= 200);
    ResponseChanges { status, headers: changes(overrides.response_headers()), body }
}

/// The first value replaces what was there, the others join it.
fn changes(overrides: Vec<(&str, Vec<String>)>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, values) in overrides {
        for (index, value) in values.into_iter().enumerate() {
            let pair = (name.to_owned(), value);
            changes.push(if index == 0 { Change::Set(pair) } else { Change::Append(pair) });
        }
    }
    changes
}
