//! Rendering: a walk over the tree of a template.

mod call;
mod context;
mod expression;
mod input;
mod reference;
mod util;

use crate::error::{Fault, Outcome, Place, RenderError, RenderErrorKind};
use crate::limits::RenderLimits;
use crate::overrides::{OverrideMaps, Overrides};
use crate::source::Source;
use crate::template::{Expression, Fixed, Foreach, If, Node, Template};
use crate::value::number::write_integer;
use crate::value::{Heap, ListId, MapId, Object, Texts, Value};

use context::Answers;
pub(crate) use reference::outside;

/// Deepest blocks and expressions within each other; only `#define` gets beyond what the parser allows.
const MAX_LEVELS: usize = 256;

/// Room for an output at first.
const OUTPUT_BYTES: usize = 8 * 1024;

/// What a rendering has made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// The output.
    pub text: String,
    /// What holds after this template: what [`Source::overrides`] gave, and what the template wrote. As
    /// [`Source::overrides`] gave it, when the template does not touch overrides.
    pub overrides: Overrides,
}

impl Template {
    /// Renders the template for a message.
    ///
    /// # Errors
    /// When a Java method would throw an exception, a text is no JSON, JSONPath or regular expression that can be
    /// used, or a limit is exceeded.
    pub fn render(&self, source: &dyn Source, limits: &RenderLimits) -> Result<Rendered, RenderError> {
        let texts = Texts::default();
        let mut renderer = Renderer::new(self.variables, source, limits, &texts);
        match renderer.run(&self.body) {
            Ok(overrides) => Ok(Rendered { text: renderer.out, overrides }),
            Err(fault) => {
                Err(RenderError { place: renderer.place, kind: fault.kind, message: fault.message })
            }
        }
    }
}

pub(crate) struct Renderer<'a> {
    source: &'a dyn Source,
    /// Where the reference or directive at work stands.
    place: Place,
    out: String,
    variables: Vec<Value<'a>>,
    heap: Heap<'a>,
    answers: Answers<'a>,
    loops: Vec<Loop>,
    levels: usize,
    defines: usize,
    flow: Flow,
    /// The body as JSON, once it was asked for; `None` within when it is none.
    json: Option<Option<Value<'a>>>,
    overrides: Option<OverrideMaps>,
    /// Maps of what was asked for as a whole: `$input.params()` and its parts, and `$stageVariables`.
    parameters: Option<MapId>,
    parameters_of: [Option<MapId>; 3],
    stage_variables: Option<MapId>,
}

/// How far a `#foreach` is.
struct Loop {
    index: usize,
    length: usize,
}

/// What a `#foreach` goes over.
#[derive(Clone, Copy)]
enum Items {
    List(ListId),
    Range(i32, i32),
}

impl Items {
    fn length(self, heap: &Heap<'_>) -> usize {
        match self {
            Self::List(list) => heap.list(list).items.len(),
            Self::Range(first, last) => {
                usize::try_from(first.abs_diff(last)).map_or(usize::MAX, |length| length.saturating_add(1))
            }
        }
    }

    fn at<'a>(self, index: usize, heap: &Heap<'a>) -> Value<'a> {
        match self {
            Self::List(list) => heap.list(list).items[index],
            Self::Range(first, last) => {
                let index = i32::try_from(index).unwrap_or(i32::MAX);
                Value::Int(if first <= last {
                    first.saturating_add(index)
                } else {
                    first.saturating_sub(index)
                })
            }
        }
    }
}

#[cold]
fn too_many_levels() -> Box<Fault> {
    Fault::above(RenderErrorKind::DefineDepth, MAX_LEVELS, "nested blocks and expressions")
}

/// What to do after a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Stop,
}

impl<'a> Renderer<'a> {
    fn new(variables: usize, source: &'a dyn Source, limits: &'a RenderLimits, texts: &'a Texts) -> Self {
        let mut slots = vec![Value::Undefined; variables];
        for (fixed, object) in [
            (Fixed::Input, Object::Input),
            (Fixed::Util, Object::Util),
            (Fixed::Context, Object::Context),
            (Fixed::StageVariables, Object::StageVariables),
        ] {
            slots[fixed.slot()] = Value::Object(object);
        }
        Self {
            source,
            place: Place { line: 1, column: 1 },
            out: String::with_capacity(OUTPUT_BYTES),
            variables: slots,
            heap: Heap::new(limits, texts),
            answers: Answers::default(),
            loops: Vec::new(),
            levels: 0,
            defines: 0,
            flow: Flow::Next,
            json: None,
            overrides: None,
            parameters: None,
            parameters_of: [None; 3],
            stage_variables: None,
        }
    }

    fn run(&mut self, body: &'a [Node]) -> Outcome<Overrides> {
        self.block(body)?;
        match self.overrides {
            Some(maps) => maps.parked(&mut self.heap),
            None => Ok(self.source.overrides().cloned().unwrap_or_default()),
        }
    }

    /// Renders nodes up to one that ends the block, of which `flow` tells.
    fn block(&mut self, nodes: &'a [Node]) -> Outcome<()> {
        self.enter()?;
        for node in nodes {
            self.heap.spend(1)?;
            match node {
                Node::Text(text) => {
                    self.heap.append(text, &mut self.out)?;
                    continue;
                }
                Node::Set(set) => {
                    self.place = set.target.place;
                    let value = self.operand(&set.value)?;
                    self.place = set.target.place;
                    if set.target.steps.is_empty() {
                        self.variables[set.target.variable] = value;
                    } else {
                        self.set_within(set, value)?;
                    }
                    continue;
                }
                Node::Variable(variable) => {
                    let value = self.variables[*variable];
                    self.print(&value)?;
                }
                Node::Reference(reference) => {
                    let value = self.reference(reference)?;
                    self.print(&value)?;
                }
                Node::If(branches) => self.conditional(branches)?,
                Node::Foreach(foreach) => self.foreach(foreach)?,
                Node::Define(variable, body) => self.variables[*variable] = Value::Block(body),
                Node::Break => self.flow = Flow::Break,
                Node::Stop => self.flow = Flow::Stop,
            }
            if self.flow != Flow::Next {
                break;
            }
        }
        self.levels -= 1;
        Ok(())
    }

    /// One level deeper. An error ends the rendering, so that only success has to come back up.
    #[inline]
    fn enter(&mut self) -> Outcome<()> {
        self.heap.spend(1)?;
        self.levels += 1;
        if self.levels > MAX_LEVELS {
            return Err(too_many_levels());
        }
        Ok(())
    }

    fn conditional(&mut self, branches: &'a If) -> Outcome<()> {
        for (condition, body) in &branches.branches {
            if self.condition(condition)? {
                return self.block(body);
            }
        }
        self.block(&branches.otherwise)
    }

    /// Appends a value to the output. A block is rendered, and may stop everything.
    #[inline]
    fn print(&mut self, value: &Value<'a>) -> Outcome<()> {
        match value {
            Value::Text(text) => self.heap.append(text, &mut self.out),
            Value::Int(number) => {
                write_integer(i64::from(*number), &mut self.out);
                self.heap.append("", &mut self.out)
            }
            value => self.print_other(value),
        }
    }

    #[inline(never)]
    fn print_other(&mut self, value: &Value<'a>) -> Outcome<()> {
        match value {
            Value::Block(nodes) => self.defined(nodes),
            Value::Object(object) => {
                if let Some(map) = self.whole(*object)? {
                    self.heap.print(&Value::Map(map), &mut self.out)
                } else if matches!(object, Object::Loop(_)) {
                    self.heap.append("{}", &mut self.out)
                } else {
                    Ok(())
                }
            }
            value => self.heap.print(value, &mut self.out),
        }
    }

    fn defined(&mut self, nodes: &'a [Node]) -> Outcome<()> {
        if self.defines >= self.heap.limits.define_depth {
            let limit = self.heap.limits.define_depth;
            return Err(Fault::above(RenderErrorKind::DefineDepth, limit, "nested `#define` blocks"));
        }
        self.defines += 1;
        self.block(nodes)?;
        self.defines -= 1;
        Ok(())
    }

    // Rare beside what it is called by, which stays short without it; so are the others that are never inlined.
    #[inline(never)]
    fn foreach(&mut self, foreach: &'a Foreach) -> Outcome<()> {
        self.place = foreach.place;
        let Some(items) = self.items(&foreach.items)? else { return Ok(()) };
        let slots = [
            foreach.variable,
            Fixed::Foreach.slot(),
            Fixed::VelocityCount.slot(),
            Fixed::VelocityHasNext.slot(),
        ];
        let before = slots.map(|slot| self.variables[slot]);
        let depth = self.loops.len();
        let length = items.length(&self.heap);
        self.loops.push(Loop { index: 0, length });
        for index in 0..length {
            if index >= self.heap.limits.foreach_iterations {
                self.place = foreach.place;
                let limit = self.heap.limits.foreach_iterations;
                return Err(Fault::above(
                    RenderErrorKind::ForeachIterations,
                    limit,
                    "iterations of `#foreach`",
                ));
            }
            if items.length(&self.heap) != length {
                self.place = foreach.place;
                let expected = "found a list that was changed by the loop over it, expected a copy";
                return Err(Fault::new(RenderErrorKind::Argument, expected));
            }
            self.variables[foreach.variable] = items.at(index, &self.heap);
            self.variables[slots[1]] = Value::Object(Object::Loop(depth));
            self.variables[slots[2]] = Value::count(index + 1);
            self.variables[slots[3]] = Value::Bool(index + 1 < length);
            self.loops[depth].index = index;
            self.block(&foreach.body)?;
            if self.flow != Flow::Next {
                break;
            }
        }
        self.loops.truncate(depth);
        for (slot, value) in slots.into_iter().zip(before) {
            self.variables[slot] = value;
        }
        if self.flow == Flow::Break {
            self.flow = Flow::Next;
        }
        Ok(())
    }

    /// What a loop goes over: a list, a range, or the values of a map; nothing for other values.
    fn items(&mut self, items: &'a Expression) -> Outcome<Option<Items>> {
        // A range that is written into the loop needs no list.
        if let Expression::Range(first, last) = items {
            return Ok(Some(Items::Range(*first, *last)));
        }
        let map = match self.expression(items)? {
            Value::List(list) => return Ok(Some(Items::List(list))),
            Value::Map(map) => map,
            Value::Object(object) => match self.whole(object)? {
                Some(map) => map,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.values(map).map(|list| Some(Items::List(list)))
    }

    /// The values of a map as a list.
    fn values(&mut self, map: MapId) -> Outcome<ListId> {
        let values = self.heap.map(map).entries().iter().map(|(_, value)| *value).collect();
        self.heap.new_list(values, false)
    }
}
