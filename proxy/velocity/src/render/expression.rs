//! Values of expressions.

use super::{Flow, Renderer};
use crate::error::Outcome;
use crate::template::{Binary, Expression, Node, Operator};
use crate::value::Value;
use crate::value::number::{Arithmetic, compare, compute_short};
use std::cmp::Ordering;

impl<'a> Renderer<'a> {
    /// As [`Self::expression`], without a call for what most operands are.
    #[inline]
    pub(super) fn operand(&mut self, expression: &'a Expression) -> Outcome<Value<'a>> {
        match expression {
            Expression::Variable(variable) => Ok(self.variables[*variable]),
            Expression::Int(number) => Ok(Value::Int(*number)),
            Expression::Text(text) => Ok(Value::Text(text)),
            Expression::Reference(reference) => self.reference(reference),
            Expression::Binary(binary) => self.binary(binary),
            expression => self.expression(expression),
        }
    }

    pub(super) fn expression(&mut self, expression: &'a Expression) -> Outcome<Value<'a>> {
        Ok(match expression {
            Expression::Variable(variable) => self.variables[*variable],
            Expression::Reference(reference) => self.reference(reference)?,
            Expression::Text(text) => Value::Text(text),
            Expression::Int(number) => Value::Int(*number),
            Expression::Null => Value::Null,
            Expression::Bool(truth) => Value::Bool(*truth),
            Expression::Long(number) => Value::Long(*number),
            Expression::Double(number) => Value::Double(*number),
            Expression::Big(digits) => Value::Big(digits),
            Expression::Binary(binary) => self.binary(binary)?,
            Expression::Interpolated(nodes) => self.interpolated(nodes)?,
            Expression::List(items) => self.list(items)?,
            Expression::Map(entries) => self.map(entries)?,
            Expression::Range(first, last) => self.range(*first, *last)?,
            Expression::Not(operand) => {
                self.enter()?;
                let operand = self.operand(operand)?;
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

    fn binary(&mut self, binary: &'a Binary) -> Outcome<Value<'a>> {
        self.enter()?;
        let left = match &binary.left {
            Expression::Variable(variable) => self.variables[*variable],
            left => self.expression(left)?,
        };
        self.heap.spend(1)?;
        let value = match (&binary.right, binary.operator) {
            (Expression::Variable(variable), Operator::Arithmetic(operation)) => {
                let right = self.variables[*variable];
                self.arithmetic(&left, operation, &right)?
            }
            (Expression::Int(right), Operator::Arithmetic(operation)) => {
                self.arithmetic(&left, operation, &Value::Int(*right))?
            }
            (right, operator) => self.operation(left, operator, right)?,
        };
        self.levels -= 1;
        Ok(value)
    }

    #[inline(never)]
    fn list(&mut self, items: &'a [Expression]) -> Outcome<Value<'a>> {
        self.enter()?;
        let items: Outcome<Vec<_>> = items.iter().map(|item| self.expression(item)).collect();
        self.levels -= 1;
        Ok(Value::List(self.heap.new_list(items?, false)?))
    }

    #[inline(never)]
    fn map(&mut self, entries: &'a [(Expression, Expression)]) -> Outcome<Value<'a>> {
        self.enter()?;
        let map = self.heap.new_map()?;
        for (key, value) in entries {
            let key = self.expression(key)?;
            let value = self.expression(value)?;
            self.heap.put(map, as_key(key), value)?;
        }
        self.levels -= 1;
        Ok(Value::Map(map))
    }

    #[inline(never)]
    fn range(&mut self, first: i32, last: i32) -> Outcome<Value<'a>> {
        let length = usize::try_from(first.abs_diff(last)).unwrap_or(usize::MAX);
        self.heap.grow(length)?;
        let items = if first <= last {
            (first..=last).map(Value::Int).collect()
        } else {
            (last..=first).rev().map(Value::Int).collect()
        };
        Ok(Value::List(self.heap.new_list(items, false)?))
    }

    /// Whether a condition holds: as [`Self::expression`], without a value for what is only true or false.
    pub(super) fn condition(&mut self, expression: &'a Expression) -> Outcome<bool> {
        if let Expression::Binary(binary) = expression
            && let Some(accept) = order_of(binary.operator)
        {
            self.enter()?;
            let left = self.operand(&binary.left)?;
            let right = self.operand(&binary.right)?;
            self.levels -= 1;
            return Ok(compare(&left, &right).is_some_and(accept));
        }
        Ok(self.operand(expression)?.is_true())
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
            Operator::Arithmetic(operation) => self.arithmetic(&left, operation, &right)?,
        })
    }

    #[inline]
    fn arithmetic(
        &mut self,
        left: &Value<'a>,
        operation: Arithmetic,
        right: &Value<'a>,
    ) -> Outcome<Value<'a>> {
        match compute_short(left, operation, right) {
            Some(result) => Ok(result),
            None => self.long_arithmetic(left, operation, right),
        }
    }

    #[inline(never)]
    fn long_arithmetic(
        &mut self,
        left: &Value<'a>,
        operation: Arithmetic,
        right: &Value<'a>,
    ) -> Outcome<Value<'a>> {
        if operation == Arithmetic::Add && (is_text(left) || is_text(right)) {
            return self.joined(left, right);
        }
        Ok(self.heap.compute(left, operation, right)?.unwrap_or(Value::Null))
    }

    fn equal(&mut self, left: Value<'a>, right: Value<'a>) -> Outcome<bool> {
        let left = self.comparable(left)?;
        let right = self.comparable(right)?;
        self.heap.equal(&left, &right)
    }

    /// What only the renderer can look into, as the text it prints.
    fn comparable(&mut self, value: Value<'a>) -> Outcome<Value<'a>> {
        match value {
            Value::Block(_) | Value::Object(_) => self.text_of(&value).map(Value::Text),
            value => Ok(value),
        }
    }

    /// Two values as one text.
    #[inline(never)]
    fn joined(&mut self, left: &Value<'a>, right: &Value<'a>) -> Outcome<Value<'a>> {
        let start = self.out.len();
        self.print(left)?;
        self.print(right)?;
        self.cut(start).map(Value::Text)
    }

    /// A text in double quotes.
    #[inline(never)]
    fn interpolated(&mut self, nodes: &'a [Node]) -> Outcome<Value<'a>> {
        let start = self.out.len();
        let place = self.place;
        self.block(nodes)?;
        self.place = place;
        self.cut(start).map(Value::Text)
    }

    /// The value as a reference prints it.
    pub(super) fn text_of(&mut self, value: &Value<'a>) -> Outcome<&'a str> {
        if let Value::Text(text) = value {
            return Ok(text);
        }
        let start = self.out.len();
        self.print(value)?;
        self.cut(start)
    }

    /// Takes what was printed since `start` out of the output: texts are made where there is room already.
    pub(super) fn cut(&mut self, start: usize) -> Outcome<&'a str> {
        let text = self.heap.made(&self.out[start..]);
        self.out.truncate(start);
        // What ends a block within a text ends no more than the text.
        self.flow = Flow::Next;
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
