//! Stage 10, first half: in which way the integration is asked, streamed or with whole bodies.

use super::body::Collected;
use super::coding::asks_for_stream;
use super::whole::Whole;
use super::{Next, Pipeline, Stop, coding, content, integrate};
use crate::exchange::{Exchange, Refusal};
use crate::generation::RouteRuntime;
use edgewit_model::api::ResponseTransferMode;
use edgewit_plan::integration::HttpPlan;
use edgewit_plan::plan::{IntegrationPlan, Unavailable};
use pingora_proxy::Session;
use std::sync::Arc;

impl Pipeline {
    /// Asks the integration, in the way that costs least.
    pub(super) async fn integrate(
        &self,
        session: &mut Session,
        exchange: &mut Exchange,
        collected: Option<Collected>,
    ) -> Result<Next, Stop> {
        let Some(stage) = exchange.stage().map(Arc::clone) else { return Err(Refusal::internal().into()) };
        let index = exchange.found.map_or(usize::MAX, |found| found.route);
        let (Some(route), Some(runtime)) = (stage.plan.routes.get(index), stage.routes.get(index)) else {
            return Err(Refusal::internal().into());
        };
        let empty = session.is_body_empty();
        match &route.integration {
            IntegrationPlan::Unavailable(unavailable) => Err(unavailable_route(unavailable).into()),
            IntegrationPlan::HttpProxy(plan)
                if exchange.log.is_none()
                    && collected.is_none()
                    && (plan.content_handling.is_none() || asks_for_stream(session.req_header()))
                    && coding::of_answer(session.req_header(), exchange).is_none()
                    && !plan.mappings.reads_body
                    && runtime.component.is_none()
                    && runtime.transform.is_none()
                    && (empty || !integrate::withholds_body(plan, exchange.verb)) =>
            {
                self.stream(session, exchange, plan, runtime, empty).await
            }
            // Nothing is waited for here, most of the time: no call on the heap, no body that nobody reads.
            IntegrationPlan::Mock(plan) if runtime.transform.is_none() && plan.is_fixed() => {
                let body = match collected {
                    Some(body) => body,
                    None if integrate::mock::wants_body(plan, session.req_header()) => {
                        Box::pin(self.collect(session)).await?
                    }
                    None => Collected::default(),
                };
                let mapped = integrate::mock::run(plan, session.req_header(), exchange, body.bytes())?;
                Ok(Next::Answer(mapped.header, mapped.body))
            }
            // On the heap: what these wait with would be part of every request's future otherwise.
            integration => Box::pin(self.with_body(session, exchange, integration, runtime, collected)).await,
        }
    }

    /// Asks an integration that is given the whole body.
    async fn with_body(
        &self,
        session: &mut Session,
        exchange: &mut Exchange,
        integration: &IntegrationPlan,
        runtime: &RouteRuntime,
        collected: Option<Collected>,
    ) -> Result<Next, Stop> {
        let body = self.collected(session, collected).await?;
        let whole = self.whole(integration, runtime);
        let streams = exchange.log.is_none() && runtime.transform.is_none();
        match (integration, &runtime.component) {
            (IntegrationPlan::Function(plan), _) if streams && plan.streams => {
                let function = self.function(&whole, plan)?;
                let client = &mut session.downstream_session;
                let streamed =
                    integrate::streamed::run(plan, &function, client, exchange, &self.shared, body.share());
                match Box::pin(streamed).await? {
                    Some((response, body)) => Ok(Next::Answer(response, body)),
                    None => Ok(Next::Sent),
                }
            }
            (IntegrationPlan::HttpProxy(plan), Some(component))
                if streams && plan.response_transfer_mode == ResponseTransferMode::Stream =>
            {
                let headers = &session.req_header().headers;
                let body = content::request(integration, exchange, headers, &body.share())?;
                let call = self.call(&whole, plan)?;
                let client = &mut session.downstream_session;
                let streamed =
                    integrate::streamed::component(&call, component, client, exchange, &self.shared, body);
                Box::pin(streamed).await?;
                Ok(Next::Sent)
            }
            _ => {
                let header = session.req_header_mut();
                let (response, body) = Box::pin(self.answer(&whole, header, exchange, body.share())).await?;
                Ok(Next::Answer(response, body))
            }
        }
    }

    fn whole<'w>(&self, integration: &'w IntegrationPlan, runtime: &'w RouteRuntime) -> Whole<'w> {
        Whole { integration, runtime, limit: self.shared.limits.payload_bytes }
    }

    /// HTTP_PROXY with nothing in the way: bodies pass as they come.
    async fn stream(
        &self,
        session: &mut Session,
        exchange: &mut Exchange,
        plan: &Arc<HttpPlan>,
        runtime: &RouteRuntime,
        empty: bool,
    ) -> Result<Next, Stop> {
        let targets = runtime.targets.as_ref().ok_or_else(Refusal::configuration)?;
        let suits = |relay: &integrate::Relay| empty && integrate::direct::suits(session.req_header(), relay);
        integrate::relay::prepare(plan, targets, session.req_header(), exchange, &self.shared.limits, empty)?;
        if !exchange.relay.as_ref().is_some_and(suits) {
            return Ok(Next::Relay);
        }
        // On the heap of its own: the future of a whole call would be copied with every request's
        // future otherwise, also for those that never call anybody.
        let sent = Box::pin(integrate::direct::run(
            &self.backends,
            &mut session.downstream_session,
            exchange,
            &self.shared,
        ))
        .await;
        match sent {
            Ok(()) => Ok(Next::Sent),
            Err(failed) => Err(failed.into()),
        }
    }
}

/// 500, and what the execution log says of it.
fn unavailable_route(why: &Unavailable) -> Refusal {
    let line = match why.code {
        "uri-invalid" => "Invalid endpoint address",
        _ => &*why.message,
    };
    Refusal::configuration().because(format!("Execution failed due to configuration error: {line}"))
}

impl From<integrate::direct::Failed> for Stop {
    fn from(failed: integrate::direct::Failed) -> Self {
        match failed {
            integrate::direct::Failed::Refused(refusal) => Stop::Refused(refusal),
            integrate::direct::Failed::Broken(error) => Stop::Broken(error),
        }
    }
}
