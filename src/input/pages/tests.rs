//! Page dumps small enough to be read at a glance, and what each is split into.

use proptest::prelude::*;

use super::*;

const TWO_PAGES: &str = "\
Rain in Zürich

A wet street. (Jo Doe / AFP)
A wet street. (Jo Doe / AFP)
TT

Rain in Zürich

A wet street. (Jo Doe / AFP)
A wet street. (Jo Doe / AFP)

It rained.

It stopped.



Snow in Bern

A white roof.
Children. (AP)
TT

Snow in Bern

A white roof.
Children. (AP)

It snowed.
It snowed on.
It snowed.
";

/// A dump told in one line per piece: enough to see what went where.
fn story(dump: &str) -> Vec<String> {
    let tell = |piece: Piece| match piece {
        Piece::Page(page) => {
            let captions: Vec<_> = page.images.iter().map(|image| &image.caption).collect();
            let Lines { first, last } = page.lines;
            format!("{first}-{last} {} {captions:?} {:?}", page.title, page.paragraphs)
        }
        Piece::Unsplit { lines: Lines { first, last }, reason, .. } => {
            format!("{first}-{last} {reason:?}")
        }
    };
    split(dump, &Rules::default()).into_iter().map(tell).collect()
}

#[track_caller]
fn check(dump: &str, expected: &[&str]) {
    assert_eq!(story(dump), expected);
    check_account(dump);
}

#[track_caller]
fn check_drops(dump: &str, expected: &[(u64, u64, &str)]) {
    let pieces = split(dump, &Rules::default());
    let [Piece::Page(page)] = pieces.as_slice() else { panic!("not one page: {pieces:?}") };
    let drops = page.drops.iter().map(|drop| (drop.lines.first, drop.lines.last, drop.rule.name()));
    assert_eq!(drops.collect::<Vec<_>>(), expected);
}

/// Every line of the dump is in exactly one place, and what a page holds is what its account says.
#[track_caller]
fn check_account(dump: &str) {
    check_account_by(dump, &Rules::default());
}

#[track_caller]
fn check_account_by(dump: &str, rules: &Rules) {
    let (mut line, mut byte) = (1, 0);
    for piece in split(dump, rules) {
        let (lines, bytes) = match &piece {
            Piece::Page(page) => (page.lines, page.bytes.clone()),
            Piece::Unsplit { lines, bytes, .. } => (*lines, bytes.clone()),
        };
        assert_eq!((lines.first, bytes.start), (line, byte), "a gap or an overlap");
        let text = &dump[bytes.clone()];
        assert_eq!(lines.last + 1 - lines.first, text.lines().count() as u64);
        if let Piece::Page(page) = &piece {
            check_page(page, text);
        }
        (line, byte) = (lines.last + 1, bytes.end);
    }
    assert_eq!((line, byte), (dump.lines().count() as u64 + 1, dump.len()), "lines left over");
}

#[track_caller]
fn check_page(page: &Page, text: &str) {
    let mut next = page.lines.first;
    let mut kept: [Vec<&str>; 3] = Default::default();
    let mut drops = Vec::new();
    let mut lines = text.lines();
    for (run, fate) in &page.account {
        assert_eq!(run.first, next, "a gap or an overlap");
        next = run.last + 1;
        let run_lines: Vec<_> = (run.first..next).filter_map(|_| lines.next()).collect();
        match fate {
            Fate::Title => kept[0].extend(run_lines),
            Fate::Caption => kept[1].extend(run_lines),
            Fate::Body => kept[2].extend(run_lines),
            Fate::Dropped(rule) => drops.push(DroppedLine { lines: *run, rule: *rule }),
        }
    }
    assert_eq!(next, page.lines.last + 1, "lines left over");
    assert_eq!(kept[0], [page.title.as_str()]);
    assert_eq!(kept[1].len(), page.images.len());
    for (line, image) in kept[1].iter().zip(&page.images) {
        assert!(line.starts_with(&image.caption) && line.contains(image.credit.as_deref().unwrap_or_default()));
    }
    assert_eq!(kept[2], page.paragraphs.join("\n").lines().collect::<Vec<_>>());
    assert!(!page.paragraphs.is_empty());
    assert_eq!(drops, page.drops);
}

#[test]
fn two_pages_with_captions() {
    let rain = r#"1-17 Rain in Zürich ["A wet street."] ["It rained.", "It stopped."]"#;
    let snow = concat!(
        r#"18-31 Snow in Bern ["A white roof.", "Children."] "#,
        r#"["It snowed.", "It snowed on.", "It snowed."]"#,
    );
    check(TWO_PAGES, &[rain, snow]);
    check(&TWO_PAGES.replace('\n', "\r\n"), &[rain, snow]);
    check(TWO_PAGES.trim_end(), &[rain, snow]);
}

#[test]
fn credits_are_parted_from_captions() {
    let pieces = split(TWO_PAGES, &Rules::default());
    let images = pieces.iter().flat_map(|piece| match piece {
        Piece::Page(page) => page.images.as_slice(),
        Piece::Unsplit { .. } => &[],
    });
    let credits: Vec<_> = images.map(|image| image.credit.as_deref()).collect();
    assert_eq!(credits, [Some("Jo Doe / AFP"), None, Some("AP")]);
}

#[test]
fn a_page_needs_no_caption() {
    check("T\nTT\nT\nbody\n", &[r#"1-4 T [] ["body"]"#]);
    check("T\n\nTT\n\nT\n\nbody\n", &[r#"1-7 T [] ["body"]"#]);
    check("T\n\nTT\nT\nold\n\nU\n\nTT\nU\nnew", &[r#"1-6 T [] ["old"]"#, r#"7-11 U [] ["new"]"#]);
}

#[test]
fn the_repeated_title_finds_the_title() {
    check("T\ncaption\nTT\nT\nbody", &[r#"1-5 T ["caption"] ["body"]"#]);
    check("T\n\ncaption\n\nTT\nT\nbody", &[r#"1-7 T ["caption"] ["body"]"#]);
    check("T\nTT\nT\nold\nU\ncaption\nTT\nU\nnew", &[r#"1-4 T [] ["old"]"#, r#"5-9 U ["caption"] ["new"]"#]);
    check(" T\u{a0}\r\n\r\nTT \r\nT\r\nbody ", &["1-5  T\u{a0} [] [\"body \"]"]);
}

#[test]
fn paragraphs_part_at_blank_lines_if_there_are_any() {
    check("T\nTT\nT\na\nb\n\n", &[r#"1-6 T [] ["a", "b"]"#]);
    check("T\nTT\nT\na\nb\n \nc", &[r#"1-7 T [] ["a\nb", "c"]"#]);
    check("T\nTT\nT\na\r\nb\r\n\r\n\r\nc", &[r#"1-8 T [] ["a\nb", "c"]"#]);
}

#[test]
fn only_adjacent_equal_body_lines_collapse() {
    check("T\nTT\nT\na\na\nb\na", &[r#"1-7 T [] ["a", "b", "a"]"#]);
    check("T\nTT\nT\na\n\na", &[r#"1-6 T [] ["a", "a"]"#]);
}

#[test]
fn a_caption_is_dropped_only_where_it_repeats() {
    check("T\n\nc\nTT\nT\nc\nbody\nc", &[r#"1-8 T ["c"] ["body", "c"]"#]);
    check("T\n\nc (AP)\nTT\nT\nc\nbody", &[r#"1-7 T ["c"] ["c", "body"]"#]);
    check("T\n\nc\nd\nc\nTT\nT\nd\nbody", &[r#"1-9 T ["c", "d"] ["body"]"#]);
}

#[test]
fn companions_are_controls_only_beside_an_anchor() {
    let page = "T\n\nc\nShare\nA A\n\nTT\nPrint\nT\nShare\n";
    check(page, &[r#"1-10 T ["c"] ["Share"]"#]);
    check_drops(
        page,
        &[
            (2, 2, "blank-lines"),
            (4, 5, "control-line"),
            (6, 6, "blank-lines"),
            (7, 8, "control-line"),
            (9, 9, "repeated-title"),
        ],
    );
}

#[test]
fn every_drop_is_declared() {
    check_drops(
        "\nT\nT\n\nc\nc\nTT\n\nT\nT\n\nc\n\na\na\n\n",
        &[
            (1, 1, "blank-lines"),
            (3, 3, "repeated-title"),
            (4, 4, "blank-lines"),
            (6, 6, "repeated-caption"),
            (7, 7, "control-line"),
            (8, 8, "blank-lines"),
            (9, 10, "repeated-title"),
            (11, 11, "blank-lines"),
            (12, 12, "repeated-caption"),
            (13, 13, "blank-lines"),
            (15, 15, "repeated-line"),
            (16, 16, "blank-lines"),
        ],
    );
}

#[test]
fn what_is_not_proved_stays_raw() {
    check("", &[]);
    check("\n \n", &["1-2 NoText"]);
    check("T\n\nbody\n", &["1-3 NoAnchor"]);
    check("TT\nT\nbody", &["1-3 NoTitle { control: 1 }"]);
    check("T\nTT\n", &["1-2 TitleNotRepeated { control: 2 }"]);
    check("T\n\nc\nTT\nU\nbody", &["1-6 TitleNotRepeated { control: 4 }"]);
    check("T\n\nc\n\nd\nTT\nT\nbody", &["1-8 TitleNotRepeated { control: 6 }"]);
    check("T\n\nc\nTT\nT\nc\n\n", &["1-7 NoBody { control: 4 }"]);
    check("t\nTT\nT\nbody", &["1-4 TitleNotRepeated { control: 2 }"]);
    check("T\ntt\nT\nbody", &["1-4 NoAnchor"]);
}

#[test]
fn text_above_the_first_page_belongs_to_none() {
    check("menu\n\n\nT\n\nTT\nT\nbody", &["1-3 BeforeFirstPage", r#"4-8 T [] ["body"]"#]);
    check("\n\nT\n\nTT\nT\nbody", &[r#"1-7 T [] ["body"]"#]);
}

#[test]
fn an_unproved_page_puts_the_end_of_the_page_before_in_doubt() {
    let proved = "T\nTT\nT\nold\n\n";
    let unproved = "U\n\nTT\nV\nnew\n\n";
    check(&format!("{proved}{unproved}{proved}"), &["1-11 TitleNotRepeated { control: 8 }", r#"12-16 T [] ["old"]"#]);
    check(&format!("{unproved}{proved}"), &["1-6 TitleNotRepeated { control: 3 }", r#"7-11 T [] ["old"]"#]);
    check("T\nTT\nT\na\nTT\nb", &["1-6 TitleNotRepeated { control: 5 }"]);
}

#[test]
fn a_page_ends_where_the_next_title_stands() {
    check("T\nTT\nT\nTT\nT\nbody", &["1-2 NoBody { control: 2 }", r#"3-6 T [] ["body"]"#]);
}

#[test]
fn other_sites_bring_their_own_rules() {
    let rules = Rules { anchors: vec!["Aa".to_owned()], companions: Vec::new() };
    let pieces = split("T\nAa\nT\nTT\n", &rules);
    let [Piece::Page(page)] = pieces.as_slice() else { panic!("not one page: {pieces:?}") };
    assert_eq!(page.paragraphs, ["TT"]);

    let none = Rules { anchors: vec![String::new()], companions: Vec::new() };
    assert!(matches!(split("T\n\nT\nbody", &none)[..], [Piece::Unsplit { .. }]));
}

/// Lines out of which pages come about by chance, some of them whole.
fn soup() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "",
        "",
        "",
        " ",
        "TT",
        "TT",
        "Share",
        "T",
        "T",
        "T ",
        "U",
        "c (AP)",
        "c",
        "a",
        "b",
        "T\n\nc\nc\nTT\n\nT\n\nc\n\na\na",
        "U\n\nTT\nU\nb\n\n",
        "é (",
        "\r",
    ]);
    let end = prop::sample::select(vec!["\n", "\n", "\r\n"]);
    let lines = prop::collection::vec((line, end), 0..40);
    (lines, any::<bool>()).prop_map(|(lines, ended)| {
        let dump: String = lines.iter().flat_map(|(line, end)| [*line, *end]).collect();
        if ended { dump } else { dump.trim_end_matches('\n').to_owned() }
    })
}

proptest! {
    #[test]
    fn every_line_of_a_soup_has_one_place(dump in soup()) {
        check_account(&dump);
    }

    #[test]
    fn every_line_of_any_text_has_one_place(dump in "(\\PC|[\r\nT]){0,60}") {
        check_account(&dump);
    }

    #[test]
    fn every_line_has_one_place_by_any_rules(dump in soup(), anchor in 0_usize..8, companion in 0_usize..8) {
        let line = |at: usize| dump.lines().filter(|line| !line.trim().is_empty()).nth(at).map(|line| line.trim().to_owned());
        let rules = Rules { anchors: line(anchor).into_iter().collect(), companions: line(companion).into_iter().collect() };
        check_account_by(&dump, &rules);
    }

    #[test]
    fn equal_pages_in_a_row_are_all_found(count in 1_usize..5, gap in 1_usize..5) {
        let page = format!("T\n\nc (AP)\nTT\nT\nc (AP)\n\na\n\nb{}", "\n".repeat(gap));
        let pieces = split(&page.repeat(count), &Rules::default()).len();
        prop_assert_eq!(pieces, count);
    }
}
