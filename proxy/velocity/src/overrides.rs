//! What templates write to `$context.requestOverride` and `$context.responseOverride`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html>.

use crate::error::{Fault, Outcome, RenderErrorKind};
use crate::value::number::write_double;
use crate::value::{Heap, MapId, Value};

/// A value that outlives the rendering that made it.
#[derive(Clone, Debug, PartialEq)]
pub enum Parked {
    /// `null` or nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer of any of Java's kinds.
    Integer(i64),
    /// A `Double`.
    Double(f64),
    /// A text, or a number beyond those.
    Text(String),
    /// A list.
    List(Vec<Parked>),
    /// A map, in its order.
    Map(Vec<(String, Parked)>),
}

impl Parked {
    /// The texts a header or parameter gets: one, or one for each element of a list. Nothing for null.
    pub fn texts(&self) -> Vec<String> {
        match self {
            Self::Null => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::texts).collect(),
            Self::Bool(truth) => vec![truth.to_string()],
            Self::Integer(number) => vec![number.to_string()],
            Self::Double(number) => {
                let mut text = String::new();
                write_double(*number, &mut text);
                vec![text]
            }
            Self::Text(text) => vec![text.clone()],
            Self::Map(_) => Vec::new(),
        }
    }
}

/// Everything that was written, also under names that mean nothing to API Gateway: a request template may leave
/// values there for the response template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// Members of `$context.requestOverride`.
    pub request: Vec<(String, Parked)>,
    /// Members of `$context.responseOverride`.
    pub response: Vec<(String, Parked)>,
}

impl Overrides {
    /// Names and values of `requestOverride.header`, in the order they were first written; a list is one value for
    /// each of its elements.
    pub fn request_headers(&self) -> Vec<(&str, Vec<String>)> {
        pairs(&self.request, "header")
    }

    /// Names and values of `requestOverride.querystring`.
    pub fn request_querystring(&self) -> Vec<(&str, Vec<String>)> {
        pairs(&self.request, "querystring")
    }

    /// Names and values of `requestOverride.path`.
    pub fn request_path(&self) -> Vec<(&str, Vec<String>)> {
        pairs(&self.request, "path")
    }

    /// Names and values of `responseOverride.header`.
    pub fn response_headers(&self) -> Vec<(&str, Vec<String>)> {
        pairs(&self.response, "header")
    }

    /// `responseOverride.status`: an integer from 100 to 599. Anything else changes nothing.
    pub fn status(&self) -> Option<u16> {
        match member(&self.response, "status")? {
            Parked::Integer(status) => {
                u16::try_from(*status).ok().filter(|status| (100..600).contains(status))
            }
            _ => None,
        }
    }
}

fn member<'p>(members: &'p [(String, Parked)], name: &str) -> Option<&'p Parked> {
    members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn pairs<'p>(members: &'p [(String, Parked)], name: &str) -> Vec<(&'p str, Vec<String>)> {
    match member(members, name) {
        Some(Parked::Map(values)) => {
            values.iter().map(|(name, value)| (name.as_str(), value.texts())).collect()
        }
        _ => Vec::new(),
    }
}

/// The two maps as a template sees them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OverrideMaps {
    pub(crate) request: MapId,
    pub(crate) response: MapId,
}

impl OverrideMaps {
    /// The maps with what an earlier template has left in them.
    pub(crate) fn new(earlier: Option<&Overrides>, heap: &mut Heap<'_>) -> Outcome<Self> {
        let none = Overrides::default();
        let earlier = earlier.unwrap_or(&none);
        Ok(Self {
            request: side(&["path", "header", "querystring"], &earlier.request, heap)?,
            response: side(&["header"], &earlier.response, heap)?,
        })
    }

    pub(crate) fn parked<'a>(self, heap: &mut Heap<'a>) -> Outcome<Overrides> {
        Ok(Overrides {
            request: park_members(self.request, heap)?,
            response: park_members(self.response, heap)?,
        })
    }
}

fn side(names: &[&'static str], earlier: &[(String, Parked)], heap: &mut Heap<'_>) -> Outcome<MapId> {
    let side = heap.new_map()?;
    heap.map_mut(side).is_silent = true;
    for name in names {
        let members = heap.new_map()?;
        heap.put(side, Value::Text(name), Value::Map(members))?;
    }
    for (name, value) in earlier {
        let value = unpark(value, heap, heap.limits.value_depth)?;
        let name = heap.made(name.as_str())?;
        heap.put(side, Value::Text(name), value)?;
    }
    Ok(side)
}

fn unpark<'a>(value: &Parked, heap: &mut Heap<'a>, depth: usize) -> Outcome<Value<'a>> {
    let Some(depth) = depth.checked_sub(1) else { return Err(too_deep(heap)) };
    Ok(match value {
        Parked::Null => Value::Null,
        Parked::Bool(truth) => Value::Bool(*truth),
        Parked::Integer(number) => i32::try_from(*number).map_or(Value::Long(*number), Value::Int),
        Parked::Double(number) => Value::Double(*number),
        Parked::Text(text) => Value::Text(heap.made(text.as_str())?),
        Parked::List(items) => {
            let items: Outcome<Vec<_>> = items.iter().map(|item| unpark(item, heap, depth)).collect();
            Value::List(heap.new_list(items?, true)?)
        }
        Parked::Map(members) => {
            let map = heap.new_map()?;
            for (name, value) in members {
                let value = unpark(value, heap, depth)?;
                let name = heap.made(name.as_str())?;
                heap.put(map, Value::Text(name), value)?;
            }
            Value::Map(map)
        }
    })
}

fn park<'a>(value: &Value<'a>, heap: &mut Heap<'a>, depth: usize) -> Outcome<Parked> {
    heap.spend(1)?;
    let Some(depth) = depth.checked_sub(1) else { return Err(too_deep(heap)) };
    Ok(match value {
        Value::Bool(truth) => Parked::Bool(*truth),
        Value::Int(number) => Parked::Integer(i64::from(*number)),
        Value::Long(number) => Parked::Integer(*number),
        Value::Double(number) => Parked::Double(*number),
        Value::Text(text) => {
            heap.take(text.len())?;
            Parked::Text((*text).to_owned())
        }
        Value::Big(digits) => Parked::Text(digits.to_string()),
        Value::List(id) | Value::Entry(id) => {
            heap.grow(heap.list(*id).items.len())?;
            let items = heap.list(*id).items.clone();
            Parked::List(items.iter().map(|item| park(item, heap, depth)).collect::<Outcome<_>>()?)
        }
        Value::Map(id) => Parked::Map(park_map(*id, heap, depth)?),
        _ => Parked::Null,
    })
}

fn park_members(id: MapId, heap: &mut Heap<'_>) -> Outcome<Vec<(String, Parked)>> {
    park_map(id, heap, heap.limits.value_depth)
}

fn park_map(id: MapId, heap: &mut Heap<'_>, depth: usize) -> Outcome<Vec<(String, Parked)>> {
    heap.grow(heap.map(id).len())?;
    let entries = heap.map(id).entries().to_vec();
    entries.iter().map(|(key, value)| Ok((heap.printed(key)?, park(value, heap, depth)?))).collect()
}

fn too_deep(heap: &Heap<'_>) -> Box<Fault> {
    Fault::above(RenderErrorKind::ValueDepth, heap.limits.value_depth, "nested lists and maps")
}
