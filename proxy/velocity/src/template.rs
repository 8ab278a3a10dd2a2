//! A parsed template: a tree in which variables are numbers, methods are known, and what is literal is ready.

use crate::error::{Place, SyntaxError};
use crate::json_path::JsonPath;
use crate::limits::ParseLimits;
use crate::methods::Method;
use crate::pattern::Pattern;
use crate::value::number::Arithmetic;

/// A mapping template. Parsed once, when a stage is deployed, and rendered for each message.
///
/// It owns all it needs, and may be shared between threads.
#[derive(Debug)]
pub struct Template {
    pub(crate) body: Block,
    /// How many variables there are; the first are those of [`Fixed`].
    pub(crate) variables: usize,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// When the text is no template, or exceeds a limit.
    pub fn parse(source: &str, limits: &ParseLimits) -> Result<Self, SyntaxError> {
        crate::parse::template(source, limits)
    }

    /// The output, when the template has neither references nor directives: what it renders to for every request.
    pub fn as_static(&self) -> Option<&str> {
        match &*self.body {
            [] => Some(""),
            [Node::Text(text)] => Some(text),
            _ => None,
        }
    }
}

pub(crate) type Block = Box<[Node]>;

/// Variables that are there before a template sets any, by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fixed {
    Input,
    Util,
    Context,
    StageVariables,
    Foreach,
    VelocityCount,
    VelocityHasNext,
}

impl Fixed {
    pub(crate) const NAMES: [&'static str; 7] =
        ["input", "util", "context", "stageVariables", "foreach", "velocityCount", "velocityHasNext"];

    pub(crate) fn slot(self) -> usize {
        self as usize
    }
}

#[derive(Debug)]
pub(crate) enum Node {
    Text(Box<str>),
    /// A variable by itself.
    Variable(usize),
    Reference(Reference),
    Set(Box<Set>),
    If(Box<If>),
    Foreach(Box<Foreach>),
    Define(usize, Block),
    Break,
    Stop,
}

#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) target: Reference,
    pub(crate) value: Expression,
}

#[derive(Debug)]
pub(crate) struct If {
    /// Conditions and what to render when they are the first that holds.
    pub(crate) branches: Box<[(Expression, Block)]>,
    pub(crate) otherwise: Block,
}

#[derive(Debug)]
pub(crate) struct Foreach {
    pub(crate) place: Place,
    pub(crate) variable: usize,
    pub(crate) items: Expression,
    pub(crate) body: Block,
}

/// `$name`, and what is asked of it.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) place: Place,
    pub(crate) variable: usize,
    pub(crate) steps: Box<[Step]>,
    /// Names of the leading steps, joined with dots, and how many they are: what `$context` is asked for.
    pub(crate) dotted: Option<(Box<str>, usize)>,
}

#[derive(Debug)]
pub(crate) enum Step {
    /// `.name`, and what that is of a loop.
    Property(Box<str>, LoopMember),
    /// `[expression]`.
    Index(Expression),
    /// `.name(arguments)`.
    Call(Box<Call>),
}

/// What `$foreach` has, resolved when the template is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopMember {
    Unknown,
    Index,
    Count,
    HasNext,
    First,
    Last,
    Parent,
    Topmost,
}

impl LoopMember {
    pub(crate) fn from_name(name: &str) -> Self {
        match name {
            "index" => Self::Index,
            "count" => Self::Count,
            "hasNext" => Self::HasNext,
            "first" => Self::First,
            "last" => Self::Last,
            "parent" => Self::Parent,
            "topmost" => Self::Topmost,
            _ => Self::Unknown,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) name: Box<str>,
    pub(crate) arguments: Box<[Expression]>,
    pub(crate) literal: Literal,
}

/// What is compiled of a first argument that is a literal text.
#[derive(Debug)]
pub(crate) enum Literal {
    None,
    Path(Result<JsonPath, String>),
    Pattern(Result<Pattern, String>),
}

#[derive(Debug)]
pub(crate) enum Expression {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Big(Box<str>),
    Text(Box<str>),
    /// A text in double quotes with references or directives in it.
    Interpolated(Block),
    /// A variable by itself.
    Variable(usize),
    Reference(Reference),
    List(Box<[Expression]>),
    Map(Box<[(Expression, Expression)]>),
    Range(i32, i32),
    Not(Box<Expression>),
    /// Two operands.
    Binary(Box<Binary>),
    /// More operands joined by operators of one precedence, from left to right. A list rather than a tree: a sum of a
    /// thousand terms is not deep.
    Chain(Box<Expression>, Box<[(Operator, Expression)]>),
}

#[derive(Debug)]
pub(crate) struct Binary {
    pub(crate) left: Expression,
    pub(crate) operator: Operator,
    pub(crate) right: Expression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Arithmetic(Arithmetic),
}
