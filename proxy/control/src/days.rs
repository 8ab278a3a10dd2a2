//! Days of the calendar in UTC, which quotas and exports go by.

use crate::entities::Quota;

/// A day, as its number since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) i64);

const SECONDS_OF_DAY: u64 = 24 * 60 * 60;
/// Days of the 400 years after which the calendar repeats.
const DAYS_OF_ERA: i64 = 146_097;
/// From 0000-03-01 to 1970-01-01. Years are counted from March, so that the day of leap years comes last.
const DAYS_TO_1970: i64 = 719_468;

impl Day {
    /// The day of a time in seconds since 1970.
    pub(crate) fn of(seconds: u64) -> Self {
        Self(i64::try_from(seconds / SECONDS_OF_DAY).unwrap_or(i64::MAX))
    }

    /// From `YYYY-MM-DD`; `None` where there is no such day.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == 10
            && text.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !well_formed {
            return None;
        }
        let mut parts = text.split('-').map(|part| part.parse::<i64>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let parsed = Self::at(year, month, day);
        // A day past the end of its month comes out as another one.
        (parsed.date() == (year, month, day)).then_some(parsed)
    }

    /// As `YYYY-MM-DD`.
    pub(crate) fn text(self) -> String {
        let (year, month, day) = self.date();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// The day that the period of a quota began on that this day is in.
    pub(crate) fn period(self, quota: &Quota) -> Self {
        match quota.period.as_deref() {
            Some("WEEK") => Self(self.0 - (self.weekday() - quota.offset).rem_euclid(7)),
            Some("MONTH") => {
                let (year, month, day) = self.date();
                let first = 1 + quota.offset;
                match (day >= first, month) {
                    (true, _) => Self::at(year, month, first),
                    (false, 1) => Self::at(year - 1, 12, first),
                    (false, _) => Self::at(year, month - 1, first),
                }
            }
            _ => self,
        }
    }

    /// 0 for Sunday; the first day of 1970 was a Thursday.
    fn weekday(self) -> i64 {
        (self.0 + 4).rem_euclid(7)
    }

    fn at(year: i64, month: i64, day: i64) -> Self {
        let year = if month > 2 { year } else { year - 1 };
        let months_from_march = (month + 9) % 12;
        let day_of_year = (153 * months_from_march + 2) / 5 + day - 1;
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        Self(year * 365 + leap_days + day_of_year - DAYS_TO_1970)
    }

    fn date(self) -> (i64, i64, i64) {
        let days = self.0.saturating_add(DAYS_TO_1970);
        let (era, day_of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
        // Without the leap days, every year has 365.
        let leapless = day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096;
        let year_of_era = leapless / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * months_from_march + 2) / 5 + 1;
        let month = (months_from_march + 2) % 12 + 1;
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        (year, month, day)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_are_numbered_from_1970() {
        for (text, number) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2023-11-14", 19_675),
            ("2100-03-01", 47_541),
        ] {
            assert_eq!(Day::parse(text), Some(Day(number)), "{text}");
            assert_eq!(Day(number).text(), text);
        }
        assert_eq!(Day::of(1_700_000_000).text(), "2023-11-14");
        assert_eq!(Day::of(86_399).text(), "1970-01-01");
    }

    #[test]
    fn what_is_no_day_is_none() {
        let wrong = ["", "2023-11-1", "2023-02-29", "2023-13-01", "2023-00-01", "2023-04-31", "2023-04-00"];
        for text in
            wrong.into_iter().chain(["20231114aa", "2023/11/14", "+023-11-14", "2023-11-14T", "２０２３"])
        {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn periods_begin_at_their_offset() {
        // 2023-11-14 was a Tuesday.
        for (period, offset, day, begin) in [
            ("DAY", 0, "2023-11-14", "2023-11-14"),
            ("WEEK", 0, "2023-11-14", "2023-11-12"),
            ("WEEK", 2, "2023-11-14", "2023-11-14"),
            ("WEEK", 3, "2023-11-14", "2023-11-08"),
            ("WEEK", 6, "2023-11-14", "2023-11-11"),
            ("MONTH", 0, "2023-11-14", "2023-11-01"),
            ("MONTH", 13, "2023-11-14", "2023-11-14"),
            ("MONTH", 14, "2023-11-14", "2023-10-15"),
            ("MONTH", 27, "2024-01-01", "2023-12-28"),
        ] {
            let quota = Quota { limit: 1, offset, period: Some(period.into()) };
            assert_eq!(Day::parse(day).unwrap().period(&quota).text(), begin, "{period} {offset}");
        }
    }

    proptest! {
        #[test]
        fn every_day_comes_back_from_its_text(number in -719_468_i64..2_932_896) {
            let day = Day(number);
            prop_assert_eq!(Day::parse(&day.text()), Some(day));
            prop_assert!(Day(number + 1).date() > day.date());
        }
    }
}
