//! Stage 3: a component lets the request pass or stops it, before a route is looked for.

use super::asked::{Shown, ask};
use super::body::Collected;
use super::deliver;
use crate::exchange::{Exchange, Refusal};
use crate::generation::Attached;
use crate::guard::Guarded;
use bytes::Bytes;
use edgewit_model::gateway_response::GatewayResponseType::WAF_FILTERED;
use edgewit_plugin::{InspectFinding, InspectVerdict};
use pingora_http::{RequestHeader, ResponseHeader};

/// What the firewall makes of a request.
pub(super) enum Judged {
    /// It goes on.
    Pass,
    /// The body has to be looked at first.
    ReadBody,
    /// The client has its answer.
    Blocked(Box<ResponseHeader>, Bytes),
}

/// Shows the firewall the head of the request.
///
/// # Errors
/// 403 when the firewall says so, 500 when it fails.
pub(super) async fn head(
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
) -> Result<Judged, Refusal> {
    let called = ask(
        &attached.entry,
        &attached.breaker,
        header,
        exchange,
        before_routes(),
        |plugin, request| async move { plugin.inspect_head(request).await },
    );
    let called = called.await?;
    judge(attached, exchange, called)
}

/// Shows it the body, as far as it may see it.
///
/// # Errors
/// As [`head`], and 413 for a body that is larger than what it may see where it must see all.
pub(super) async fn body(
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    body: &Collected,
) -> Result<Judged, Refusal> {
    let seen = body.seen(attached.entry.request_body).map_err(|most| Refusal::too_large(most as u64))?;
    // Where nothing is read for it, only a request without a body is known to be whole.
    let (shown, whole) = seen.unwrap_or_else(|| (Bytes::new(), body.is_empty()));
    let called =
        ask(&attached.entry, &attached.breaker, header, exchange, before_routes(), |plugin, request| {
            let shown = shown.to_vec();
            async move { plugin.inspect_body(request, shown, whole).await }
        });
    let called = called.await?;
    judge(attached, exchange, called)
}

/// There is no method yet that could have an ARN.
fn before_routes() -> Shown {
    Shown { arn: Some(String::new()), ..Shown::default() }
}

fn judge(
    attached: &Attached,
    exchange: &Exchange,
    called: Guarded<InspectFinding>,
) -> Result<Judged, Refusal> {
    let finding = match called {
        Guarded::Answered(finding) => finding,
        Guarded::PassedOver => return Ok(Judged::Pass),
        Guarded::Failed(_) => return Err(Refusal::internal()),
    };
    let (verdict, judged) = match finding.verdict {
        InspectVerdict::Allow => ("allow", Ok(Judged::Pass)),
        InspectVerdict::Count => ("count", Ok(Judged::Pass)),
        InspectVerdict::ReadBody => return Ok(Judged::ReadBody),
        InspectVerdict::Block(None) => {
            ("block", Err(Refusal::new(WAF_FILTERED, "Forbidden", "ForbiddenException")))
        }
        InspectVerdict::Block(Some(answer)) => {
            let blocked = deliver::of_plugin(answer);
            ("block", blocked.map(|(header, body)| Judged::Blocked(header, body)))
        }
    };
    attached.entry.metrics.judged(verdict);
    if verdict != "allow" || !finding.labels.is_empty() {
        let (plugin, labels) = (attached.entry.plugin.name(), finding.labels.join(","));
        tracing::info!(plugin, request = exchange.ids.request_id(), verdict, labels, "a firewall judged");
    }
    judged
}
