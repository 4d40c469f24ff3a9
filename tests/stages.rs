//! The stages of a build, called one by one as another program would: any split of the articles into
//! batches gives the parts of `pressmark build`, byte for byte.

use pressmark::digest::Digest;
use pressmark::mapping::{Mapping, SourceChoice};
use pressmark::part_files::{PartEncoder, encode_part};
use pressmark::publish::{Memory, RecordSorter, UniqueRecords};
use pressmark::release::Release;
use pressmark::schema::{Extra, Schema};
use pressmark::validate::{KeyColumns, Validator, ValidatorOptions};
use serde_json::json;

use crate::support::{Random, Test, small_parts};

const SCHEMA: &str = r#"{"type":"object","required":["id"],"properties":{
    "id":{"type":"string"},"title":{"type":"string"},"text":{"type":"string"},"n":{"type":"integer"},
    "tags":{"type":"array","items":{"type":"string"}}}}"#;

/// Articles with repeats, conflicts and invalid ones.
fn articles() -> Vec<String> {
    let article = |number: u64| match number % 50 {
        7 => r#"{"id":7}"#.to_owned(),
        8 => format!(r#"{{"id":"k{}","n":{number}}}"#, number - 1),
        9 => format!(r#"{{"id":"k{number}","n":"#),
        _ => json!({"id": format!("k{}", number % 370), "n": number % 370 / 11, "tags": ["a"],
                    "text": "Text ".repeat(usize::try_from(number % 370 % 13).unwrap())})
        .to_string(),
    };
    (0..400).chain([1007, 1008]).map(article).collect()
}

fn schema() -> Schema {
    Schema::compile("s.json".into(), SCHEMA.into(), Extra::Keep).unwrap()
}

/// Validates these batches of articles and resolves their keys. Returns the number of rejects too.
fn unique<'s>(
    schema: &'s Schema,
    keys: &'s KeyColumns,
    sorter: RecordSorter<'s>,
    batches: &[&[String]],
) -> (UniqueRecords<'s>, usize) {
    let mapping = Mapping::open(&SourceChoice::default_for(false), schema.targets()).unwrap();
    let validator = Validator::new(schema, &mapping, keys.clone(), ValidatorOptions::default()).unwrap();
    let (mut sorter, mut rejects) = (sorter, 0);
    for (number, articles) in batches.iter().enumerate() {
        // One by one, or as the bytes of a file.
        let batch = match number % 2 {
            0 => validator.validate_articles("a", articles).unwrap(),
            _ => validator.validate("a.jsonl", articles.join("\n").as_bytes()).unwrap(),
        };
        assert_eq!(batch.records().num_rows() + batch.rejects.len(), articles.len());
        rejects += batch.rejects.len();
        sorter.push(batch).unwrap();
    }
    (sorter.finish().resolve_keys().unwrap(), rejects)
}

#[test]
fn any_split_gives_the_parts_of_a_build() {
    let articles = articles();
    let test = Test::set("schema = \"s.json\"\norder_by = [\"n\"]\n[policy]\nmax_rejects = \"50%\"\n", "");
    test.write("set/s.json", SCHEMA);
    small_parts(&test);
    test.write("set/sources/a.jsonl", articles.join("\n"));
    test.build("--version 1.1.0").told_any();
    let release = Release::open(test.path("set/1.1.0")).unwrap();
    let manifest = release.manifest();
    assert!(manifest.parts.len() > 5);

    let schema = schema();
    let columns = schema.columns();
    let keys = KeyColumns::new(columns, &["n".into()], "id", None).unwrap();
    let mut random = Random(5);
    for case in 0..4 {
        let mut batches: Vec<&[String]> = Vec::new();
        let mut rest = articles.as_slice();
        while !rest.is_empty() {
            let (batch, left) = rest.split_at(1 + random.below(if case == 0 { 1 } else { 200 }).min(rest.len() - 1));
            batches.push(batch);
            rest = left;
        }
        let sorter = match case {
            0 => RecordSorter::in_memory(columns, &keys),
            _ => RecordSorter::new(columns, &keys, &test.path(""), Memory::LEAST),
        };
        let (unique, rejects) = unique(&schema, &keys, sorter, &batches);
        let (records, duplicates) = (unique.records(), unique.duplicates());
        assert_eq!((records, duplicates), (manifest.records(), manifest.duplicates));
        let mut conflicts = 0;
        let mut laid_out = unique
            .lay_out(&manifest.layout, &mut |reject| {
                conflicts += 1;
                assert_eq!(reject.violations[0].violation.code.name(), "D-DUPLICATE-KEY");
                Ok(())
            })
            .unwrap();
        assert_eq!((rejects + conflicts) as u64, manifest.rejected.values().sum::<u64>());
        assert_eq!(laid_out.fingerprint(), manifest.fingerprint);

        let encoder = PartEncoder::new(columns, keys.order(), &manifest.layout, &schema.sha256()).unwrap();
        let mut written = Vec::new();
        while let Some(part) = laid_out.next_part() {
            let part = part.unwrap();
            let (rows, fingerprint) = (part.rows(), part.fingerprint());
            let (described, bytes) = encode_part(&encoder, part.map(Result::unwrap), Vec::new()).unwrap();
            assert_eq!((described.rows, described.fingerprint), (rows, fingerprint));
            assert_eq!(described.sha256, Digest::of(&bytes));
            written.push((rows, fingerprint, described.sha256));
        }
        let built: Vec<(u64, _, Digest)> =
            manifest.parts.iter().map(|part| (part.rows, part.fingerprint, part.sha256)).collect();
        assert_eq!(written, built, "case {case}");
    }
}

#[test]
fn a_batch_accounts_for_every_article() {
    let schema = schema();
    let keys = KeyColumns::new(schema.columns(), &[], "id", None).unwrap();
    let text = "name = \"t\"\nskip = [{ kind = \"index\" }]\nunmapped = \"pass\"\n[fields]\ntitle = { from = \"/headline\" }\n";
    let mapping = Mapping::parse("t.toml", text, schema.targets()).unwrap();
    let validator = Validator::new(&schema, &mapping, keys, ValidatorOptions::default()).unwrap();
    let bytes = concat!(
        r#"{"id":"a","headline":"One"}"#,
        "\n",
        r#"{"kind":"index"}"#,
        "\n",
        "no\n",
        r#"{"id":"b","title":2}"#,
        "\n",
    );
    let batch = validator.validate("in.jsonl", bytes.as_bytes()).unwrap();
    assert_eq!((batch.articles, batch.records().num_rows(), batch.rejects.len()), (3, 1, 2));
    assert_eq!(batch.skipped.values().sum::<u64>(), 1);
    let lines: Vec<u64> = batch.rejects.iter().map(|reject| reject.position.line).collect();
    assert_eq!((lines, batch.spans()[0].line, batch.spans()[0].byte), (vec![3, 4], 1, 0));
    // Compressed bytes give the same records, damaged ones a reject.
    let compressed = zstd::encode_all(bytes.as_bytes(), 1).unwrap();
    let again = validator.validate("in.jsonl.zst", &compressed).unwrap();
    assert_eq!((again.records(), again.rejects.len()), (batch.records(), 2));
    let cut = validator.validate("in.jsonl.zst", &compressed[..compressed.len() - 3]).unwrap();
    assert!(cut.rejects.iter().any(|reject| reject.violations[0].violation.code.name().starts_with("I-")));
    // What an envelope has beside its articles is counted.
    let envelope = r#"{"articles":[{"id":"a"},{"id":"b"}],"others":[{"x":1}],"total":2}"#;
    let batch = validator.validate("in.json", envelope.as_bytes()).unwrap();
    assert_eq!((batch.records().num_rows(), batch.left_out.objects), (2, 1));
    // Nothing is fine, and what is too long is a reject.
    assert_eq!(validator.validate_articles::<&[u8]>("none", &[]).unwrap().articles, 0);
    let limits = pressmark::input::Limits { article: 10, ..pressmark::input::Limits::default() };
    let keys = KeyColumns::new(schema.columns(), &[], "id", None).unwrap();
    let options = ValidatorOptions { limits, ..ValidatorOptions::default() };
    let validator = Validator::new(&schema, &mapping, keys, options).unwrap();
    let batch = validator.validate_articles("long", &[r#"{"id":"a","headline":"One"}"#]).unwrap();
    assert_eq!((batch.articles, batch.rejects.len()), (1, 1));
}

#[test]
fn unusable_mappings_and_keys_are_errors() {
    let schema = schema();
    let error = Mapping::parse("m.toml", "name = \"m\"\n[fields]\nnothere = { from = \"/x\" }\n", schema.targets());
    assert!(error.unwrap_err().to_string().starts_with("source `m.toml` line 3"));
    for (order_by, key, newest_by) in [(&["x"][..], "id", None), (&[], "n", None), (&[], "id", Some("text"))] {
        let order_by: Vec<String> = order_by.iter().map(|name| (*name).to_owned()).collect();
        assert!(KeyColumns::new(schema.columns(), &order_by, key, newest_by).is_err());
    }
}
