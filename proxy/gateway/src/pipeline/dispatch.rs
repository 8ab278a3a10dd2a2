//! Stage 10, first half: in which way the integration is asked, streamed or with whole bodies.

use super::body::Collected;
use super::coding::asks_for_stream;
use super::integrate::relay::is_bytewise;
use super::whole::Whole;
use super::{Next, Pipeline, Stop, coding, content, integrate, transform};
use crate::exchange::{Exchange, Refusal};
use crate::generation::RouteRuntime;
use bytes::Bytes;
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
        collected: Collected,
    ) -> Result<Next, Stop> {
        let Some(stage) = exchange.stage().map(Arc::clone) else { return Err(Refusal::internal().into()) };
        let index = exchange.found.map_or(usize::MAX, |found| found.route);
        let (Some(route), Some(runtime)) = (stage.plan.routes.get(index), stage.routes.get(index)) else {
            return Err(Refusal::internal().into());
        };
        match &route.integration {
            IntegrationPlan::Unavailable(unavailable) => Err(unavailable_route(unavailable).into()),
            IntegrationPlan::HttpProxy(plan) => {
                match way(session, exchange, plan, runtime, &collected) {
                    Way::Streamed => self.stream(session, exchange, plan, runtime).await,
                    // On the heap, as what has whole bodies.
                    Way::Looked => {
                        Box::pin(self.look_and_stream(session, exchange, plan, runtime, collected)).await
                    }
                    Way::Whole => {
                        Box::pin(self.with_body(session, exchange, &route.integration, runtime, collected))
                            .await
                    }
                }
            }
            // Nothing is waited for here, most of the time: no call on the heap, no body that nobody reads.
            IntegrationPlan::Mock(plan) if runtime.transform.is_none() && plan.is_fixed() => {
                let body = if integrate::mock::wants_body(plan, session.req_header()) {
                    Box::pin(self.whole_of(session, collected)).await?
                } else {
                    Collected::default()
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
        collected: Collected,
    ) -> Result<Next, Stop> {
        let body = self.whole_of(session, collected).await?;
        let whole = self.whole(integration, runtime);
        let answers_stream = match (integration, &runtime.component) {
            (IntegrationPlan::Function(plan), _) => plan.streams,
            (IntegrationPlan::HttpProxy(plan), Some(_)) => {
                plan.response_transfer_mode == ResponseTransferMode::Stream
            }
            _ => false,
        };
        if answers_stream && exchange.log.is_none() {
            return Box::pin(self.answer_streamed(&whole, session, exchange, body)).await;
        }
        let header = session.req_header_mut();
        let (response, body) = Box::pin(self.answer(&whole, header, exchange, body.share())).await?;
        Ok(Next::Answer(response, body))
    }

    /// A function or a component gets the whole request, and its answer streams.
    async fn answer_streamed(
        &self,
        whole: &Whole<'_>,
        session: &mut Session,
        exchange: &mut Exchange,
        body: Collected,
    ) -> Result<Next, Stop> {
        let headers = &session.req_header().headers;
        let mut body = content::request(whole.integration, exchange, headers, &body.share())?;
        if let Some(attached) = &whole.runtime.transform {
            let sent = body.clone().into();
            match transform::request(attached, session.req_header_mut(), exchange, &sent, false).await? {
                transform::Outcome::Answer(response, body) => return Ok(Next::Answer(response, body)),
                transform::Outcome::Forward(mut changes) => {
                    body = changes.body.take().map_or(body, Bytes::from);
                    exchange.changes = Some(Box::new(changes));
                }
            }
        }
        let (shared, client) = (&self.shared, &mut session.downstream_session);
        let transform = whole.runtime.transform.as_ref();
        let streamed = match (whole.integration, &whole.runtime.component) {
            (IntegrationPlan::Function(plan), _) => {
                let function = self.function(whole, plan)?;
                let run =
                    integrate::streamed::run(plan, &function, client, exchange, shared, body, transform);
                Box::pin(run).await?
            }
            (IntegrationPlan::HttpProxy(plan), Some(component)) => {
                let call = self.call(whole, plan)?;
                let run = integrate::streamed::component(
                    &call, component, client, exchange, shared, body, transform,
                );
                Box::pin(run).await?
            }
            _ => return Err(Refusal::internal().into()),
        };
        Ok(streamed.map_or(Next::Sent, |(response, body)| Next::Answer(response, body)))
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
    ) -> Result<Next, Stop> {
        let empty = session.is_body_empty();
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

    /// HTTP_PROXY with plugins that look at heads, or at the beginning of bodies: the rest passes as it comes.
    async fn look_and_stream(
        &self,
        session: &mut Session,
        exchange: &mut Exchange,
        plan: &Arc<HttpPlan>,
        runtime: &RouteRuntime,
        mut collected: Collected,
    ) -> Result<Next, Stop> {
        let mut replaced = None;
        if let Some(attached) = &runtime.transform {
            collected = self.shown(session, collected, attached.entry.request_body).await?;
            match transform::request(attached, session.req_header_mut(), exchange, &collected, false).await? {
                transform::Outcome::Answer(response, body) => return Ok(Next::Answer(response, body)),
                transform::Outcome::Forward(mut changes) => {
                    replaced = changes.body.take();
                    exchange.changes = Some(Box::new(changes));
                }
            }
        }
        if is_bytewise(session.req_header()) {
            return match replaced {
                None => self.stream(session, exchange, plan, runtime).await,
                Some(_) => Err(transform::no_other_body(exchange).into()),
            };
        }
        let targets = runtime.targets.as_ref().ok_or_else(Refusal::configuration)?;
        integrate::relay::prepare(plan, targets, session.req_header(), exchange, &self.shared.limits, false)?;
        let upload = integrate::duplex::Upload::new(&collected, replaced.map(Bytes::from));
        // What was read gives its room back as soon as it is sent.
        drop(collected);
        let pass = integrate::duplex::Pass {
            backends: &self.backends,
            shared: &self.shared,
            transform: runtime.transform.as_ref(),
        };
        let sent = pass.run(&mut session.downstream_session, exchange, upload).await?;
        Ok(sent.map_or(Next::Sent, |(response, body)| Next::Answer(response, body)))
    }
}

/// How an HTTP_PROXY integration is asked.
enum Way {
    /// Nobody looks at what passes.
    Streamed,
    /// Plugins look at heads, or at the beginning of bodies.
    Looked,
    /// With whole bodies both ways.
    Whole,
}

fn way(
    session: &mut Session,
    exchange: &Exchange,
    plan: &HttpPlan,
    runtime: &RouteRuntime,
    collected: &Collected,
) -> Way {
    let header = session.req_header();
    let bodies_are_needed = exchange.log.is_some()
        || plan.content_handling.is_some() && !asks_for_stream(header)
        || coding::of_answer(header, exchange).is_some()
        || plan.mappings.reads_body
        || runtime.component.is_some();
    if bodies_are_needed {
        return Way::Whole;
    }
    let bytewise = is_bytewise(header);
    match &runtime.transform {
        // What only Pingora's relay can carry leaves nothing to look at.
        Some(attached) if bytewise && !(attached.entry.sees_no_body() && collected.is_unread()) => Way::Whole,
        Some(_) => Way::Looked,
        None if collected.is_worked_on() => Way::Whole,
        None if !collected.is_unread() => {
            if bytewise {
                Way::Whole
            } else {
                Way::Looked
            }
        }
        None if !session.is_body_empty() && integrate::withholds_body(plan, exchange.verb) => Way::Whole,
        None => Way::Streamed,
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
