//! Every form that is read, and some that are not.

use super::*;

#[track_caller]
fn check(text: &str, instant: Option<&str>, day: Option<&str>, clock: Clock) {
    let moment = DateTimeText::read(text).unwrap_or_else(|| panic!("{text} is not read"));
    assert_eq!((moment.instant().ok().as_deref(), moment.local_day().as_deref()), (instant, day), "{text}");
    assert_eq!(moment.clock(), clock, "{text}");
}

#[test]
fn instants_have_an_offset() {
    let day = Some("2024-12-13");
    let check = |text: &str, instant: &str| check(text, Some(instant), day, Clock::Known);
    check("2024-12-13T10:00:00Z", "2024-12-13T10:00:00Z");
    check("2024-12-13 23:30:00+02:00", "2024-12-13T23:30:00+02:00");
    check("2024-12-13T10:00:00.120500+0100", "2024-12-13T10:00:00.120500+01:00");
    check("2024-12-13T10:00:00,5Z", "2024-12-13T10:00:00.5Z");
    check("2024-12-13T10:00:00.120500000000Z", "2024-12-13T10:00:00.120500000000Z");
    check("2024-12-13T10:00-05", "2024-12-13T10:00:00-05:00");
    check("2024-12-13T10Z", "2024-12-13T10:00:00Z");
    check("2024-12-13 10:00:00 UTC", "2024-12-13T10:00:00Z");
    check("2024-12-13  10:00:00 +0100", "2024-12-13T10:00:00+01:00");
    check("2024-12-13T00:00:00+05:30", "2024-12-13T00:00:00+05:30");
    check("2024-12-13T10:00:00+01:00[Europe/Berlin]", "2024-12-13T10:00:00+01:00");
    check("20241213T101500Z", "2024-12-13T10:15:00Z");
    check("20241213T101500.25+0100", "2024-12-13T10:15:00.25+01:00");
    check("2024-W50-5T10:00:00Z", "2024-12-13T10:00:00Z");
    check("2024-348T10:00:00Z", "2024-12-13T10:00:00Z");
    check("Fri, 13 Dec 2024 10:00:00 +0000", "2024-12-13T10:00:00+00:00");
    check("13 Dec 2024 10:00 GMT", "2024-12-13T10:00:00Z");
    check("Friday, 13 Dec 2024 10:00:00+0100", "2024-12-13T10:00:00+01:00");
    check("Fri, 13 Dec 24 10:00:00 GMT", "2024-12-13T10:00:00Z");
    check("Fri, 13 Dec 124 10:00:00 GMT", "2024-12-13T10:00:00Z");
    check("Fri, 13 Dec 2024 10:00:00 UT", "2024-12-13T10:00:00Z");
    check("Fri, 13 Dec 2024 10:00:00 +0100 (CET)", "2024-12-13T10:00:00+01:00");
    check("Fri Dec 13 2024 10:00:00 GMT+0100 (Central European Standard Time)", "2024-12-13T10:00:00+01:00");
    check("Fri Dec 13 10:00:00 +0000 2024", "2024-12-13T10:00:00+00:00");
    check("Fri Dec 13 10:00:00 UTC 2024", "2024-12-13T10:00:00Z");
}

#[test]
fn zones_of_mail() {
    for (zone, offset) in [
        ("EST", "-05:00"),
        ("EDT", "-04:00"),
        ("CST", "-06:00"),
        ("CDT", "-05:00"),
        ("MST", "-07:00"),
        ("mdt", "-06:00"),
        ("PST", "-08:00"),
        ("PDT", "-07:00"),
        ("Z", "Z"),
    ] {
        let instant = format!("2024-12-13T10:00:00{offset}");
        check(&format!("Fri, 13 Dec 2024 10:00:00 {zone}"), Some(&instant), Some("2024-12-13"), Clock::Known);
    }
    // No standard says what these mean.
    for zone in ["A", "M", "Y", "CET", "CEST", "BST", "IST", "ACEDT"] {
        check(&format!("Fri, 13 Dec 2024 10:00:00 {zone}"), None, Some("2024-12-13"), Clock::Naive);
        check(&format!("2024-12-13 10:00:00 {zone}"), None, Some("2024-12-13"), Clock::Naive);
    }
    // The zones of mail are those of mail alone.
    check("2024-12-13 10:00:00 EST", None, Some("2024-12-13"), Clock::Naive);
}

#[test]
fn years_of_two_digits() {
    for (year, want) in [("00", "2000"), ("49", "2049"), ("50", "1950"), ("99", "1999"), ("101", "2001")] {
        let want = format!("{want}-12-13");
        check(&format!("13 Dec {year} 10:00:00"), None, Some(&want), Clock::Naive);
    }
}

#[test]
fn no_offset_no_instant() {
    let day = Some("2024-12-13");
    for text in ["2024-12-13", "20241213", "2024-W50-5", "2024W505", "2024-348", "2024-12-13Z", "13 Dec 2024"] {
        check(text, None, day, Clock::None);
    }
    for text in ["2024-12-13T00:00:00", "2024-12-13 00:00:00.000000", "20241213000000", "2024-12-13T00"] {
        check(text, None, day, Clock::Midnight);
    }
    for text in [
        "2024-12-13 10:00:00",
        "2024-12-13T06:00",
        " 2024-12-13T00:00:01 ",
        "20241213100000",
        "2024-12-13T10:00:00[Europe/Berlin]",
        "Fri, 13 Dec 2024 10:00:00",
        "Fri Dec 13 10:00:00 2024",
    ] {
        check(text, None, day, Clock::Naive);
    }
    check("0001-02-03", None, Some("0001-02-03"), Clock::None);
}

#[test]
fn no_local_time_no_day() {
    check("2024-12-13T23:00:00-00:00", Some("2024-12-13T23:00:00-00:00"), None, Clock::Known);
    check("Fri, 13 Dec 2024 23:00:00 -0000", Some("2024-12-13T23:00:00-00:00"), None, Clock::Known);
}

#[test]
fn what_no_column_can_hold_is_no_instant() {
    let why = |text: &str| DateTimeText::read(text).unwrap().instant().unwrap_err();
    for text in ["2016-12-31T23:59:60Z", "20161231T235960Z", "2016-12-31 23:59:60.5+00:00", "31 Dec 2016 23:59:60 GMT"]
    {
        assert_eq!(why(text), NoInstant::Leap, "{text}");
        check(text, None, Some("2016-12-31"), Clock::Known);
    }
    assert_eq!(why("2024-12-13T10:00:00.1234567Z"), NoInstant::Finer);
    assert_eq!(why("9999-12-31T23:59:59-00:01"), NoInstant::Year);
    assert_eq!(why("0000-01-01T00:00:00+00:01"), NoInstant::Year);
    check("9999-12-31T23:59:59.999999Z", Some("9999-12-31T23:59:59.999999Z"), Some("9999-12-31"), Clock::Known);
}

#[test]
fn utc_by_definition() {
    let utc = |text: &str| DateTimeText::read(text).unwrap().or_utc().instant();
    assert_eq!(utc("2024-12-13T10:00:00").as_deref(), Ok("2024-12-13T10:00:00Z"));
    assert_eq!(utc("20241213100000").as_deref(), Ok("2024-12-13T10:00:00Z"));
    assert_eq!(utc("2024-12-13T10:00:00+01:00").as_deref(), Ok("2024-12-13T10:00:00+01:00"));
    for text in ["2024-12-13", "2024-12-13 10:00:00 CET", "2024-12-13T10:00:00[Europe/Berlin]"] {
        assert_eq!(utc(text), Err(NoInstant::Offset), "{text}");
    }
}

#[test]
fn numbers() {
    #[track_caller]
    fn check(text: &str, scale: usize, want: Option<Result<&str, NoInstant>>) {
        assert_eq!(from_epoch(text, scale), want.map(|want| want.map(str::to_owned)), "{text}");
    }
    check("0", 0, Some(Ok("1970-01-01T00:00:00Z")));
    check("1734084000", 0, Some(Ok("2024-12-13T10:00:00Z")));
    check("1734084000.25", 0, Some(Ok("2024-12-13T10:00:00.25Z")));
    check("-0.5", 0, Some(Ok("1969-12-31T23:59:59.5Z")));
    check("1734084000123", 3, Some(Ok("2024-12-13T10:00:00.123Z")));
    check("1734084000123.4565", 3, Some(Err(NoInstant::Finer)));
    check("1734084000.12345678", 0, Some(Err(NoInstant::Finer)));
    check("1734084000123", 0, Some(Err(NoInstant::Year)));
    check("99999999999999999999", 0, Some(Err(NoInstant::Year)));
    check("-99999999999", 0, Some(Err(NoInstant::Year)));
    for text in ["", "-", "1.", ".5", "1e9", "+1", "2024-12-13", "１"] {
        check(text, 0, None);
    }
    let struct_time = |numbers: &[i64]| from_struct_time(numbers).map(Result::ok);
    assert_eq!(struct_time(&[2024, 12, 13, 10, 0, 5, 4, 348, 0]), Some(Some("2024-12-13T10:00:05Z".to_owned())));
    assert_eq!(struct_time(&[2016, 12, 31, 23, 59, 60, 5, 366, 0]), Some(None));
    assert_eq!(struct_time(&[2024, 13, 1, 0, 0, 0, 0, 0, 0]), None);
    assert_eq!(struct_time(&[2024, 12, 13]), None);
}

#[test]
fn everything_else_is_not_read() {
    for text in [
        "",
        "-",
        "2024",
        "2024-12",
        "2024-13-01",
        "2024-02-30",
        "2024-366T",
        "2024348",
        "2023-366",
        "2024-W54-1",
        "2024-12-13T",
        "2024-12-13T1",
        "2024-12-13T24:00:00Z",
        "2024-12-13T10:60:00Z",
        "2024-12-13T10:00:00+24:00",
        "2024-12-13T10:00:00+01:00:30",
        "2024-12-13T10:00:00.Z",
        "2024-12-13T10:00.5Z",
        "2024-12-13T10:00:00+01:00 CET",
        "2024-12-13 10:00:00 o'clock",
        "2024-12-13x",
        "13/12/2024",
        "1734084000",
        "1734084000000",
        "Published on June 15, 2022",
        "Dec. 21, 2024",
        "Fri, 13 Dez 2024 10:00:00 +0000",
        "Fri, 13 Dec 2024 10:00:00 +0000 x",
        "13 Dec 24",
        "+024-12-13",
        "+002024-12-13",
        "２０２４-12-13",
        "2024-12-13T10:00:00+1é",
        "2024-12-13é10:00:00",
    ] {
        assert_eq!(DateTimeText::read(text), None, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "[0-9TZW:+., -]{0,30}|[0-9]{0,15}|\\PC{0,30}|[A-Z][a-z]{2},? [0-9]{1,2} [A-Z][a-z]{2} [0-9]{2,4} [0-9:.]{0,9} ?\\PC{0,8}") {
        if let Some(moment) = DateTimeText::read(&text) {
            assert_eq!(moment.day().len(), 10);
            if let Ok(instant) = moment.instant() {
                let parsed: Result<jiff::Timestamp, _> = instant.parse();
                // The library's own instants end a day before the year 9999 does and have nine digits.
                let fits = !instant.starts_with("9999-12-3") && instant.len() < 30;
                proptest::prop_assert!(parsed.is_ok() || !fits, "{instant}");
            }
        }
    }
}
