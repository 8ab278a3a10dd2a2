//! Every limit of compilation: name, unit, default.

/// Parameters in one resource path; a match keeps their positions inline.
pub const MAX_PATH_PARAMETERS: usize = 16;

/// Segments in one resource path. Far above what a 10,240-byte URL of API Gateway needs in practice.
pub const MAX_PATH_SEGMENTS: usize = 64;

/// Limits that a configuration may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Least integration timeout, milliseconds.
    pub timeout_ms_min: u32,
    /// Greatest integration timeout, milliseconds. API Gateway raises it on request.
    pub timeout_ms_max: u32,
    /// Greatest timeout of an integration whose answer is streamed, milliseconds.
    pub stream_timeout_ms_max: u32,
    /// Bytes of one mapping or gateway-response template.
    pub template_bytes: usize,
    /// Bytes of one access-log format.
    pub access_log_format_bytes: usize,
    /// Bytes of all models of an API together, as compact JSON.
    pub schema_bytes: usize,
    /// JSON values in all models of an API together.
    pub schema_nodes: usize,
    /// Nesting of one model.
    pub schema_depth: usize,
    /// Bytes of one `pattern` in a model.
    pub pattern_bytes: usize,
    /// Bytes that one compiled `pattern` may take.
    pub pattern_compiled_bytes: usize,
    /// Steps back that one match of a `pattern` may take that no linear-time engine can match.
    pub pattern_backtracks: usize,
    /// Tree nodes that one match may visit in the worst case.
    pub match_visits: usize,
    /// Schema failures listed in one `validationErrorString`.
    pub validation_errors: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout_ms_min: 50,
            timeout_ms_max: 29_000,
            stream_timeout_ms_max: 900_000,
            template_bytes: 307_200,
            access_log_format_bytes: 3_072,
            schema_bytes: 409_600,
            schema_nodes: 50_000,
            schema_depth: 64,
            pattern_bytes: 4_096,
            pattern_compiled_bytes: 1 << 20,
            pattern_backtracks: 10_000,
            match_visits: 1_024,
            validation_errors: 100,
        }
    }
}
