//! Dates as requests write them.

use crate::Timestamp;

#[test]
fn seconds_become_dates() {
    for (seconds, text) in [
        (0, "19700101T000000Z"),
        (951_782_399, "20000228T235959Z"),
        (951_782_400, "20000229T000000Z"),
        (1_440_938_160, "20150830T123600Z"),
        (4_107_542_399, "21000228T235959Z"),
        (4_107_542_400, "21000301T000000Z"),
        (253_402_300_799, "99991231T235959Z"),
    ] {
        let time = Timestamp::from_unix_seconds(seconds);
        assert_eq!(time.as_str(), text);
        assert_eq!(time.day(), &text[..8]);
        assert_eq!(Timestamp::parse(text).map(|time| time.unix_seconds()), Some(seconds), "{text}");
    }
    assert_eq!(Timestamp::from_unix_seconds(253_402_300_800).as_str(), "99991231T235959Z");
    assert_eq!(Timestamp::from_unix_seconds(u64::MAX), Timestamp::from_unix_seconds(253_402_300_799));
}

#[test]
fn every_day_of_four_centuries_is_read_again() {
    for day in 0..146_097 {
        let time = Timestamp::from_unix_seconds(day * 86_400 + day % 86_400);
        assert_eq!(Timestamp::parse(time.as_str()), Some(time));
    }
}

#[test]
fn dates_of_http_are_read() {
    let expected = Timestamp::from_unix_seconds(1_440_938_160);
    for zone in ["GMT", "UTC", "+0000", "-0000"] {
        assert_eq!(Timestamp::parse(&format!("Sun, 30 Aug 2015 12:36:00 {zone}")), Some(expected));
    }
}

#[test]
fn other_dates_are_refused() {
    for text in [
        "",
        "20150830",
        "2015-08-30T12:36:00Z",
        "20150830T123600",
        "20150830t123600z",
        "20150830T123600z",
        "20150830T123600ZZ",
        "20150229T000000Z",
        "20150431T000000Z",
        "20150001T000000Z",
        "20151301T000000Z",
        "20150100T000000Z",
        "20150830T240000Z",
        "20150830T126000Z",
        "20150830T123660Z",
        "19691231T235959Z",
        "+2015830T123600Z",
        "2015083éT12360Z",
        "Sun, 30 Aug 2015 12:36:00",
        "Sun, 30 Aug 2015 12:36:00 CET",
        "Sun, 30 Aug 2015 12:36:00 GMT x",
        "Sun, 31 Feb 2015 12:36:00 GMT",
        "Sun, 30 aug 2015 12:36:00 GMT",
        "Sun, 30 Aug 99999 12:36:00 GMT",
        "Sun, 30 Aug 2015 12:36 GMT",
    ] {
        assert_eq!(Timestamp::parse(text), None, "{text}");
    }
}
