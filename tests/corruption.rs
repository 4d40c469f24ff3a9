//! Damaged and hostile releases: exactly what `verify` finds, and that it never crashes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use arrow_array::{ArrayRef, FixedSizeBinaryArray, RecordBatch, StringArray};
use arrow_select::interleave::interleave_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use pressmark::code::Code;
use pressmark::digest::Digest;
use pressmark::external_sort::Selection;
use pressmark::part_files::{Layout, PartEncoder, PartWriter, WrittenPart};
use pressmark::record::{Fingerprint, Order, Rows, Summary, admit, batch, record_hash};
use pressmark::schema::{Extra, Schema};
use serde_json::{Value, json};

use crate::support::{Files, Test, articles, batches, files};

/// An intact release of the articles `a`, `b` and `c`.
static INTACT: LazyLock<Files> = LazyLock::new(|| {
    let test = Test::set("", articles(&["a", "b", "c"]));
    test.build("").check();
    files(&test.path("set/1.0.0"))
});

/// An intact release of the articles `a`, `b` and `d`.
static OTHER: LazyLock<Files> = LazyLock::new(|| {
    let test = Test::set("", articles(&["a", "b", "d"]));
    test.build("").check();
    files(&test.path("set/1.0.0"))
});

/// A release to damage, in the folder `r`.
struct Release {
    test: Test,
}

impl Release {
    fn intact() -> Self {
        let test = Test::new();
        for (name, bytes) in INTACT.iter() {
            test.write(&format!("r/{name}"), bytes);
        }
        Self { test }
    }

    fn read(&self, name: &str) -> Vec<u8> {
        self.test.read(&format!("r/{name}"))
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.test.write(&format!("r/{name}"), bytes);
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.test.path(&format!("r/{name}"))).unwrap();
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.test.path(&format!("r/{name}"))
    }

    /// Changes the manifest and makes metadata and `SHA256SUMS` agree.
    fn manifest(&self, change: impl FnOnce(&mut Value)) {
        let mut manifest = self.test.json("r/manifest.json");
        change(&mut manifest);
        self.write("manifest.json", serde_json::to_string_pretty(&manifest).unwrap() + "\n");
        self.test.write_metadata("r");
        self.seal();
    }

    /// Changes one character in a file, and makes `SHA256SUMS` agree.
    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.read(name)).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(name, text.replacen(from, to, 1));
        self.seal();
    }

    /// Replaces the lines of a list and makes the manifest and `SHA256SUMS` agree, except for totals.
    fn list(&self, name: &str, lines: &str) {
        if lines.is_empty() {
            self.remove(&format!("{name}.jsonl"));
        } else {
            self.write(&format!("{name}.jsonl"), lines);
        }
        self.manifest(|manifest| {
            manifest[name]["sha256"] = json!(Digest::of(lines.as_bytes()).to_string());
            manifest[name]["count"] = json!(lines.lines().count());
        });
    }

    /// Changes the only input, and makes everything agree.
    fn input(&self, change: impl FnOnce(&mut Value)) {
        let mut input = self.test.json("r/inputs.jsonl");
        change(&mut input);
        self.list("inputs", &format!("{input}\n"));
        self.manifest(|manifest| {
            for member in ["bytes", "articles", "admitted", "rejected"] {
                manifest["inputs"][member] = input[member].clone();
            }
        });
    }

    /// Replaces the part and makes the manifest and `SHA256SUMS` agree.
    fn replace_part(&self, bytes: &[u8]) {
        self.write(&part(), bytes);
        self.manifest(|manifest| {
            manifest["parts"][0]["bytes"] = json!(bytes.len());
            manifest["parts"][0]["sha256"] = json!(Digest::of(bytes).to_string());
        });
    }

    /// Encodes the part again with another batch of rows, as [`Release::replace_part`].
    fn rewrite_part(&self, change: impl FnOnce(&RecordBatch) -> RecordBatch) {
        let rows = change(&batches(&self.path(&part()))[0]);
        self.replace_part(&self.encoded(&rows));
    }

    /// The bytes of a part with these rows and the settings of the release.
    fn encoded(&self, rows: &RecordBatch) -> Vec<u8> {
        let release = pressmark::release::Release::open(self.path("")).unwrap();
        let (manifest, schema) = (release.manifest(), release.load_schema().unwrap());
        let order = Order::new(schema.columns(), &manifest.order_by, &manifest.key).unwrap();
        write_part(&self.test.path("encoded"), &schema, &order, &manifest.layout, rows);
        let bytes = self.test.read("encoded");
        fs::remove_file(self.test.path("encoded")).unwrap();
        bytes
    }

    /// Replaces the last occurrence of some bytes in the part, and makes the rest agree.
    fn replace_in_part(&self, from: &[u8], to: &[u8]) {
        let mut bytes = self.read(&part());
        let at = bytes.windows(from.len()).rposition(|window| window == from).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to);
        self.replace_part(&bytes);
    }

    /// Replaces the first record and makes everything agree, except for the schema.
    fn agree(&self, article: &str) {
        let release = pressmark::release::Release::open(self.path("")).unwrap();
        let schema = release.load_schema().unwrap();
        let value = pressmark::json::parse(article.as_bytes()).unwrap();
        let record = admit(schema.columns(), Extra::Keep, &value).unwrap().record;
        let hash = record_hash(schema.columns(), &record, &mut Vec::new());
        let first = batch(schema.columns(), &[record], &[hash]);
        let rows = &batches(&self.path(&part()))[0];
        let rest = RecordBatch::try_new(first.schema(), rows.columns().to_vec()).unwrap();
        let rows = interleave_record_batch(&[&first, &rest], &[(0, 0), (1, 1), (1, 2)]).unwrap();
        let rows_of = Rows::new(schema.columns(), &rows).unwrap();
        let mut hashes: Vec<_> = (0..3).map(|row| rows_of.stored_hash(row)).collect();
        let fingerprint = Fingerprint::of(&mut hashes);
        let bytes = self.encoded(&rows);
        self.remove(&part());
        let path = format!("data/part-00000-{}.parquet", fingerprint.short());
        self.write(&path, &bytes);
        self.manifest(|manifest| {
            manifest["fingerprint"] = json!(fingerprint);
            let part = &mut manifest["parts"][0];
            part["fingerprint"] = json!(fingerprint);
            part["path"] = json!(path);
            part["bytes"] = json!(bytes.len());
            part["sha256"] = json!(Digest::of(&bytes).to_string());
        });
    }

    /// Writes `SHA256SUMS` again from the existing files.
    fn seal(&self) {
        let line = |(name, bytes): (&String, &Vec<u8>)| format!("{}  {name}\n", Digest::of(bytes));
        let files = files(&self.path(""));
        let sums: String = files.iter().filter(|(name, _)| *name != "SHA256SUMS").map(line).collect();
        self.write("SHA256SUMS", sums);
    }

    /// The findings of `pressmark verify`, as code and file.
    #[track_caller]
    fn findings(&self) -> Vec<(String, String)> {
        let report = self.test.run("verify r --format json").code(1).leaves_nothing().json();
        let report = &report["releases"][0];
        assert_eq!(report["intact"], json!(false), "{report}");
        let text = |finding: &Value, member: &str| finding[member].as_str().unwrap().to_owned();
        let findings = report["findings"].as_array().unwrap();
        findings.iter().map(|finding| (text(finding, "code"), text(finding, "file"))).collect()
    }
}

/// Writes a part with the settings of a release. Its row groups end by the number of their rows.
fn write_part(path: &Path, schema: &Schema, order: &Order, layout: &Layout, rows: &RecordBatch) -> WrittenPart<File> {
    let columns = schema.columns();
    let encoder = PartEncoder::new(columns, order, layout, &schema.sha256()).unwrap();
    let mut writer = PartWriter::new(File::create_new(path).unwrap(), &encoder).unwrap();
    let all: Vec<usize> = (0..rows.num_rows()).collect();
    for group in all.chunks(usize::try_from(layout.row_group_rows).unwrap()) {
        let mut selected = Selection::default();
        for row in group {
            selected.add((0, 0), rows, *row);
        }
        writer.append(encoder.encode(selected, &mut Summary::new(columns)).unwrap()).unwrap();
    }
    writer.finish().unwrap()
}

/// The path of the only part.
fn part() -> String {
    INTACT.keys().find(|name| name.starts_with("data/")).unwrap().clone()
}

/// A damage and its findings. `PART` is the path of the part.
struct Case {
    name: &'static str,
    damage: fn(&Release),
    findings: &'static [(&'static str, &'static str)],
}

const CASES: &[Case] = &[
    Case {
        name: "the manifest is gone",
        damage: |release| release.remove("manifest.json"),
        findings: &[("R-MANIFEST-MISSING", "manifest.json")],
    },
    Case {
        name: "the manifest is no JSON",
        damage: |release| release.write("manifest.json", "{"),
        findings: &[("R-MANIFEST-INVALID", "manifest.json")],
    },
    Case {
        name: "the manifest's count is not the sum of its parts",
        damage: |release| release.manifest(|manifest| manifest["records"] = json!(4)),
        findings: &[("R-MANIFEST-INVALID", "manifest.json")],
    },
    Case {
        name: "the manifest is of another format",
        damage: |release| release.manifest(|manifest| manifest["format"] = json!("pressmark/3")),
        findings: &[("R-MANIFEST-INVALID", "manifest.json")],
    },
    Case {
        name: "the manifest has a member of its own",
        damage: |release| release.manifest(|manifest| manifest["mood"] = json!("glad")),
        findings: &[("R-MANIFEST-INVALID", "manifest.json")],
    },
    Case {
        name: "the list of hashes is gone",
        damage: |release| release.remove("SHA256SUMS"),
        findings: &[("R-FILE-MISSING", "SHA256SUMS")],
    },
    Case {
        name: "the schema is gone",
        damage: |release| release.remove("schema.json"),
        findings: &[("R-FILE-MISSING", "schema.json")],
    },
    Case {
        name: "the part is gone",
        damage: |release| release.remove(&part()),
        findings: &[("R-FILE-MISSING", "PART")],
    },
    Case {
        name: "a file too many",
        damage: |release| release.write("data/notes.txt", "mine"),
        findings: &[("R-FILE-EXTRA", "data/notes.txt")],
    },
    Case {
        name: "a folder too many",
        damage: |release| release.write("more/notes.txt", "mine"),
        findings: &[("R-FILE-EXTRA", "more")],
    },
    Case {
        name: "a part that the manifest does not list",
        damage: |release| release.write("data/part-00001-00000000.parquet", release.read(&part())),
        findings: &[("R-FILE-EXTRA", "data/part-00001-00000000.parquet")],
    },
    Case {
        name: "a file that is larger than any is read",
        damage: |release| {
            let sums = File::options().write(true).open(release.path("SHA256SUMS")).unwrap();
            sums.set_len((64 << 20) + 1).unwrap();
        },
        findings: &[("R-FILE-UNREADABLE", "SHA256SUMS")],
    },
    Case {
        name: "the manifest gives the part another size",
        damage: |release| release.manifest(|manifest| manifest["parts"][0]["bytes"] = json!(1)),
        findings: &[("R-FILE-SIZE", "PART")],
    },
    Case {
        name: "a byte after the part's end",
        damage: |release| release.write(&part(), [release.read(&part()), vec![0]].concat()),
        findings: &[("R-FILE-SIZE", "PART"), ("R-PART", "PART")],
    },
    Case {
        name: "a line end after the manifest",
        damage: |release| release.write("manifest.json", [release.read("manifest.json"), vec![b'\n']].concat()),
        findings: &[("R-MANIFEST-INVALID", "manifest.json"), ("R-FILE-HASH", "manifest.json")],
    },
    Case {
        name: "a manifest that says the same in other bytes, listed as it is",
        damage: |release| {
            let manifest = String::from_utf8(release.read("manifest.json")).unwrap();
            release.write("manifest.json", manifest.replacen(": ", ":", 1));
            release.seal();
        },
        findings: &[("R-MANIFEST-INVALID", "manifest.json")],
    },
    Case {
        name: "a list of hashes with line ends of Windows",
        damage: |release| {
            let sums = String::from_utf8(release.read("SHA256SUMS")).unwrap();
            release.write("SHA256SUMS", sums.replace('\n', "\r\n"));
        },
        findings: &[("R-SUMS", "SHA256SUMS")],
    },
    Case {
        name: "a list of hashes in another order",
        damage: |release| {
            let sums = String::from_utf8(release.read("SHA256SUMS")).unwrap();
            release.write("SHA256SUMS", sums.split_inclusive('\n').rev().collect::<String>());
        },
        findings: &[("R-SUMS", "SHA256SUMS")],
    },
    Case {
        name: "a line end after the schema",
        damage: |release| release.write("schema.json", [release.read("schema.json"), vec![b'\n']].concat()),
        findings: &[("R-FILE-HASH", "schema.json"), ("R-SCHEMA", "schema.json")],
    },
    Case {
        name: "a file that the list of hashes leaves out",
        damage: |release| {
            let sums = String::from_utf8(release.read("SHA256SUMS")).unwrap();
            let kept = sums.split_inclusive('\n').filter(|line| !line.contains("schema.json"));
            release.write("SHA256SUMS", kept.collect::<String>());
        },
        findings: &[("R-SUMS", "SHA256SUMS")],
    },
    Case {
        name: "the list of hashes is not a list",
        damage: |release| release.write("SHA256SUMS", "all is well\n"),
        findings: &[("R-SUMS", "SHA256SUMS")],
    },
    Case {
        name: "a card that says something else, listed as it is",
        damage: |release| release.edit("README.md", "# set", "# Set"),
        findings: &[("R-METADATA", "README.md")],
    },
    Case {
        name: "a card with a line more, listed as it is",
        damage: |release| release.edit("README.md", "# set", "# set\n"),
        findings: &[("R-METADATA", "README.md")],
    },
    Case {
        name: "a Croissant with another hash of a part, listed as it is",
        damage: |release| release.edit("croissant.json", "\"sha256\": \"", "\"sha256\":\"\u{20}"),
        findings: &[("R-METADATA", "croissant.json")],
    },
    Case {
        name: "a data package with another version, listed as it is",
        damage: |release| release.edit("datapackage.json", "1.0.0", "1.0.1"),
        findings: &[("R-METADATA", "datapackage.json")],
    },
    Case {
        name: "a citation of somebody else, listed as it is",
        damage: |release| release.edit("CITATION.cff", "(not stated)", "(Not stated)"),
        findings: &[("R-METADATA", "CITATION.cff")],
    },
    Case {
        name: "a citation that was edited",
        damage: |release| {
            let citation = String::from_utf8(release.read("CITATION.cff")).unwrap();
            release.write("CITATION.cff", citation.replacen("1.2.0", "1.1.0", 1));
        },
        findings: &[("R-FILE-HASH", "CITATION.cff"), ("R-METADATA", "CITATION.cff")],
    },
    Case {
        name: "the data package is gone",
        damage: |release| {
            release.remove("datapackage.json");
            release.seal();
        },
        findings: &[("R-FILE-MISSING", "datapackage.json"), ("R-SUMS", "SHA256SUMS")],
    },
    Case {
        name: "metadata by settings of a later version",
        damage: |release| release.manifest(|manifest| manifest["writer"]["metadata"] = json!("metadata/2")),
        findings: &[("R-METADATA", "manifest.json")],
    },
    Case {
        name: "a manifest whose settings of metadata are missing",
        damage: |release| {
            release.manifest(|manifest| drop(manifest["writer"].as_object_mut().unwrap().remove("metadata")));
        },
        findings: &[("R-MANIFEST-INVALID", "manifest.json")],
    },
    Case {
        name: "a manifest with a DOI that is none",
        damage: |release| release.manifest(|manifest| manifest["dataset"]["doi"] = json!("10.1/\"><script>")),
        findings: &[("R-MANIFEST-INVALID", "manifest.json")],
    },
    Case {
        name: "another schema, listed as it is",
        damage: |release| {
            release.write("schema.json", [release.read("schema.json"), vec![b'\n']].concat());
            release.seal();
        },
        findings: &[("R-SCHEMA", "schema.json")],
    },
    Case {
        name: "a part that breaks off, listed as it is",
        damage: |release| {
            let bytes = release.read(&part());
            release.replace_part(&bytes[..bytes.len() / 2]);
        },
        findings: &[("R-PART", "PART")],
    },
    Case {
        name: "a part without one of its columns",
        damage: |release| {
            let rows = &batches(&release.path(&part()))[0];
            let rows = rows.project(&(1..rows.num_columns()).collect::<Vec<_>>()).unwrap();
            let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), None).unwrap();
            writer.write(&rows).unwrap();
            release.replace_part(&writer.into_inner().unwrap());
        },
        findings: &[("R-COLUMNS", "PART")],
    },
    Case {
        name: "the manifest counts a row more",
        damage: |release| {
            release.input(|input| (input["articles"], input["admitted"]) = (json!(4), json!(4)));
            release.manifest(|manifest| {
                manifest["parts"][0]["rows"] = json!(4);
                manifest["records"] = json!(4);
            });
        },
        findings: &[("R-ROWS", "PART")],
    },
    Case {
        name: "a row with the hash of another",
        damage: |release| {
            release.rewrite_part(|rows| {
                let mut columns = rows.columns().to_vec();
                *columns.last_mut().unwrap() = hashes([[7; 32]; 3]);
                RecordBatch::try_new(rows.schema(), columns).unwrap()
            });
        },
        findings: &[("R-RECORD-HASH", "PART"), ("R-RECORD-HASH", "PART"), ("R-RECORD-HASH", "PART")],
    },
    Case {
        name: "two rows in each other's place",
        damage: |release| release.rewrite_part(|rows| picked(rows, &[1, 0, 2])),
        findings: &[("R-ORDER", "PART"), ("R-PART-ENDS", "PART")],
    },
    Case {
        name: "a row twice",
        damage: |release| release.rewrite_part(|rows| picked(rows, &[0, 0, 1, 2])),
        findings: &[
            ("R-ROWS", "PART"),
            ("R-PART-FINGERPRINT", "PART"),
            ("R-KEY", "PART"),
            ("R-FINGERPRINT", "manifest.json"),
            SUMMARY,
        ],
    },
    Case {
        name: "a row in the place of another",
        damage: |release| release.rewrite_part(|rows| picked(rows, &[0, 1])),
        findings: &[
            ("R-ROWS", "PART"),
            ("R-PART-ENDS", "PART"),
            ("R-PART-FINGERPRINT", "PART"),
            ("R-FINGERPRINT", "manifest.json"),
            SUMMARY,
        ],
    },
    Case {
        name: "an input with an article more",
        damage: |release| release.input(|input| input["articles"] = json!(4)),
        findings: &[("R-COUNTS", "manifest.json"), ("R-COUNTS", "inputs.jsonl")],
    },
    Case {
        name: "totals of other inputs",
        damage: |release| release.manifest(|manifest| manifest["inputs"]["bytes"] = json!(1)),
        findings: &[("R-COUNTS", "manifest.json")],
    },
    Case {
        name: "another number of inputs",
        damage: |release| release.manifest(|manifest| manifest["inputs"]["count"] = json!(2)),
        findings: &[("R-COUNTS", "manifest.json")],
    },
    Case {
        name: "no input, and a list of inputs",
        damage: |release| release.manifest(|manifest| manifest["inputs"]["count"] = json!(0)),
        findings: &[("R-MANIFEST-INVALID", "manifest.json")],
    },
    Case {
        name: "the list of inputs is gone",
        damage: |release| release.remove("inputs.jsonl"),
        findings: &[("R-FILE-MISSING", "inputs.jsonl")],
    },
    Case {
        name: "a list of inputs with other bytes",
        damage: |release| {
            let lines = String::from_utf8(release.read("inputs.jsonl")).unwrap();
            release.write("inputs.jsonl", lines.replace("a.jsonl", "b.jsonl"));
        },
        findings: &[("R-FILE-HASH", "inputs.jsonl")],
    },
    Case {
        name: "a list of inputs with other bytes, listed as it is",
        damage: |release| {
            let lines = String::from_utf8(release.read("inputs.jsonl")).unwrap();
            release.write("inputs.jsonl", lines.replace("a.jsonl", "b.jsonl"));
            release.seal();
        },
        findings: &[("R-FILE-HASH", "inputs.jsonl"), ("R-SUMS", "SHA256SUMS")],
    },
    Case {
        name: "an input in another form, with all hashes made to agree",
        damage: |release| {
            let lines = String::from_utf8(release.read("inputs.jsonl")).unwrap();
            release.list("inputs", &lines.replace("\":", "\": "));
        },
        findings: &[("R-LIST", "inputs.jsonl"), ("R-COUNTS", "manifest.json")],
    },
    Case {
        name: "an input without a line end, with all hashes made to agree",
        damage: |release| {
            let lines = String::from_utf8(release.read("inputs.jsonl")).unwrap();
            release.list("inputs", lines.trim_end());
        },
        findings: &[("R-LIST", "inputs.jsonl"), ("R-COUNTS", "manifest.json")],
    },
    Case {
        name: "an input with a name that is longer than any",
        damage: |release| release.input(|input| input["name"] = json!("n".repeat(1 << 20))),
        findings: &[("R-LIST", "inputs.jsonl"), ("R-LIST", "inputs.jsonl"), ("R-COUNTS", "manifest.json")],
    },
    Case {
        name: "a list of withdrawals where there is none",
        damage: |release| {
            release.write("withdrawn.jsonl", "{\"key\":\"x\",\"reason\":\"r\"}\n");
            release.seal();
        },
        findings: &[("R-FILE-EXTRA", "withdrawn.jsonl"), ("R-SUMS", "SHA256SUMS")],
    },
    Case {
        name: "a reject that no input has",
        damage: |release| release.manifest(|manifest| manifest["rejected"]["V-TYPE"] = json!(1)),
        findings: &[("R-COUNTS", "manifest.json")],
    },
    Case {
        name: "a duplicate that was admitted nowhere",
        damage: |release| release.manifest(|manifest| manifest["duplicates"] = json!(1)),
        findings: &[("R-COUNTS", "manifest.json")],
    },
    Case {
        name: "a record that was taken back and is there",
        damage: |release| {
            release.list("withdrawn", "{\"key\":\"b\",\"reason\":\"asked for\"}\n");
            release.manifest(|manifest| manifest["base"] = json!("0.9.0"));
        },
        findings: &[("R-WITHDRAWN", "PART")],
    },
    Case {
        name: "an order that names a column twice",
        damage: |release| {
            release.manifest(|manifest| manifest["order_by"] = json!(["published_at", "published_at"]));
        },
        findings: &[("R-MANIFEST-INVALID", "manifest.json")],
    },
    Case {
        name: "withdrawals that are not in order",
        damage: |release| {
            release.list("withdrawn", "{\"key\":\"y\",\"reason\":\"r\"}\n{\"key\":\"x\",\"reason\":\"r\"}\n");
            release.manifest(|manifest| manifest["base"] = json!("0.9.0"));
        },
        findings: &[("R-LIST", "withdrawn.jsonl")],
    },
    Case {
        name: "another number of withdrawals",
        damage: |release| {
            release.list("withdrawn", "{\"key\":\"x\",\"reason\":\"r\"}\n");
            release.manifest(|manifest| {
                manifest["base"] = json!("0.9.0");
                manifest["withdrawn"]["count"] = json!(2);
            });
        },
        findings: &[("R-COUNTS", "manifest.json")],
    },
    Case {
        name: "a list of withdrawals that is larger than any is read",
        damage: |release| {
            release.list("withdrawn", "{\"key\":\"x\",\"reason\":\"r\"}\n");
            release.manifest(|manifest| manifest["base"] = json!("0.9.0"));
            let list = File::options().write(true).open(release.path("withdrawn.jsonl")).unwrap();
            list.set_len((64 << 20) + 1).unwrap();
        },
        findings: &[("R-FILE-UNREADABLE", "withdrawn.jsonl")],
    },
    Case {
        name: "a record that was taken back from nowhere",
        damage: |release| {
            release.list("withdrawn", "{\"key\":\"x\",\"reason\":\"asked for\"}\n");
        },
        findings: &[("R-COUNTS", "manifest.json")],
    },
    Case {
        name: "a column with a null less",
        damage: |release| release.manifest(|manifest| manifest["columns"][1]["nulls"] = json!(2)),
        findings: &[SUMMARY],
    },
    Case {
        name: "a part that ends with another record, by the manifest",
        damage: |release| release.manifest(|manifest| manifest["parts"][0]["last"]["id"] = json!("b")),
        findings: &[("R-PART-ENDS", "PART")],
    },
    Case {
        name: "a part that was created by another tool",
        damage: |release| release.replace_in_part(b"(build pressmark/2)", b"(build pressmark/x)"),
        findings: &[("R-SETTINGS", "PART")],
    },
    Case {
        name: "statistics that skip the last title",
        damage: |release| release.replace_in_part(b"Title c", b"Title b"),
        findings: &[("R-STATISTICS", "PART")],
    },
    Case {
        name: "a bloom filter that knows no key",
        damage: |release| {
            let chunk = footer(&release.path(&part())).row_group(0).column(0).clone();
            let start = usize::try_from(chunk.bloom_filter_offset().unwrap()).unwrap();
            let end = start + usize::try_from(chunk.bloom_filter_length().unwrap()).unwrap();
            let mut bytes = release.read(&part());
            // A filter for so few keys is one block of 32 bytes, behind its header.
            bytes[end - 32..end].fill(0);
            release.replace_part(&bytes);
        },
        findings: &[("R-KEY-FILTER", "PART"), ("R-KEY-FILTER", "PART"), ("R-KEY-FILTER", "PART")],
    },
    Case {
        name: "a bloom filter of another size than any has",
        damage: |release| {
            // Its length follows its offset and is the last field of the key's metadata.
            let chunk = footer(&release.path(&part())).row_group(0).column(0).clone();
            let bytes = release.read(&part());
            let length = [varint(chunk.bloom_filter_offset().unwrap()), vec![0x15]].concat();
            let at = bytes.windows(length.len()).rposition(|window| window == length).unwrap() + length.len();
            assert_eq!(varint(chunk.bloom_filter_length().unwrap().into()), bytes[at..=at]);
            // The smallest number that fits is negative.
            let mut bytes = bytes;
            bytes[at] = 1;
            release.replace_part(&bytes);
        },
        findings: &[("R-PART", "PART")],
    },
    Case {
        name: "a record that the schema forbids, with all hashes made to agree",
        damage: |release| release.agree(r#"{"id":"a","title":"Title a","text":""}"#),
        findings: &[("R-INVALID", "PART")],
    },
    Case {
        name: "undeclared members that are not written as they must be",
        damage: |release| {
            release.rewrite_part(|rows| {
                let mut columns = rows.columns().to_vec();
                let extra: ArrayRef = Arc::new(StringArray::from(vec![Some("{ }"), None, None]));
                let place = rows.schema().index_of("_extra").unwrap();
                columns[place] = extra;
                RecordBatch::try_new(rows.schema(), columns).unwrap()
            });
        },
        findings: &[("R-VALUE", "PART"), SUMMARY],
    },
    Case {
        name: "the manifest gives the part another fingerprint",
        damage: |release| release.manifest(|manifest| change_end(&mut manifest["parts"][0]["fingerprint"])),
        findings: &[("R-PART-FINGERPRINT", "PART")],
    },
    Case {
        name: "the manifest gives the release another fingerprint",
        damage: |release| release.manifest(|manifest| change_end(&mut manifest["fingerprint"])),
        findings: &[("R-FINGERPRINT", "manifest.json")],
    },
    #[cfg(unix)]
    Case {
        name: "a link too many",
        damage: |release| link("manifest.json", &release.path("link")),
        findings: &[("R-FILE-KIND", "link")],
    },
];

/// The finding of a column with another summary.
const SUMMARY: (&str, &str) = ("R-COLUMN-SUMMARY", "manifest.json");

/// The footer of a part.
fn footer(path: &Path) -> ParquetMetaData {
    ParquetMetaDataReader::new().parse_and_finish(&File::open(path).unwrap()).unwrap()
}

/// A number in Thrift's compact protocol.
fn varint(number: i64) -> Vec<u8> {
    let mut rest = (number << 1 ^ number >> 63).cast_unsigned();
    let mut bytes = Vec::new();
    while rest > 127 {
        bytes.push(u8::try_from(rest & 127).unwrap() | 128);
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).unwrap());
    bytes
}

fn hashes(rows: [[u8; 32]; 3]) -> ArrayRef {
    Arc::new(FixedSizeBinaryArray::try_from_iter(rows.into_iter()).unwrap())
}

/// The rows at these positions.
fn picked(rows: &RecordBatch, positions: &[usize]) -> RecordBatch {
    let positions: Vec<(usize, usize)> = positions.iter().map(|row| (0, *row)).collect();
    interleave_record_batch(&[rows], &positions).unwrap()
}

/// Changes the last digit of a hash.
fn change_end(hash: &mut Value) {
    let text = hash.as_str().unwrap();
    let last = if text.ends_with('0') { '1' } else { '0' };
    *hash = json!(format!("{}{last}", &text[..text.len() - 1]));
}

#[cfg(unix)]
fn link(target: impl AsRef<Path>, path: &Path) {
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[test]
fn an_untouched_copy_is_intact() {
    Release::intact()
        .test
        .run("verify r")
        .stdout_has("intact r: verified 9 files and 3 records")
        .leaves_nothing()
        .check();
}

#[test]
fn each_damage_has_its_findings() {
    let mut wrong = Vec::new();
    for case in CASES {
        let release = Release::intact();
        (case.damage)(&release);
        let mut findings = release.findings();
        // One row more or less is a null more or less in every column without values.
        findings.dedup_by(|one, other| one == other && one.0 == "R-COLUMN-SUMMARY");
        let part = files(&release.path("data")).into_keys().next();
        let part = part.map_or_else(self::part, |name| format!("data/{name}"));
        let expand = |file: &str| if file == "PART" { part.clone() } else { file.to_owned() };
        let want: Vec<(String, String)> =
            case.findings.iter().map(|(code, file)| ((*code).to_owned(), expand(file))).collect();
        if findings != want {
            wrong.push(format!("{}:\n  want  {want:?}\n  found {findings:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_a_release_is_reached() {
    // These need several parts or releases. Each has its own test below.
    let elsewhere = ["R-VERSION", "R-CHAIN", "R-ROW-GROUP", "R-CUT"];
    // These need signers: `signatures`.
    let signed = ["R-SIGNATURE-MISSING", "R-SIGNATURE-UNREADABLE", "R-SIGNATURE-BAD", "R-SIGNER-UNKNOWN"];
    let elsewhere = elsewhere.into_iter().chain(signed);
    let cases = CASES.iter().flat_map(|case| case.findings).map(|(code, _)| *code);
    let reached: BTreeSet<&str> = cases.chain(elsewhere).collect();
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).filter(|name| name.starts_with("R-")).collect();
    assert_eq!(reached, all);
}

#[test]
fn findings_of_one_code_are_counted_and_the_first_are_shown() {
    let release = Release::intact();
    for number in 0..50 {
        release.write(&format!("data/{number:02}"), "");
    }
    let report = release.test.run("verify r --format json").code(1).json();
    assert_eq!(report["releases"][0]["counts"], json!({ "R-FILE-EXTRA": 50 }));
    assert_eq!(report["releases"][0]["findings"].as_array().unwrap().len(), 20);
}

/// A manifest with one change must be refused, by `verify` and by `show`.
#[track_caller]
fn check_refused(change: impl FnOnce(&mut Value)) {
    let release = Release::intact();
    release.manifest(change);
    assert_eq!(release.findings(), [("R-MANIFEST-INVALID".to_owned(), "manifest.json".to_owned())]);
    release.test.run("show r").code(2).stdout("").stderr_has("error: `r` is not a release").check();
}

#[test]
fn a_part_cannot_be_outside_of_the_release() {
    for path in ["../data/part-00000-00000000.parquet", "/etc/passwd", "data/../../x.parquet", "", "data/a\0b"] {
        check_refused(|manifest| manifest["parts"][0]["path"] = json!(path));
    }
}

#[test]
fn impossible_counts_are_refused() {
    for rows in [json!(u64::MAX), json!(-1), json!(1.5), json!(0), json!("3")] {
        check_refused(|manifest| manifest["parts"][0]["rows"] = rows);
    }
    for layout in [json!(0), json!(3), json!(u64::MAX)] {
        check_refused(|manifest| manifest["layout"]["target_rows"] = layout);
    }
    check_refused(|manifest| {
        let part = manifest["parts"][0].clone();
        manifest["parts"] = Value::Array(vec![part; 100_000]);
    });
}

#[test]
fn the_largest_counts_do_not_overflow() {
    let release = Release::intact();
    release.input(|input| (input["admitted"], input["rejected"]) = (json!(u64::MAX), json!(u64::MAX)));
    let lines = String::from_utf8(release.read("inputs.jsonl")).unwrap();
    release.list("inputs", &lines.repeat(2));
    release.manifest(|manifest| {
        manifest["parts"][0]["bytes"] = json!(u64::MAX);
        manifest["parts"][0]["rows"] = json!(u64::MAX);
        manifest["records"] = json!(u64::MAX);
        manifest["rejected"] = json!({ "V-TYPE": u64::MAX, "V-ENUM": u64::MAX });
        manifest["duplicates"] = json!(u64::MAX);
    });
    let counts = |file: &str| ("R-COUNTS".to_owned(), file.to_owned());
    let (manifest, inputs) = (|| counts("manifest.json"), || counts("inputs.jsonl"));
    let (size, rows) = (("R-FILE-SIZE".to_owned(), part()), ("R-ROWS".to_owned(), part()));
    let lists = [inputs(), inputs(), manifest()];
    assert_eq!(release.findings(), [&[manifest(), manifest(), manifest(), size][..], &lists, &[rows]].concat());
    release.test.run("show r").check();
}

#[test]
fn sizes_whose_sum_overflows_are_refused() {
    check_refused(|manifest| {
        let mut second = manifest["parts"][0].clone();
        second["path"] = json!(second["path"].as_str().unwrap().replace("part-00000", "part-00001"));
        manifest["parts"].as_array_mut().unwrap().push(second);
        manifest["parts"][0]["bytes"] = json!(u64::MAX);
        manifest["records"] = json!(6);
    });
}

#[test]
fn text_in_a_manifest_is_escaped_for_the_terminal() {
    let release = Release::intact();
    release.manifest(|manifest| {
        manifest["dataset"]["title"] = json!("\u{1b}[31m");
        manifest["columns"][3]["name"] = json!("\u{1b}]0;x\u{7}");
        manifest["columns"][4]["type"] = json!("\u{202e}");
    });
    let unsafe_in = |text: &str| text.contains(['\u{1b}', '\u{7}', '\u{202e}']);
    assert!(!unsafe_in(&release.test.run("show r").check()));
    assert!(!unsafe_in(&release.test.run("verify r").code(1).check()));
    release.write("data/\u{1b}[31m", "");
    assert!(!unsafe_in(&release.test.run("verify r").code(1).check()));
}

/// The findings of `verify` if `name` is a link to the same bytes outside of the release.
#[cfg(unix)]
fn findings_behind_a_link(name: &str) -> Vec<(String, String)> {
    let release = Release::intact();
    fs::rename(release.path(name), release.test.path("outside")).unwrap();
    link(release.test.path("outside"), &release.path(name));
    release.findings()
}

#[cfg(unix)]
#[test]
fn links_are_reported_and_not_followed() {
    let kind = |name: &str| ("R-FILE-KIND".to_owned(), name.to_owned());
    let missing = |name: &str| ("R-FILE-MISSING".to_owned(), name.to_owned());
    let part = part();
    assert_eq!(findings_behind_a_link(&part), [kind(&part), missing(&part)]);
    assert_eq!(findings_behind_a_link("schema.json"), [kind("schema.json"), missing("schema.json")]);
    assert_eq!(findings_behind_a_link("SHA256SUMS"), [kind("SHA256SUMS"), missing("SHA256SUMS")]);
    assert_eq!(
        findings_behind_a_link("manifest.json"),
        [kind("manifest.json"), ("R-MANIFEST-MISSING".to_owned(), "manifest.json".to_owned())]
    );
}

#[cfg(unix)]
#[test]
fn a_linked_folder_of_parts_is_not_followed() {
    let release = Release::intact();
    // The part behind the link is not Parquet, so reading it would be reported.
    fs::rename(release.path("data"), release.test.path("outside")).unwrap();
    release.test.write(&format!("outside/{}", part().strip_prefix("data/").unwrap()), "no Parquet");
    link(release.test.path("outside"), &release.path("data"));
    let findings = [("R-FILE-KIND".to_owned(), "data".to_owned()), ("R-FILE-MISSING".to_owned(), part())];
    assert_eq!(release.findings(), findings);
}

/// Verifies the release once for each change of the part, all in one run. Returns the codes of each.
#[track_caller]
fn damaged_parts(changes: Vec<Vec<u8>>, sealed: bool) -> Vec<BTreeMap<String, u64>> {
    let count = changes.len();
    let release = Release::intact();
    for (number, bytes) in changes.into_iter().enumerate() {
        if sealed {
            release.replace_part(&bytes);
        } else {
            release.write(&part(), bytes);
        }
        for (name, bytes) in files(&release.path("")) {
            release.test.write(&format!("d{number}/{name}"), bytes);
        }
    }
    let folders: Vec<String> = (0..count).map(|number| format!("d{number}")).collect();
    let report = release.test.run(&format!("verify {} --format json", folders.join(" "))).code(1).json();
    let counts = |report: &Value| serde_json::from_value(report["counts"].clone()).unwrap();
    report["releases"].as_array().unwrap().iter().map(counts).collect()
}

/// The part with one flipped byte, at about two hundred positions.
fn flipped() -> Vec<Vec<u8>> {
    let bytes = &INTACT[&part()];
    let flip = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0xff;
        bytes
    };
    (0..bytes.len()).step_by((bytes.len() / 200).max(1)).map(flip).collect()
}

#[test]
fn a_flipped_byte_is_always_found() {
    for counts in damaged_parts(flipped(), false) {
        assert_eq!(counts.get("R-FILE-HASH"), Some(&1), "{counts:?}");
    }
}

#[test]
fn a_flipped_byte_with_matching_hashes_does_not_crash() {
    let found = damaged_parts(flipped(), true);
    assert!(found.iter().all(|counts| !counts.contains_key("R-FILE-HASH")));
    // The rest are bytes that no record depends on: names of the writer, statistics, filters.
    let damaged = found.iter().filter(|counts| !counts.is_empty()).count();
    assert!(damaged > found.len() / 3, "{damaged} of {}", found.len());
}

#[test]
fn a_truncated_part_does_not_crash() {
    let bytes = &INTACT[&part()];
    let cuts = (0..bytes.len()).step_by(bytes.len() / 100).map(|end| bytes[..end].to_vec());
    for counts in damaged_parts(cuts.collect(), true) {
        assert_eq!(counts, BTreeMap::from([("R-PART".to_owned(), 1)]));
    }
}

/// Parts that claim more than they have, so that a trusting reader would take hours or all memory; the
/// messages; and whether the claim is in the page index.
fn overstated() -> [(Vec<u8>, &'static str, bool); 4] {
    let intact = &INTACT[&part()];
    let metadata = footer(&Release::intact().path(&part()));
    let start = |offset: Option<i64>| usize::try_from(offset.unwrap()).unwrap();
    let chunk = metadata.row_group(0).column(0);
    let with = |at: usize, put: &[u8]| {
        let mut bytes = intact.clone();
        bytes[at..at + put.len()].copy_from_slice(put);
        bytes
    };
    // An unknown field at the end of the footer: two thousand million booleans in a dozen bytes.
    let mut footer = intact.clone();
    let length = u32::from_le_bytes(footer[footer.len() - 8..][..4].try_into().unwrap());
    footer.truncate(footer.len() - 9);
    let field = [0x09, 0xc8, 0x01, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00];
    footer.extend(field);
    footer.extend((length - 1 + u32::try_from(field.len()).unwrap()).to_le_bytes());
    footer.extend(*b"PAR1");
    // A list of as many page locations.
    let index = start(chunk.offset_index_offset());
    assert_eq!(intact[index..index + 2], [0x19, 0x1c]);
    let list = with(index + 1, &[0xfc, 0xff, 0xff, 0xff, 0xff, 0x07]);
    // A page elsewhere: the first location starts with `0x16`, a number of 64 bits.
    assert_eq!(intact[index + 2], 0x16);
    let place = with(index + 3, &[intact[index + 3] ^ 0x02]);
    // A page that claims 63 values instead of three.
    let page = usize::try_from(chunk.data_page_offset()).unwrap();
    let number = intact[page..].windows(2).position(|bytes| bytes == [0x15, 6]).unwrap();
    let values = with(page + number + 1, &[126]);
    [
        (footer, "a structure of the file is not Parquet", false),
        (list, "a structure of the file is not Parquet", true),
        (place, "its page index contradicts its footer", true),
        (values, "more data in its pages than in its footer", false),
    ]
}

#[test]
fn every_command_refuses_a_part_that_claims_more_than_it_has() {
    for (bytes, message, is_index) in overstated() {
        let release = Release::intact();
        release.replace_part(&bytes);
        assert_eq!(release.findings()[0], ("R-PART".to_owned(), part()), "{message}");
        let test = &release.test;
        for (name, bytes) in OTHER.iter() {
            test.write(&format!("o/{name}"), bytes);
        }
        for command in [
            "export r",
            "export r --where-key a",
            "diff o r",
            "diff r o",
            "schema diff r/schema.json r/schema.json --against r",
        ] {
            test.run(command).code(2).stdout("").stderr_has(message).check();
        }
        // Plain files are read without their page index.
        if is_index {
            test.run("diff r/data r/data --key id").stdout_has("same r/data").check();
        } else {
            test.run("diff o/data r/data --key id").code(2).stdout("").stderr_has(message).check();
        }
        // A build that reuses it.
        for (name, bytes) in files(&release.path("")) {
            test.write(&format!("set/1.0.0/{name}"), bytes);
        }
        test.write("set/dataset.toml", "name = \"set\"\ninputs = [\"a.jsonl\"]\n");
        test.write("set/a.jsonl", articles(&["a", "b", "c", "d"]));
        test.build("--version 2.0.0 --base 1.0.0 --upsert set/a.jsonl").code(2).stderr_has(message).check();
    }
}

/// A release in `set/1.0.0` of the articles `0`, `1`, ... with row groups of two rows, in parts of these sizes.
/// Everything agrees, except for the layout.
fn parted(sizes: &[usize]) -> Test {
    let count: usize = sizes.iter().sum();
    let ids: Vec<String> = (0..count).map(|number| format!("{number:03}")).collect();
    let test = Test::set("", articles(&ids.iter().map(String::as_str).collect::<Vec<_>>()));
    test.build("").check();
    let folder = test.path("set/1.0.0");
    let release = pressmark::release::Release::open(&folder).unwrap();
    let (manifest, schema) = (release.manifest(), release.load_schema().unwrap());
    let order = Order::new(schema.columns(), &manifest.order_by, &manifest.key).unwrap();
    let layout = Layout { target_rows: 16, row_group_rows: ROW_GROUP_ROWS, ..manifest.layout.clone() };
    let old = folder.join(manifest.parts[0].path(0));
    let all = &batches(&old)[0];
    fs::remove_file(&old).unwrap();
    let (mut start, mut parts) = (0, Vec::new());
    for (place, size) in sizes.iter().enumerate() {
        let rows = all.slice(start, *size);
        let rows_of = Rows::new(schema.columns(), &rows).unwrap();
        let mut hashes: Vec<_> = (0..*size).map(|row| rows_of.stored_hash(row)).collect();
        let fingerprint = Fingerprint::of(&mut hashes);
        let path = format!("data/part-{place:05}-{}.parquet", fingerprint.short());
        let written = write_part(&folder.join(&path), &schema, &order, &layout, &rows);
        parts.push(json!({
            "path": path, "bytes": written.bytes, "rows": size, "sha256": written.sha256, "fingerprint": fingerprint,
            "first": { "published_at": null, "id": ids[start] },
            "last": { "published_at": null, "id": ids[start + size - 1] },
        }));
        start += size;
    }
    edit(&test, "set/1.0.0", |manifest| {
        manifest["layout"] = serde_json::to_value(&layout).unwrap();
        manifest["parts"] = json!(parts);
    });
    test
}

/// The rows of a row group if a part has about sixteen.
const ROW_GROUP_ROWS: u64 = 2;

/// Changes the manifest of a release and makes its metadata and `SHA256SUMS` agree.
fn edit(test: &Test, release: &str, change: impl FnOnce(&mut Value)) {
    let mut manifest = test.json(&format!("{release}/manifest.json"));
    change(&mut manifest);
    test.write(&format!("{release}/manifest.json"), serde_json::to_string_pretty(&manifest).unwrap() + "\n");
    test.write_metadata(release);
    let files = files(&test.path(release));
    let listed = files.iter().filter(|(name, _)| *name != "SHA256SUMS");
    let sums: Vec<String> = listed.map(|(name, bytes)| format!("{}  {name}\n", Digest::of(bytes))).collect();
    test.write(&format!("{release}/SHA256SUMS"), sums.concat());
}

/// The findings in `set/1.0.0`: code, index of the part (or the file), row and key.
#[track_caller]
fn placed(test: &Test) -> Vec<(String, String, Value, Value)> {
    let report = test.run("verify set/1.0.0 --format json").code(1).json();
    let findings = report["releases"][0]["findings"].as_array().unwrap().clone();
    let word = |finding: &Value, member: &str| finding[member].as_str().unwrap().to_owned();
    let file = |finding: &Value| word(finding, "file").chars().take("data/part-00000".len()).collect();
    findings
        .iter()
        .map(|finding| (word(finding, "code"), file(finding), finding["row"].clone(), finding["key"].clone()))
        .collect()
}

#[track_caller]
fn check_parted(sizes: &[usize], want: &[(&str, &str, u64, &str)]) {
    let test = parted(sizes);
    if want.is_empty() {
        test.run("verify set/1.0.0").leaves_nothing().check();
        return;
    }
    let want: Vec<(String, String, Value, Value)> = want
        .iter()
        .map(|(code, file, row, key)| ((*code).to_owned(), (*file).to_owned(), json!(row), json!(key)))
        .collect();
    assert_eq!(placed(&test), want);
}

#[test]
fn parts_end_where_the_rule_cuts() {
    check_parted(&[11], &[]);
    check_parted(&[5, 6], &[("R-CUT", "data/part-00000", 5, "004")]);
}

#[test]
fn row_groups_end_where_the_layout_requires() {
    let test = parted(&[11]);
    // The manifest says half as many rows in a group.
    edit(&test, "set/1.0.0", |manifest| {
        manifest["layout"]["target_rows"] = json!(32);
        manifest["layout"]["row_group_rows"] = json!(2 * ROW_GROUP_ROWS);
    });
    let ended = |row: u64| {
        let key = format!("{:03}", row - 1);
        ("R-ROW-GROUP".to_owned(), "data/part-00000".to_owned(), json!(row), json!(key))
    };
    assert_eq!(placed(&test), [3, 5, 7, 9, 11].map(ended));
}

/// The releases 1.0.0, 1.1.0 and 1.2.0 of `set`.
fn chained() -> Test {
    let test = Test::set("", articles(&["a"]));
    test.build("").check();
    for ids in [&["a", "b"][..], &["a", "b", "c"]] {
        test.write("set/sources/a.jsonl", articles(ids));
        test.build("--bump minor").check();
    }
    test.run("verify set").leaves_nothing().check();
    test
}

#[track_caller]
fn check_chain(test: &Test, release: &str, message: &str) {
    let report = test.run(&format!("verify {release} --format json")).code(1).leaves_nothing().json();
    let findings = &report["releases"][0]["findings"];
    assert_eq!(findings.as_array().unwrap().len(), 1, "{findings}");
    assert_eq!((&findings[0]["code"], &findings[0]["message"]), (&json!("R-CHAIN"), &json!(message)));
}

#[test]
fn a_release_follows_the_one_that_it_names() {
    let test = chained();
    edit(&test, "set/1.1.0", |manifest| manifest["dataset"]["title"] = json!("Changed"));
    check_chain(&test, "set/1.2.0", "the manifest of the previous release, 1.1.0, has a different SHA-256");
    // Without hashing, this is not found.
    test.run("verify set/1.2.0 --quick").check();
    fs::remove_dir_all(test.path("set/1.1.0")).unwrap();
    test.run("verify set").check();
}

#[test]
fn an_inserted_release_is_reported() {
    let test = chained();
    fs::rename(test.path("set/1.1.0"), test.path("aside")).unwrap();
    edit(&test, "set/1.2.0", |manifest| manifest["previous"] = Value::Null);
    check_chain(&test, "set/1.2.0", "the previous release is 1.0.0, but the manifest names none");
    edit(&test, "set/1.2.0", |manifest| {
        manifest["previous"] =
            json!({ "version": "2.0.0", "manifest_sha256": "0".repeat(64), "fingerprint": "0".repeat(64) });
    });
    check_chain(&test, "set/1.2.0", "the manifest names 2.0.0 as an earlier release");
}

#[test]
fn a_folder_named_by_another_version_is_reported() {
    let test = chained();
    fs::rename(test.path("set/1.0.0"), test.path("copy")).unwrap();
    test.run("verify copy").check();
    fs::rename(test.path("copy"), test.path("3.0.0")).unwrap();
    let report = test.run("verify 3.0.0 --format json").code(1).json();
    assert_eq!(report["releases"][0]["counts"], json!({ "R-VERSION": 1 }));
    let told = test.run("verify 3.0.0").code(1).check();
    assert!(
        told.contains("R-VERSION manifest.json: the folder name is 3.0.0, but the version in the manifest is 1.0.0"),
        "{told}"
    );
}

#[test]
fn a_repeated_key_is_reported_with_both_rows() {
    let release = Release::intact();
    release.rewrite_part(|rows| picked(rows, &[0, 1, 1]));
    let report = release.test.run("verify r --format json").code(1).json();
    let findings = report["releases"][0]["findings"].as_array().unwrap().clone();
    let key = findings.iter().find(|finding| finding["code"] == "R-KEY").unwrap();
    assert_eq!((&key["row"], &key["key"]), (&json!(3), &json!("b")));
    assert_eq!(key["message"], json!(format!("the key is also in row 2 of {}", part())));
}

#[test]
fn a_release_without_a_manifest_is_reported() {
    let test = chained();
    fs::remove_file(test.path("set/1.0.0/manifest.json")).unwrap();
    let told = test.run("verify set").code(1).check();
    assert!(told.contains("damaged set/1.0.0: 1 finding\n  R-MANIFEST-MISSING"), "{told}");
    test.run("log set").code(1).stdout_has("unreadable:").check();
}

#[test]
fn the_other_releases_are_verified_if_one_cannot_be_opened() {
    let test = Release::intact().test;
    let stderr = "error: `nothing` is not a release: no such folder";
    test.run("verify nothing r").code(2).stdout_has("intact r").stderr_has(stderr).check();
    // An empty report would read as success.
    test.run("verify nothing --format junit").code(2).stdout("").stderr_has(stderr).check();
}

#[test]
fn file_names_that_xml_cannot_have() {
    let release = Release::intact();
    release.write("data/\u{fffe}", "");
    release.test.run("verify r --format junit").code(1).stdout_has("data/\\u{fffe}").check();
}
