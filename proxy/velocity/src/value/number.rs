//! Java's numbers: what arithmetic gives, how they compare, and how they print.

use super::{Heap, Value};
use crate::error::Outcome;
use std::cmp::Ordering;
use std::fmt::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// The widest of the integers that arithmetic is exact for.
enum Wide {
    Integer(i128),
    Double(f64),
}

impl<'a> Value<'a> {
    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Value::Int(_) | Value::Long(_) | Value::Double(_) | Value::Big(_))
    }

    /// The whole number, for indices and counts; `None` for any other value.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(i64::from(*number)),
            Value::Long(number) => Some(*number),
            _ => None,
        }
    }

    fn wide(&self) -> Option<Wide> {
        Some(match self {
            Value::Int(number) => Wide::Integer(i128::from(*number)),
            Value::Long(number) => Wide::Integer(i128::from(*number)),
            Value::Double(number) => Wide::Double(*number),
            Value::Big(digits) => match digits.parse() {
                Ok(number) => Wide::Integer(number),
                Err(_) => Wide::Double(digits.parse().ok()?),
            },
            _ => return None,
        })
    }

    pub(crate) fn as_double(&self) -> Option<f64> {
        self.wide().map(|wide| wide.double())
    }

    /// The number that digits spell, as Velocity and JSON parsers read them: `Integer`, else `Long`, else
    /// `BigInteger`.
    pub(crate) fn from_digits(digits: &'a str) -> Self {
        match digits.parse::<i64>() {
            Ok(number) => i32::try_from(number).map_or(Value::Long(number), Value::Int),
            Err(_) => Value::Big(digits),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "Java's widening conversion loses precision too")]
fn to_double(number: i128) -> f64 {
    // The shorter conversion is one instruction.
    i64::try_from(number).map_or(number as f64, |number| number as f64)
}

/// The result where operands and result are Java's `Integer`.
#[inline]
pub(crate) fn compute_short<'a>(
    left: &Value<'a>,
    operation: Arithmetic,
    right: &Value<'a>,
) -> Option<Value<'a>> {
    let (Value::Int(left), Value::Int(right)) = (left, right) else { return None };
    match operation {
        Arithmetic::Add => left.checked_add(*right),
        Arithmetic::Subtract => left.checked_sub(*right),
        Arithmetic::Multiply => left.checked_mul(*right),
        Arithmetic::Divide | Arithmetic::Remainder => None,
    }
    .map(Value::Int)
}

impl<'a> Heap<'a> {
    /// The result, or `None` where Velocity gives null: operands that are no numbers, and division by zero.
    pub(crate) fn compute(
        &mut self,
        left: &Value<'a>,
        operation: Arithmetic,
        right: &Value<'a>,
    ) -> Outcome<Option<Value<'a>>> {
        let long = [left, right].iter().any(|value| !matches!(value, Value::Int(_)));
        let (Some(left), Some(right)) = (left.wide(), right.wide()) else { return Ok(None) };
        let (Wide::Integer(one), Wide::Integer(other)) = (&left, &right) else {
            let (left, right) = (left.double(), right.double());
            let divides = matches!(operation, Arithmetic::Divide | Arithmetic::Remainder);
            let result = (!divides || right != 0.0).then(|| Value::Double(doubles(left, operation, right)));
            return Ok(result);
        };
        let result = match operation {
            Arithmetic::Add => one.checked_add(*other),
            Arithmetic::Subtract => one.checked_sub(*other),
            Arithmetic::Multiply => one.checked_mul(*other),
            Arithmetic::Divide | Arithmetic::Remainder => {
                let divide =
                    if operation == Arithmetic::Divide { i128::checked_div } else { i128::checked_rem };
                return divide(*one, *other).map(|result| self.narrowed(result, long)).transpose();
            }
        };
        // Beyond 38 digits the result is not exact any more.
        Ok(Some(match result {
            Some(result) => self.narrowed(result, long)?,
            None => Value::Double(doubles(left.double(), operation, right.double())),
        }))
    }

    /// The narrowest of Java's kinds that is at least as wide as `Long` when `long`.
    fn narrowed(&mut self, number: i128, long: bool) -> Outcome<Value<'a>> {
        if let (false, Ok(number)) = (long, i32::try_from(number)) {
            return Ok(Value::Int(number));
        }
        match i64::try_from(number) {
            Ok(number) => Ok(Value::Long(number)),
            Err(_) => self.made(number.to_string()).map(Value::Big),
        }
    }
}

impl Wide {
    fn double(&self) -> f64 {
        match self {
            Self::Integer(number) => to_double(*number),
            Self::Double(number) => *number,
        }
    }
}

fn doubles(left: f64, operation: Arithmetic, right: f64) -> f64 {
    match operation {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    }
}

/// The order of two numbers; `None` when one is none.
pub(crate) fn compare(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => return Some(left.cmp(right)),
        (Value::Int(left), Value::Double(right)) => return f64::from(*left).partial_cmp(right),
        (Value::Double(left), Value::Int(right)) => return left.partial_cmp(&f64::from(*right)),
        (Value::Double(left), Value::Double(right)) => return left.partial_cmp(right),
        _ => {}
    }
    match (left.wide()?, right.wide()?) {
        (Wide::Integer(left), Wide::Integer(right)) => Some(left.cmp(&right)),
        (Wide::Integer(left), Wide::Double(right)) => to_double(left).partial_cmp(&right),
        (Wide::Double(left), Wide::Integer(right)) => left.partial_cmp(&to_double(right)),
        (Wide::Double(left), Wide::Double(right)) => left.partial_cmp(&right),
    }
}

/// Two digits each, from `00` to `99`.
const PAIRS: &str = "0001020304050607080910111213141516171819\
                     2021222324252627282930313233343536373839\
                     4041424344454647484950515253545556575859\
                     6061626364656667686970717273747576777879\
                     8081828384858687888990919293949596979899";

/// Appends an integer. By hand, because the formatting of the standard library takes several times as long.
pub(crate) fn write_integer(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    write_digits(number.unsigned_abs(), out);
}

fn write_digits(number: u64, out: &mut String) {
    match u32::try_from(number) {
        Ok(number) => write_few_digits(number, out),
        Err(_) => {
            write_digits(number / 100, out);
            let at = usize::try_from(number % 100).unwrap_or_default() * 2;
            out.push_str(&PAIRS[at..at + 2]);
        }
    }
}

/// Apart, because dividing 64 bits takes longer.
fn write_few_digits(number: u32, out: &mut String) {
    if number < 10 {
        let at = number as usize * 2 + 1;
        out.push_str(&PAIRS[at..=at]);
        return;
    }
    if number >= 100 {
        write_few_digits(number / 100, out);
    }
    let at = (number % 100) as usize * 2;
    out.push_str(&PAIRS[at..at + 2]);
}

/// Appends a double that has at most three decimals and fifteen digits, as most of those people write have.
fn write_short(number: f64, out: &mut String) -> bool {
    const DECIMALS: f64 = 1000.0;
    let scaled = number * DECIMALS;
    if scaled >= 1e15 || scaled.fract() != 0.0 || scaled / DECIMALS != number {
        return false;
    }
    // Two decimals of fifteen digits are never the same double, so this one is the shortest.
    #[expect(clippy::cast_possible_truncation, reason = "below 10^15 and whole")]
    let scaled = scaled as i64;
    write_integer(scaled / 1000, out);
    out.push('.');
    let fraction = scaled % 1000;
    let (digits, width) = match fraction {
        fraction if fraction % 100 == 0 => (fraction / 100, 1),
        fraction if fraction % 10 == 0 => (fraction / 10, 2),
        fraction => (fraction, 3),
    };
    if width == 3 && digits < 100 {
        out.push('0');
    }
    if width >= 2 && digits < 10 {
        out.push('0');
    }
    write_integer(digits, out);
    true
}

/// Appends a double as Java's `Double.toString` does: `2.0`, `1.0E10`, `1.0E-5`.
pub(crate) fn write_double(number: f64, out: &mut String) {
    if number.is_nan() {
        out.push_str("NaN");
        return;
    }
    if number.is_sign_negative() {
        out.push('-');
    }
    let number = number.abs();
    if number.is_infinite() {
        out.push_str("Infinity");
    } else if number == 0.0 {
        out.push_str("0.0");
    } else if (1e-3..1e7).contains(&number) {
        if write_short(number, out) {
            return;
        }
        let start = out.len();
        _ = write!(out, "{number}");
        if !out[start..].contains('.') {
            out.push_str(".0");
        }
    } else {
        let start = out.len();
        _ = write!(out, "{number:e}");
        let exponent = out[start..].find('e').map_or(out.len(), |at| start + at);
        let has_point = out[start..exponent].contains('.');
        out.replace_range(exponent..=exponent, if has_point { "E" } else { ".0E" });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::RenderLimits;
    use crate::value::Texts;

    #[test]
    fn integers_print_as_in_java() {
        let powers = (0..19).map(|power| 10_i64.pow(power));
        let near = powers.flat_map(|power| [power - 1, power, power + 1, power * 7, power * 9]);
        for number in near.chain([0, 1, 42, i64::from(u32::MAX), 1 << 32, i64::MAX, i64::MIN]) {
            for number in [number, number.wrapping_neg()] {
                let mut out = String::new();
                write_integer(number, &mut out);
                assert_eq!(out, number.to_string());
            }
        }
    }

    fn printed(number: f64) -> String {
        let mut out = String::new();
        write_double(number, &mut out);
        out
    }

    #[test]
    fn doubles_print_as_in_java() {
        for (number, expected) in [
            (2.0, "2.0"),
            (10.07, "10.07"),
            (10.007, "10.007"),
            (10.07 + 1e-9, "10.070000001"),
            (0.012, "0.012"),
            (-1234.5, "-1234.5"),
            (100.0, "100.0"),
            (0.05, "0.05"),
            (-0.0, "-0.0"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (1.234_567_89e8, "1.23456789E8"),
            (0.001, "0.001"),
            (0.000_99, "9.9E-4"),
            (1e-5, "1.0E-5"),
            (1e300, "1.0E300"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(printed(number), expected);
        }
    }

    #[test]
    fn short_doubles_are_the_shortest_that_read_back() {
        for thousandths in 1..200_000_i32 {
            let number = f64::from(thousandths) / 1000.0;
            for number in [number, number + f64::EPSILON, number * 33.3, number * 7.0] {
                let expected = format!("{number:?}");
                if (1e-3..1e7).contains(&number) {
                    assert_eq!(printed(number), expected);
                }
            }
        }
    }

    #[test]
    fn integers_widen_when_they_overflow() {
        let (limits, texts) = (RenderLimits::default(), Texts::default());
        let mut heap = Heap::new(&limits, &texts);
        let mut compute = |left: &_, operation, right: &_| heap.compute(left, operation, right).unwrap();
        let mut add = |left, right| compute(&left, Arithmetic::Add, &right);
        assert!(matches!(add(Value::Int(1), Value::Int(2)), Some(Value::Int(3))));
        assert!(matches!(add(Value::Int(i32::MAX), Value::Int(1)), Some(Value::Long(2_147_483_648))));
        assert!(matches!(add(Value::Long(1), Value::Int(2)), Some(Value::Long(3))));
        let Some(Value::Big(digits)) = add(Value::Long(i64::MAX), Value::Int(1)) else { unreachable!() };
        assert_eq!(digits, "9223372036854775808");
        let least = Value::Big("-170141183460469231731687303715884105728");
        assert!(matches!(
            compute(&least, Arithmetic::Divide, &Value::Int(-1)),
            None | Some(Value::Double(_))
        ));
    }

    #[test]
    fn division_by_zero_is_null() {
        let (limits, texts) = (RenderLimits::default(), Texts::default());
        let mut heap = Heap::new(&limits, &texts);
        let mut compute = |left: &_, operation, right: &_| heap.compute(left, operation, right).unwrap();
        for zero in [Value::Int(0), Value::Double(0.0), Value::Double(-0.0)] {
            assert!(compute(&Value::Int(1), Arithmetic::Divide, &zero).is_none());
            assert!(compute(&Value::Double(1.0), Arithmetic::Remainder, &zero).is_none());
        }
    }
}
