//! Java's numbers: what arithmetic gives, how they compare, and how they print.

use super::Value;
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
        Some(match self.wide()? {
            Wide::Integer(number) => to_double(number),
            Wide::Double(number) => number,
        })
    }

    /// The narrowest of Java's kinds that is at least as wide as `Long` when `long`.
    fn from_wide(number: i128, long: bool) -> Self {
        if let (false, Ok(number)) = (long, i32::try_from(number)) {
            return Value::Int(number);
        }
        match i64::try_from(number) {
            Ok(number) => Value::Long(number),
            Err(_) => Value::Big(number.to_string().into()),
        }
    }

    /// The number that digits spell, as Velocity and JSON parsers read them: `Integer`, else `Long`, else
    /// `BigInteger`.
    pub(crate) fn from_digits(digits: &str) -> Self {
        match digits.parse::<i64>() {
            Ok(number) => i32::try_from(number).map_or(Value::Long(number), Value::Int),
            Err(_) => Value::Big(digits.into()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "Java's widening conversion loses precision too")]
fn to_double(number: i128) -> f64 {
    number as f64
}

/// The result, or `None` where Velocity gives null: operands that are no numbers, and division by zero.
pub(crate) fn compute<'a>(left: &Value<'a>, operation: Arithmetic, right: &Value<'a>) -> Option<Value<'a>> {
    if let (Value::Int(left), Value::Int(right)) = (left, right) {
        let result = match operation {
            Arithmetic::Add => left.checked_add(*right),
            Arithmetic::Subtract => left.checked_sub(*right),
            Arithmetic::Multiply => left.checked_mul(*right),
            Arithmetic::Divide | Arithmetic::Remainder => None,
        };
        if let Some(result) = result {
            return Some(Value::Int(result));
        }
    }
    let long = [left, right].iter().any(|value| !matches!(value, Value::Int(_)));
    match (left.wide()?, right.wide()?) {
        (Wide::Integer(left), Wide::Integer(right)) => {
            let result = match operation {
                Arithmetic::Add => left.checked_add(right),
                Arithmetic::Subtract => left.checked_sub(right),
                Arithmetic::Multiply => left.checked_mul(right),
                Arithmetic::Divide => return Some(Value::from_wide(left.checked_div(right)?, long)),
                Arithmetic::Remainder => return Some(Value::from_wide(left.checked_rem(right)?, long)),
            };
            // Beyond 38 digits the result is not exact any more.
            Some(match result {
                Some(result) => Value::from_wide(result, long),
                None => Value::Double(doubles(to_double(left), operation, to_double(right))),
            })
        }
        (left, right) => {
            let double = |wide| match wide {
                Wide::Integer(number) => to_double(number),
                Wide::Double(number) => number,
            };
            let (left, right) = (double(left), double(right));
            let divides = matches!(operation, Arithmetic::Divide | Arithmetic::Remainder);
            (!divides || right != 0.0).then(|| Value::Double(doubles(left, operation, right)))
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
    if let (Value::Int(left), Value::Int(right)) = (left, right) {
        return Some(left.cmp(right));
    }
    match (left.wide()?, right.wide()?) {
        (Wide::Integer(left), Wide::Integer(right)) => Some(left.cmp(&right)),
        (Wide::Integer(left), Wide::Double(right)) => to_double(left).partial_cmp(&right),
        (Wide::Double(left), Wide::Integer(right)) => left.partial_cmp(&to_double(right)),
        (Wide::Double(left), Wide::Double(right)) => left.partial_cmp(&right),
    }
}

/// Appends an integer. By hand, because the formatting of the standard library takes several times as long.
pub(crate) fn write_integer(number: i64, out: &mut String) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        start -= 1;
        // A remainder of ten is one digit.
        digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push('-');
    }
    out.push_str(std::str::from_utf8(&digits[start..]).unwrap_or_default());
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
    use super::*;

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
        let add = |left, right| compute(&left, Arithmetic::Add, &right);
        assert!(matches!(add(Value::Int(1), Value::Int(2)), Some(Value::Int(3))));
        assert!(matches!(add(Value::Int(i32::MAX), Value::Int(1)), Some(Value::Long(2_147_483_648))));
        assert!(matches!(add(Value::Long(1), Value::Int(2)), Some(Value::Long(3))));
        let Some(Value::Big(digits)) = add(Value::Long(i64::MAX), Value::Int(1)) else { unreachable!() };
        assert_eq!(&*digits, "9223372036854775808");
        let least = Value::Big("-170141183460469231731687303715884105728".into());
        assert!(matches!(
            compute(&least, Arithmetic::Divide, &Value::Int(-1)),
            None | Some(Value::Double(_))
        ));
    }

    #[test]
    fn division_by_zero_is_null() {
        for zero in [Value::Int(0), Value::Double(0.0), Value::Double(-0.0)] {
            assert!(compute(&Value::Int(1), Arithmetic::Divide, &zero).is_none());
            assert!(compute(&Value::Double(1.0), Arithmetic::Remainder, &zero).is_none());
        }
    }
}
