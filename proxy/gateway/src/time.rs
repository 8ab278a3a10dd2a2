//! Civil time out of milliseconds since 1970, for logs.

/// `dd/MMM/yyyy:HH:mm:ss +0000`, as in `$context.requestTime`.
pub(crate) fn clf(epoch_ms: u64) -> String {
    let time =
        i64::try_from(epoch_ms).ok().and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
    time.format("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

/// `2026-01-31T12:00:00Z`, as in `aws:CurrentTime`.
pub(crate) fn iso8601(epoch_ms: u64) -> String {
    let time =
        i64::try_from(epoch_ms).ok().and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_in_access_logs() {
        assert_eq!(clf(951_782_400_000), "29/Feb/2000:00:00:00 +0000");
        assert_eq!(clf(u64::MAX), "01/Jan/1970:00:00:00 +0000");
    }
}
