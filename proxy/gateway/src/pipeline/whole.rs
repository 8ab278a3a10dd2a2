//! Integrations that are asked with whole bodies, and the transform around them.

use super::integrate::http::Call;
use super::integrate::lambda::Function;
use super::{Pipeline, content, integrate, templates, transform};
use crate::exchange::{Exchange, Refusal};
use crate::generation::RouteRuntime;
use bytes::Bytes;
use edgewit_plan::integration::HttpPlan;
use edgewit_plan::plan::{FunctionPlan, IntegrationPlan};
use pingora_http::{RequestHeader, ResponseHeader};

/// What is asked with whole bodies.
pub(super) struct Whole<'a> {
    pub(super) integration: &'a IntegrationPlan,
    pub(super) runtime: &'a RouteRuntime,
    /// Bytes that the answer's body may have.
    pub(super) limit: u64,
}

impl Pipeline {
    /// An answer to a whole request, through the route's transform where it has one.
    pub(super) async fn answer(
        &self,
        whole: &Whole<'_>,
        header: &mut RequestHeader,
        exchange: &mut Exchange,
        mut body: Bytes,
    ) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
        body = content::request(whole.integration, exchange, &header.headers, &body)?;
        let sent = body.clone();
        let Some(attached) = &whole.runtime.transform else {
            let body = templates::request(whole.integration, header, exchange, body).await?;
            return self.ask(whole, header, exchange, &sent, body).await;
        };
        match transform::request(attached, header, exchange, &body.clone().into(), false).await? {
            transform::Outcome::Answer(response, body) => return Ok((response, body)),
            transform::Outcome::Forward(mut changes) => {
                if let Some(changed) = changes.body.take() {
                    body = Bytes::from(changed);
                }
                exchange.changes = Some(Box::new(changes));
            }
        }
        let (response, body) = self.ask(whole, header, exchange, &sent, body).await?;
        transform::response(attached, header, exchange, response, body).await
    }

    /// `sent` is what mappings read, `body` what the integration gets.
    async fn ask(
        &self,
        whole: &Whole<'_>,
        header: &mut RequestHeader,
        exchange: &mut Exchange,
        sent: &Bytes,
        body: Bytes,
    ) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
        let call = |plan| self.call(whole, plan);
        match whole.integration {
            IntegrationPlan::Mock(plan) => {
                let mapped = integrate::mock::run(plan, header, exchange, &body)?;
                templates::response(mapped, header, exchange).await
            }
            IntegrationPlan::Http(plan) => call(plan)?.mapped(header, exchange, sent, body).await,
            IntegrationPlan::HttpProxy(plan) => call(plan)?.proxied(header, exchange, body).await,
            IntegrationPlan::Function(plan) => {
                integrate::function::run(plan, &self.function(whole, plan)?, header, exchange, body).await
            }
            IntegrationPlan::Invoke(plan) => {
                integrate::invoke::run(
                    plan,
                    &self.function(whole, &plan.function)?,
                    header,
                    exchange,
                    sent,
                    body,
                )
                .await
            }
            IntegrationPlan::Unavailable(_) => Err(Refusal::configuration()),
        }
    }

    pub(super) fn call<'w>(&'w self, whole: &Whole<'w>, plan: &'w HttpPlan) -> Result<Call<'w>, Refusal> {
        let runtime = whole.runtime;
        let targets = runtime.targets.as_ref().ok_or_else(Refusal::configuration)?;
        let (component, signer) = (runtime.component.as_ref(), runtime.signer.as_ref());
        let buffers = &self.shared.buffers;
        Ok(Call { backends: &self.backends, targets, plan, limit: whole.limit, buffers, component, signer })
    }

    pub(super) fn function<'w>(
        &'w self,
        whole: &Whole<'w>,
        plan: &'w FunctionPlan,
    ) -> Result<Function<'w>, Refusal> {
        match plan.endpoint() {
            Some(http) => Ok(Function::Endpoint(self.call(whole, http)?)),
            None => {
                whole.runtime.component.as_ref().map(Function::Component).ok_or_else(Refusal::configuration)
            }
        }
    }
}
