//! Every limit of the engine, with its unit and default.

/// What a template may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseLimits {
    /// Longest template, in bytes. API Gateway's own: 300 KB.
    pub template_bytes: usize,
    /// Deepest nesting of blocks, parentheses, arguments, and references within strings, together.
    pub nesting: usize,
    /// Largest compiled regular expression, in bytes.
    pub regex_bytes: usize,
}

impl Default for ParseLimits {
    fn default() -> Self {
        Self { template_bytes: 300 * 1024, nesting: 64, regex_bytes: 256 * 1024 }
    }
}

/// What one rendering may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderLimits {
    /// Longest output, in bytes.
    pub output_bytes: usize,
    /// Most iterations of one `#foreach`. API Gateway's own: 1,000.
    pub foreach_iterations: usize,
    /// Deepest `#define` blocks that print each other.
    pub define_depth: usize,
    /// Work, in steps: each directive, operand, element that is visited and 64 bytes that are searched is one.
    pub steps: u64,
    /// Values made in one rendering, together, in bytes: 48 for each element and the length of each new text.
    pub value_bytes: usize,
    /// Deepest lists and maps within each other, in a body and in what a template builds and prints.
    pub value_depth: usize,
    /// Largest compiled regular expression, in bytes, when its pattern is computed.
    pub regex_bytes: usize,
}

impl Default for RenderLimits {
    fn default() -> Self {
        Self {
            output_bytes: 10 * 1024 * 1024,
            foreach_iterations: 1000,
            define_depth: 16,
            steps: 10_000_000,
            value_bytes: 128 * 1024 * 1024,
            value_depth: 256,
            regex_bytes: 256 * 1024,
        }
    }
}
