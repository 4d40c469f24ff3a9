//! Mappings as a whole: no file and no article makes one panic, and nothing gets lost.

use proptest::prelude::*;

use super::*;
use crate::json::{self, Value};

/// Fields as the article schema has them, as far as they matter here.
fn targets() -> Vec<Target> {
    let target = |(name, holds): (&str, Holds)| Target { name: name.to_owned(), holds };
    let texts = ["id", "url", "domain", "publisher", "title", "published_raw", "language", "description", "text"];
    let others = [
        ("authors", Holds::Texts),
        ("tags", Holds::Texts),
        ("published_at", Holds::Instant),
        ("modified_at", Holds::Instant),
        ("retrieved_at", Holds::Instant),
        ("published_date", Holds::Day),
        ("images", Holds::Objects),
        ("parser", Holds::Object),
    ];
    texts.map(|name| (name, Holds::Text)).into_iter().chain(others).map(target).collect()
}

fn preset(name: &str) -> Mapping {
    Mapping::open(&SourceChoice::read(name, std::path::Path::new("")).unwrap(), targets()).unwrap()
}

fn own(text: &str) -> Mapping {
    let targets = targets();
    let plan = file::read(text, Fields { targets: &targets, lenient: false }).unwrap();
    Mapping { plan, targets, in_place: false, has_text: true, has_id: true, sha256: Digest::of(b"") }
}

/// What becomes of an article, in canonical form, and what was changed.
#[track_caller]
fn check(mapping: &Mapping, article: &str, want: &str, changes: &[&str]) {
    let mapped = mapping.map(json::parse(article.as_bytes()).unwrap(), Place::default());
    let mut out = Vec::new();
    json::write_value(&mut out, &mapped.article).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), want);
    let told = |(changed, rule): &(Changed, &str)| format!("{} {rule}", mapping.name_of(*changed));
    assert_eq!(mapped.changes.iter().map(told).collect::<Vec<_>>(), changes);
}

#[test]
fn what_is_taken_and_what_is_left() {
    let fields = |rules: &str| own(&format!("name = \"t\"\n[nulls]\nstrings = [\"-\"]\n[fields]\n{rules}\n"));
    let title = fields("title = { from = [\"/a\", \"/b/c\"] }");
    check(&title, r#"{"a":"x","b":{"c":"y"}}"#, r#"{"b":{"c":"y"},"title":"x"}"#, &[]);
    check(&title, r#"{"a":null,"b":{"c":"y","d":1}}"#, r#"{"b":{"d":1},"title":"y"}"#, &[]);
    check(&title, r#"{"a":"-","b":{"c":"y"}}"#, r#"{"title":"y"}"#, &["title null"]);
    check(&title, r#"{"a":"-","b":"-"}"#, r#"{"b":"-"}"#, &["title null"]);
    // A member that is named like a field and is none must not be taken for it.
    check(&title, r#"{"a":"x","title":"z"}"#, r#"{"_extra":{"title":"z"},"title":"x"}"#, &[]);
    check(&title, r#"{"title":"z","_extra":{"k":1}}"#, r#"{"_extra":{"k":1,"title":"z"}}"#, &[]);
    check(&title, r#"{"text":"z","_extra":1}"#, r#"{"_extra":{"_extra":1,"text":"z"}}"#, &[]);
    // A rule that cannot use a value leaves it.
    let at = fields("published_at = { from = \"/d\", parse = \"instant\" }");
    check(&at, r#"{"d":"2024-12-13"}"#, r#"{"d":"2024-12-13"}"#, &["published_at no-offset"]);
    check(&at, r#"{"d":17}"#, r#"{"d":17}"#, &[]);
    check(&at, r#"{"d":"2024-12-13T10:00:00Z"}"#, r#"{"published_at":"2024-12-13T10:00:00Z"}"#, &[]);
    // Texts of a list, and other things in it.
    let tags = fields("tags = { from = [\"/t\", \"/u\"], take = \"all\", split = \";\", unique = true }");
    check(
        &tags,
        r#"{"t":"a; b;;a","u":["c",1,"-"]}"#,
        r#"{"tags":["a","b","c"],"u":[1]}"#,
        &["tags split", "tags null", "tags unique"],
    );
    check(&tags, r#"{"t":"-","u":null}"#, "{}", &["tags null"]);
}

#[test]
fn pass_leaves_names_alone() {
    let pass = own("name = \"t\"\nunmapped = \"pass\"\n[fields]\ntitle = { from = \"/title\", clean = [\"trim\"] }\n");
    check(&pass, r#"{"title":" x ","text":"z"}"#, r#"{"text":"z","title":"x"}"#, &["title trim"]);
    let constant = own("name = \"t\"\nunmapped = \"pass\"\n[fields]\ntitle = { value = \"c\" }\n");
    check(&constant, r#"{"title":"x"}"#, r#"{"_extra":{"title":"x"},"title":"c"}"#, &["title constant"]);
}

#[test]
fn presets_can_be_read_and_say_what_they_are_for() {
    for preset in Preset::ALL {
        let mapping = Mapping::open(&SourceChoice::Preset(*preset), targets()).unwrap();
        assert_eq!(mapping.plan.name, preset.name());
        assert!((10..80).contains(&preset.about().len()), "{preset:?}");
        // Strict, but for a schema with all the fields.
        let mut targets = targets();
        targets.extend(["section", "license"].map(|name| Target { name: name.to_owned(), holds: Holds::Text }));
        assert!(file::read(preset.text(), Fields { targets: &targets, lenient: false }).is_ok(), "{preset:?}");
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/sources");
    assert_eq!(filesystem::list(&folder).unwrap().len(), Preset::ALL.len());
}

#[test]
fn many_members_take_linear_time() {
    let members: Vec<String> = (0..200_000).map(|number| format!("\"m{number}\":0")).collect();
    let article = format!("{{{},\"text\":\"x\"}}", members.join(","));
    let mapped = preset("trafilatura").map(json::parse(article.as_bytes()).unwrap(), Place::default());
    assert_eq!(mapped.article.as_object().map(Object::len), Some(200_002));
}

#[test]
fn an_article_without_anything_lacks_everything() {
    let mapping = preset("goose3");
    let mut fit = FitCheck::default();
    let empty = Object::new();
    assert!(fit.count(mapping.lacks(&empty)));
    let misfit = fit.misfit(&mapping).unwrap();
    assert_eq!((misfit.without_text, misfit.without_id, misfit.better), (1, 1, None));
    // Half is not most.
    let full = json::parse(br#"{"id":"a","text":"b"}"#).unwrap();
    assert!(!fit.count(mapping.lacks(full.as_object().unwrap())));
    assert_eq!(fit.misfit(&mapping), None);
}

/// Articles in members that presets know, with anything in them.
fn articles() -> impl Strategy<Value = serde_json::Value> {
    let names = [
        "text",
        "title",
        "url",
        "source",
        "author",
        "authors",
        "date",
        "tags",
        "meta",
        "image",
        "images",
        "body",
        "bodies",
        "headlines",
        "keywords",
        "maintext",
        "content",
        "_extra",
        "value",
        "name",
        "role",
        "id",
        "published_date",
    ];
    let text = prop::sample::select(vec![
        "",
        "None",
        "a; b",
        "2024-12-13",
        "2024-12-13 10:00:00+01:00",
        "https://a.example/b",
        "By X",
        "<p>x</p>",
        "main",
        "en_us",
    ]);
    let leaf = prop_oneof![
        text.prop_map(serde_json::Value::from),
        any::<i8>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null)
    ];
    leaf.prop_recursive(4, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            prop::collection::btree_map(prop::sample::select(names.to_vec()), inner, 0..8)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

/// The numbers in a value, which no rule of these presets changes but into a text of their digits.
fn numbers(value: &Value<'_>, texts: bool, found: &mut Vec<String>) {
    match value {
        Value::Number(number) => found.push(number.to_serde().to_string()),
        Value::String(text) if texts => found.push(text.to_string()),
        Value::Array(elements) => elements.iter().for_each(|element| numbers(element, texts, found)),
        Value::Object(object) => object.iter().for_each(|(_, value)| numbers(value, texts, found)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn no_article_makes_a_preset_panic_or_lose_a_number(article in articles(), which in 0..Preset::ALL.len()) {
        let text = article.to_string();
        let input = json::parse(text.as_bytes()).unwrap();
        let mapping = preset(Preset::ALL[which].name());
        let mapped = mapping.map(input.clone(), Place::default());
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut kept = input.clone();
        if let Value::Object(members) = &mut kept {
            mapping.plan.drop.iter().filter(|one| !one.only_copy).for_each(|one| drop(members.remove(&one.name)));
        }
        numbers(&kept, false, &mut before);
        numbers(&mapped.article, true, &mut after);
        let lost = before.iter().find(|number| match after.iter().position(|other| other == *number) {
            Some(place) => {
                after.swap_remove(place);
                false
            }
            None => true,
        });
        prop_assert!(lost.is_none(), "{:?} is lost in {:?}", lost, mapped.article);
        if let Some(object) = mapped.article.as_object() {
            for (name, _) in object.iter() {
                let _place = mapping.origin(&format!("/{name}/0"), &input);
            }
        }
    }

    #[test]
    fn no_file_makes_reading_panic(rules in "[a-z]{0,4}( = (\"[/*@~a-z]{0,6}\"|\\{ ?(from|value|each|split) = [\"/a-z0-9\\[\\]{}=]{0,8} ?\\}|[0-9]{1,3}))?\n?") {
        let targets = targets();
        let _refused = file::read(&format!("name = \"t\"\n[fields]\ntitle{rules}"), Fields { targets: &targets, lenient: true });
        let _refused = file::read(&rules, Fields { targets: &targets, lenient: false });
    }
}
