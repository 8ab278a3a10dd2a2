//! Mapping templates of REST APIs: the Velocity Template Language as API Gateway runs it, with `$input`, `$util`,
//! `$context`, `$stageVariables`, and JSONPath.
//!
//! It is Velocity 1.7 with differences: what is undefined is an empty text and true, there are no macros and no
//! includes, and a template sees only what API Gateway puts into it.
//!
//! ```
//! use edgewit_velocity::{ParseLimits, RenderLimits, Source, Template};
//!
//! struct Message(&'static str);
//!
//! impl Source for Message {
//!     fn body(&self) -> &str {
//!         self.0
//!     }
//! }
//!
//! let source = r##"#set($pets = $input.path('$.pets'))
//! {"names": [#foreach($pet in $pets)"$pet.name"#if($foreach.hasNext), #end#end]}"##;
//! let template = Template::parse(source, &ParseLimits::default())?;
//! let message = Message(r#"{"pets": [{"name": "Tom"}, {"name": "Rex"}]}"#);
//! let rendered = template.render(&message, &RenderLimits::default())?;
//! assert_eq!(rendered.text, r#"{"names": ["Tom", "Rex"]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Parsed once, when a stage is deployed; a rendering asks its [`Source`] for what the template uses and nothing
//! else. No I/O, no clock, no randomness, no threads, and no input makes it panic or overflow the stack.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>
//! and <https://velocity.apache.org/engine/1.7/user-guide.html>.

mod bytes;
mod error;
mod json;
mod json_path;
mod limits;
mod methods;
mod overrides;
mod parse;
mod pattern;
mod render;
mod source;
mod template;
mod value;

pub use error::{Place, RenderError, RenderErrorKind, SyntaxError};
pub use limits::{ParseLimits, RenderLimits};
pub use overrides::{Overrides, Parked};
pub use render::Rendered;
pub use source::{ParameterKind, Source};
pub use template::Template;
