//! How much memory a plan takes, about.

use crate::integration::{HttpPlan, MappingTemplate, Piece, RequestTemplates, Responses};
use crate::plan::{IntegrationPlan, Plan};
use std::collections::BTreeSet;
use std::mem::size_of_val;
use std::sync::Arc;

/// Bytes of two reference counts.
const COUNTS: usize = 16;

pub(crate) fn estimate(plan: &Plan) -> usize {
    let mut seen = Seen::default();
    let mut bytes = size_of_val(plan.routes.as_slice()) + plan.router.heap_bytes();
    bytes += plan.templates.iter().map(|text| COUNTS + text.len()).sum::<usize>();
    for route in &plan.routes {
        bytes += seen.text(&route.resource_path) + seen.text(&route.resource_id);
        bytes += route.operation_name.as_ref().map_or(0, |name| seen.text(name));
        bytes += seen.first(Arc::as_ptr(&route.path_parameter_names).cast::<u8>(), || {
            COUNTS + size_of_val(&*route.path_parameter_names)
        });
        bytes += route.path_parameter_names.iter().map(|name| seen.text(name)).sum::<usize>();
        bytes += match &route.integration {
            IntegrationPlan::Mock(mock) => {
                let own = seen.first(Arc::as_ptr(mock).cast(), || COUNTS + size_of_val(&**mock));
                own + seen.templates(&mock.templates) + responses(&mut seen, &mock.responses)
            }
            IntegrationPlan::Http(http) | IntegrationPlan::HttpProxy(http) => {
                let own = seen.first(Arc::as_ptr(http).cast(), || COUNTS + size_of_val(&**http));
                own + target(&mut seen, http) + responses(&mut seen, &http.responses)
            }
            IntegrationPlan::Function(function) => seen.first(Arc::as_ptr(function).cast(), || {
                COUNTS + size_of_val(&**function) + function.function_arn.len() + function.function_name.len()
            }),
            IntegrationPlan::Invoke(invoke) => {
                let own = seen.first(Arc::as_ptr(invoke).cast(), || COUNTS + size_of_val(&**invoke));
                own + seen.templates(&invoke.templates) + responses(&mut seen, &invoke.responses)
            }
            IntegrationPlan::Unavailable(reason) => seen.text(&reason.message),
        };
    }
    bytes
}

fn target(seen: &mut Seen, http: &HttpPlan) -> usize {
    let target = &http.target;
    let pieces = target.path.iter().chain(&target.query).map(|piece| {
        let text = match piece {
            Piece::Literal(text) => text,
            Piece::Placeholder { name, .. } => name,
        };
        size_of_val(piece) + seen.text(text)
    });
    let mut bytes = pieces.sum::<usize>() + seen.text(&target.host) + seen.text(&target.authority);
    bytes += target.fixed.as_ref().map_or(0, |text| seen.text(text));
    bytes += size_of_val(http.mappings.headers.as_slice());
    bytes += size_of_val(http.mappings.query.as_slice()) + size_of_val(http.mappings.path.as_slice());
    bytes + seen.templates(&http.templates)
}

fn responses(seen: &mut Seen, responses: &Arc<Responses>) -> usize {
    seen.first(Arc::as_ptr(responses).cast(), || {
        let own = responses.iter().map(|response| {
            size_of_val(response)
                + size_of_val(response.headers.as_slice())
                + response
                    .templates
                    .iter()
                    .map(|(kind, template)| kind.len() + own_bytes(template))
                    .sum::<usize>()
        });
        COUNTS + own.sum::<usize>()
    })
}

/// Bytes of a template that are nobody else's.
fn own_bytes(template: &MappingTemplate) -> usize {
    match template {
        MappingTemplate::Fixed(text) => text.len(),
        MappingTemplate::Rendered(_) | MappingTemplate::Broken => 0,
    }
}

/// The addresses counted already.
#[derive(Default)]
struct Seen(BTreeSet<*const u8>);

impl Seen {
    fn text(&mut self, text: &Arc<str>) -> usize {
        self.first(text.as_ptr(), || COUNTS + text.len())
    }

    fn templates(&mut self, templates: &RequestTemplates) -> usize {
        let bytes = templates.iter().map(|(kind, template)| {
            let text = match template {
                MappingTemplate::Fixed(text) => self.text(text),
                MappingTemplate::Rendered(_) | MappingTemplate::Broken => 0,
            };
            self.text(kind) + text
        });
        bytes.sum()
    }

    fn first(&mut self, address: *const u8, bytes: impl FnOnce() -> usize) -> usize {
        if self.0.insert(address) { bytes() } else { 0 }
    }
}
