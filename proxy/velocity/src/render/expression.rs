//! Values of expressions.

use super::Renderer;
use crate::error::Outcome;
use crate::template::{Expression, Node, Operator};
use crate::value::number::{Arithmetic, compare, compute};
use crate::value::{Text, Value};
use std::cmp::Ordering;

impl<'a> Renderer<'a> {
    pub(super) fn expression(&mut self, expression: &'a Expression) -> Outcome<Value<'a>> {
        Ok(match expression {
            Expression::Null => Value::Null,
            Expression::Bool(truth) => Value::Bool(*truth),
            Expression::Int(number) => Value::Int(*number),
            Expression::Long(number) => Value::Long(*number),
            Expression::Double(number) => Value::Double(*number),
            Expression::Big(digits) => Value::Big((&**digits).into()),
            Expression::Text(text) => Value::Text(Text::Borrowed(text)),
            Expression::Reference(reference) => self.reference(reference)?,
            Expression::Interpolated(nodes) => self.interpolated(nodes)?,
            Expression::List(items) => {
                self.enter()?;
                let items: Outcome<Vec<_>> = items.iter().map(|item| self.expression(item)).collect();
                self.levels -= 1;
                Value::List(self.heap.new_list(items?, false)?)
            }
            Expression::Map(entries) => {
                self.enter()?;
                let map = self.heap.new_map()?;
                for (key, value) in entries {
                    let key = self.expression(key)?;
                    let value = self.expression(value)?;
                    self.heap.put(map, as_key(key), value)?;
                }
                self.levels -= 1;
                Value::Map(map)
            }
            Expression::Range(first, last) => {
                let length = usize::try_from(first.abs_diff(*last)).unwrap_or(usize::MAX);
                self.heap.grow(length)?;
                let items = if first <= last {
                    (*first..=*last).map(Value::Int).collect()
                } else {
                    (*last..=*first).rev().map(Value::Int).collect()
                };
                Value::List(self.heap.new_list(items, false)?)
            }
            Expression::Not(operand) => {
                self.enter()?;
                let operand = self.expression(operand)?;
                self.levels -= 1;
                Value::Bool(!operand.is_true())
            }
            Expression::Chain(first, rest) => {
                self.enter()?;
                let mut value = self.expression(first)?;
                for (operator, operand) in rest {
                    self.heap.spend(1)?;
                    value = self.operation(value, *operator, operand)?;
                }
                self.levels -= 1;
                value
            }
        })
    }

    /// Whether a condition holds: as [`Self::expression`], without a value for what is only true or false.
    pub(super) fn condition(&mut self, expression: &'a Expression) -> Outcome<bool> {
        if let Expression::Chain(first, rest) = expression
            && let [(operator, operand)] = &**rest
            && let Some(accept) = order_of(*operator)
        {
            self.enter()?;
            let left = self.expression(first)?;
            let right = self.expression(operand)?;
            self.levels -= 1;
            return Ok(compare(&left, &right).is_some_and(accept));
        }
        Ok(self.expression(expression)?.is_true())
    }

    fn operation(
        &mut self,
        left: Value<'a>,
        operator: Operator,
        right: &'a Expression,
    ) -> Outcome<Value<'a>> {
        // The right side of these is not looked at when the left decides.
        match operator {
            Operator::Or if left.is_true() => return Ok(Value::Bool(true)),
            Operator::And if !left.is_true() => return Ok(Value::Bool(false)),
            _ => {}
        }
        let right = self.expression(right)?;
        if let Some(accept) = order_of(operator) {
            return Ok(Value::Bool(compare(&left, &right).is_some_and(accept)));
        }
        Ok(match operator {
            Operator::And | Operator::Or => Value::Bool(right.is_true()),
            Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => Value::Bool(false),
            Operator::Equal => Value::Bool(self.equal(left, right)?),
            Operator::NotEqual => Value::Bool(!self.equal(left, right)?),
            Operator::Arithmetic(Arithmetic::Add) if is_text(&left) || is_text(&right) => {
                self.joined(&left, &right)?
            }
            Operator::Arithmetic(operation) => compute(&left, operation, &right).unwrap_or(Value::Null),
        })
    }

    fn equal(&mut self, left: Value<'a>, right: Value<'a>) -> Outcome<bool> {
        let left = self.comparable(left)?;
        let right = self.comparable(right)?;
        self.heap.equal(&left, &right)
    }

    /// What only the renderer can look into, as the text it prints.
    fn comparable(&mut self, value: Value<'a>) -> Outcome<Value<'a>> {
        match value {
            Value::Block(_) | Value::Object(_) => Ok(Value::Text(self.text_of(&value)?)),
            value => Ok(value),
        }
    }

    /// Two values as one text.
    fn joined(&mut self, left: &Value<'a>, right: &Value<'a>) -> Outcome<Value<'a>> {
        let start = self.out.len();
        self.print(left)?;
        self.print(right)?;
        self.cut(start)
    }

    /// A text in double quotes.
    fn interpolated(&mut self, nodes: &'a [Node]) -> Outcome<Value<'a>> {
        let start = self.out.len();
        let place = self.place;
        self.block(nodes)?;
        self.place = place;
        self.cut(start)
    }

    /// The value as a reference prints it.
    pub(super) fn text_of(&mut self, value: &Value<'a>) -> Outcome<Text<'a>> {
        if let Value::Text(text) = value {
            return Ok(text.clone());
        }
        let start = self.out.len();
        self.print(value)?;
        match self.cut(start)? {
            Value::Text(text) => Ok(text),
            _ => Ok(Text::Borrowed("")),
        }
    }

    /// Takes what was printed since `start` out of the output: texts are made where there is room already.
    fn cut(&mut self, start: usize) -> Outcome<Value<'a>> {
        let text = self.heap.made(&self.out[start..]);
        self.out.truncate(start);
        text
    }
}

/// What an operator that compares accepts; what has no order is never accepted.
fn order_of(operator: Operator) -> Option<fn(Ordering) -> bool> {
    match operator {
        Operator::Less => Some(Ordering::is_lt),
        Operator::AtMost => Some(Ordering::is_le),
        Operator::Greater => Some(Ordering::is_gt),
        Operator::AtLeast => Some(Ordering::is_ge),
        _ => None,
    }
}

/// An undefined variable adds itself like the empty text it stands for.
fn is_text(value: &Value<'_>) -> bool {
    matches!(value, Value::Text(_) | Value::Context(_) | Value::Block(_)) || value.is_nothing()
}

/// An undefined key is the empty text.
pub(super) fn as_key(key: Value<'_>) -> Value<'_> {
    match key {
        Value::Undefined | Value::Context(_) => Value::EMPTY,
        key => key,
    }
}
