//! Metrics of VPC links.

use crate::targets::Link;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Health and requests of each target.
pub(super) fn encode(encoder: &mut DescriptorEncoder<'_>, links: &[Arc<Link>]) -> Result<(), fmt::Error> {
    let help = "Whether a target of a VPC link is healthy and not left out";
    let mut metric =
        encoder.encode_descriptor("edgewit_vpc_link_target_up", help, None, MetricType::Gauge)?;
    for (link, index, target) in targets(links) {
        let up = i64::from(link.pool.is_up(index, link.now_ms()));
        metric.encode_family(&[("link", &*link.id), ("target", target)])?.encode_gauge(&up)?;
    }
    let help = "Requests that a target of a VPC link was chosen for";
    let name = "edgewit_vpc_link_target_requests";
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (link, index, target) in targets(links) {
        let count = link.requests.get(index).map_or(0, |count| count.load(Ordering::Relaxed));
        let labels = [("link", &*link.id), ("target", target)];
        metric.encode_family(&labels)?.encode_counter::<NoLabelSet, u64, u64>(&count, None)?;
    }
    Ok(())
}

fn targets(links: &[Arc<Link>]) -> impl Iterator<Item = (&Link, usize, &str)> {
    links.iter().flat_map(|link| {
        link.addresses.iter().enumerate().map(move |(index, address)| (&**link, index, &**address))
    })
}
