//! Seconds since 1970 and the two ways in which requests write a date.

use std::fmt;

/// The last second that four digits of a year can name, 9999-12-31T23:59:59Z.
const MAX_SECONDS: u64 = 253_402_300_799;
const DAY_SECONDS: u64 = 86_400;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A second in time, with its text in ISO 8601 basic format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    seconds: u64,
    text: [u8; 16],
}

impl Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z; what is beyond the year 9999 counts as its last second.
    pub fn from_unix_seconds(seconds: u64) -> Self {
        let seconds = seconds.min(MAX_SECONDS);
        let (year, month, day) = civil(seconds / DAY_SECONDS);
        let in_day = seconds % DAY_SECONDS;
        let mut text = *b"00000000T000000Z";
        digits(&mut text[0..4], year);
        digits(&mut text[4..6], month);
        digits(&mut text[6..8], day);
        digits(&mut text[9..11], in_day / 3600);
        digits(&mut text[11..13], in_day / 60 % 60);
        digits(&mut text[13..15], in_day % 60);
        Self { seconds, text }
    }

    /// The date of a request: ISO 8601 basic format (`20130524T000000Z`), or that of HTTP (`Fri, 24 May 2013 00:00:00
    /// GMT`), which a `Date` header has. `None` for another text, a date that does not exist, or one before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_basic(text.as_bytes()).or_else(|| Self::parse_http(text))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix_seconds(&self) -> u64 {
        self.seconds
    }

    /// E.g. `20130524T000000Z`.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.text).unwrap_or_default()
    }

    /// E.g. `20130524`.
    pub(crate) fn day(&self) -> &str {
        &self.as_str()[..8]
    }

    pub(crate) fn later(&self, seconds: u64) -> Self {
        Self::from_unix_seconds(self.seconds.saturating_add(seconds))
    }

    pub(crate) fn earlier(&self, seconds: u64) -> Self {
        Self::from_unix_seconds(self.seconds.saturating_sub(seconds))
    }

    fn parse_basic(text: &[u8]) -> Option<Self> {
        let text: &[u8; 16] = text.try_into().ok()?;
        let [year, month, day] = [number(&text[0..4])?, number(&text[4..6])?, number(&text[6..8])?];
        let clock = [number(&text[9..11])?, number(&text[11..13])?, number(&text[13..15])?];
        Self::of([year, month, day], clock).filter(|parsed| parsed.text == *text)
    }

    fn parse_http(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once(", ")?;
        let mut parts = rest.split(' ');
        let day = number(parts.next()?.as_bytes())?;
        let month = parts.next()?;
        let month = MONTHS.iter().zip(1..).find(|(name, _)| **name == month)?.1;
        let year = number(parts.next()?.as_bytes())?;
        let mut clock = parts.next()?.split(':').map(|part| number(part.as_bytes()));
        let clock = [clock.next()??, clock.next()??, clock.next()??];
        // Python writes `-0000` where HTTP has `GMT`.
        let zone = parts.next().filter(|zone| ["GMT", "UTC", "+0000", "-0000"].contains(zone));
        zone.filter(|_| parts.next().is_none())?;
        Self::of([year, month, day], clock)
    }

    fn of([year, month, day]: [u64; 3], [hour, minute, second]: [u64; 3]) -> Option<Self> {
        let clock_exists = hour < 24 && minute < 60 && second < 60;
        if !clock_exists || !(1970..=9999).contains(&year) {
            return None;
        }
        let days = days(year, month, day);
        // A day that no calendar has comes out as another one.
        (civil(days) == (year, month, day))
            .then(|| Self::from_unix_seconds(days * DAY_SECONDS + hour * 3600 + minute * 60 + second))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Days from 0000-03-01 to 1970-01-01. Years that begin in March have their leap day at the end, where it moves
/// nothing.
const EPOCH_DAYS: u64 = 719_468;
/// Days of 400 years, after which the calendar repeats itself.
const ERA_DAYS: u64 = 146_097;

/// Year, month and day of a day counted from 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + EPOCH_DAYS;
    let (era, in_era) = (days / ERA_DAYS, days % ERA_DAYS);
    let year_in_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_in_era + year_in_era / 4 - year_in_era / 100);
    let from_march = (5 * in_year + 2) / 153;
    let day = in_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_in_era + u64::from(month <= 2), month, day)
}

/// The reverse of [`civil`] for days that exist, from 1970 on; some day for others.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let (era, year_in_era) = (year / 400, year % 400);
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day;
    let in_era = year_in_era * 365 + year_in_era / 4 - year_in_era / 100 + in_year;
    (era * ERA_DAYS + in_era).saturating_sub(EPOCH_DAYS + 1)
}

fn digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

/// Up to four digits.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 4 {
        return None;
    }
    text.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
}
