//! Stage 12, second half: metrics and the access log.

use crate::exchange::Exchange;
use crate::view::View;
use pingora_core::protocols::http::ServerSession;
use std::cell::RefCell;

thread_local! {
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Counts the answer and writes its access-log line.
pub(super) fn run(session: &ServerSession, exchange: &Exchange) {
    let Some(stage) = exchange.stage().filter(|_| !exchange.trial) else { return };
    let route = exchange.route_runtime();
    let metrics = route.map_or(&stage.unrouted, |route| &route.metrics);
    if exchange.status > 0 {
        metrics.answered(exchange.status, exchange.started.elapsed());
    }
    if let Some(latency) = exchange.integration.latency {
        metrics.integrated(latency);
    }
    if let Some(latency) = exchange.authorizer.latency {
        metrics.plugin_ran(latency);
    }
    let (Some(format), Some(log)) = (&stage.plan.access_log, &stage.access_log) else { return };
    let mut view = View::new(session.req_header(), exchange);
    view.logged_bytes = Some(session.body_bytes_sent());
    LINE.with_borrow_mut(|line| {
        line.clear();
        format.render(&view, &view, &stage.plan.stage_variables, line);
        line.push(b'\n');
        log.write(line);
    });
}
