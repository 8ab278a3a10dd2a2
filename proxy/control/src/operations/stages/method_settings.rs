//! Settings of the methods of a stage.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSetting.html>.

use crate::entities::MethodSetting;
use crate::protocol::error::Error;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Longest time that a cached answer is kept, in seconds.
pub(super) const MAX_CACHE_TTL_SECONDS: i64 = 3600;
/// A throttle of this burst or rate does not throttle.
const UNLIMITED: i32 = -1;

/// What stands for all methods of a stage.
const ALL: &str = "*/*";

/// Ends of patch paths, and the members that they set.
const MEMBERS: [(&str, &str); 10] = [
    ("metrics/enabled", "metricsEnabled"),
    (LOG_LEVEL, "loggingLevel"),
    ("logging/dataTrace", "dataTraceEnabled"),
    ("throttling/burstLimit", "throttlingBurstLimit"),
    ("throttling/rateLimit", "throttlingRateLimit"),
    ("caching/enabled", "cachingEnabled"),
    ("caching/ttlInSeconds", "cacheTtlInSeconds"),
    ("caching/dataEncrypted", "cacheDataEncrypted"),
    ("caching/requireAuthorizationForCacheControl", "requireAuthorizationForCacheControl"),
    ("caching/unauthorizedCacheControlHeaderStrategy", "unauthorizedCacheControlHeaderStrategy"),
];
const LOG_LEVEL: &str = "logging/loglevel";

type Settings = BTreeMap<String, MethodSetting>;

/// Sets what a path such as `/{resource path}/{verb}/caching/enabled` says; `None` where it is no such path.
///
/// The resource path is kept as it was addressed, with its escapes, because that is what answers show.
pub(super) fn set(settings: &mut Settings, segments: &[&str], value: &str) -> Option<Result<(), Error>> {
    let (key, suffix) = segments.split_at_checked(segments.len().checked_sub(2)?)?;
    if key.len() < 2 || key.iter().any(|segment| segment.is_empty()) {
        return None;
    }
    let suffix = suffix.join("/");
    let (suffix, _) = MEMBERS.iter().find(|(known, _)| *known == suffix)?;
    // A method of its own begins with what holds for all; later changes for all do not reach it.
    let mut setting = settings.get(&key.join("/")).or_else(|| settings.get(ALL)).cloned().unwrap_or_default();
    Some(change(&mut setting, suffix, value).map(|()| {
        settings.insert(key.join("/"), setting);
    }))
}

/// Sets all settings to those of a JSON object.
pub(super) fn set_all(settings: &mut Settings, value: &str) -> Result<(), Error> {
    let wrong =
        || Error::bad_request("Invalid value for /methodSettings: expected a JSON object of settings");
    let given: Map<String, Value> = serde_json::from_str(value).map_err(|_| wrong())?;
    let mut all = Settings::new();
    for (key, members) in given {
        let mut setting = MethodSetting::default();
        for (member, value) in members.as_object().ok_or_else(wrong)? {
            let (suffix, _) = MEMBERS.iter().find(|(_, known)| known == member).ok_or_else(wrong)?;
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            change(&mut setting, suffix, &value)?;
        }
        let key = key.strip_prefix('/').unwrap_or(&key);
        if key.split('/').count() < 2 || key.split('/').any(str::is_empty) {
            return Err(wrong());
        }
        all.insert(key.to_owned(), setting);
    }
    *settings = all;
    Ok(())
}

/// Whether any of them writes an execution log.
pub(super) fn logs(settings: &Settings) -> bool {
    let levels = settings.values().filter_map(|setting| setting.logging_level.as_deref());
    levels.into_iter().any(|level| level != "OFF")
}

fn change(setting: &mut MethodSetting, suffix: &str, value: &str) -> Result<(), Error> {
    let boolean = || value.eq_ignore_ascii_case("true");
    match suffix {
        "metrics/enabled" => setting.metrics_enabled = boolean(),
        LOG_LEVEL => setting.logging_level = Some(log_level(value)?),
        "logging/dataTrace" => setting.data_trace_enabled = boolean(),
        "throttling/burstLimit" => setting.throttling_burst_limit = burst(value)?,
        "throttling/rateLimit" => setting.throttling_rate_limit = rate(value)?,
        "caching/enabled" => setting.caching_enabled = boolean(),
        "caching/ttlInSeconds" => setting.cache_ttl_in_seconds = ttl(value)?,
        "caching/dataEncrypted" => setting.cache_data_encrypted = boolean(),
        "caching/requireAuthorizationForCacheControl" => {
            setting.require_authorization_for_cache_control = boolean();
        }
        _ => {
            let strategy = serde_json::from_value(Value::from(value));
            setting.unauthorized_cache_control_header_strategy = strategy.map_err(|_| {
                invalid(
                    "unauthorizedCacheControlHeaderStrategy",
                    value,
                    "one of [FAIL_WITH_403, SUCCEED_WITH_RESPONSE_HEADER, SUCCEED_WITHOUT_RESPONSE_HEADER]",
                )
            })?;
        }
    }
    Ok(())
}

fn log_level(value: &str) -> Result<String, Error> {
    match value {
        "OFF" | "ERROR" | "INFO" => Ok(value.to_owned()),
        _ => Err(invalid("loggingLevel", value, "one of [OFF, ERROR, INFO]")),
    }
}

fn burst(value: &str) -> Result<i64, Error> {
    let number = value.trim().parse::<i32>().ok().filter(|number| *number >= UNLIMITED);
    number.map(i64::from).ok_or_else(|| invalid("throttlingBurstLimit", value, "a whole number from -1"))
}

fn rate(value: &str) -> Result<f64, Error> {
    let number = value.trim().parse::<f64>().ok();
    let number = number.filter(|number| number.is_finite() && *number >= f64::from(UNLIMITED));
    number.ok_or_else(|| invalid("throttlingRateLimit", value, "a number from -1"))
}

fn ttl(value: &str) -> Result<i64, Error> {
    let seconds = value.trim().parse().ok().filter(|seconds| (0..=MAX_CACHE_TTL_SECONDS).contains(seconds));
    seconds.ok_or_else(|| invalid("cacheTtlInSeconds", value, "a whole number from 0 to 3600"))
}

fn invalid(member: &str, value: &str, expected: &str) -> Error {
    Error::bad_request(format!("Invalid {member} specified: {value}. It must be {expected}"))
}
