//! The closed list of codes: what can be wrong with an input, an article, a schema or a release.
//!
//! A code is a promise: its name and meaning never change and a retired one is never reused.
//! The class is the letter before the dash: `I` input, `F` framing, `P` parsing, `V`
//! validation, `C` conversion to a column, `D` dataset, `R` release. Where something is wrong
//! is told by a [`crate::schema::Violation`] or a finding, not here.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $name:literal $meaning:literal,)*) => {
        /// What is wrong, as a stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// Every code, in the order of this list.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as it is printed and stored.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means, in one line.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    EmptyInput "I-EMPTY" "the input holds no article",
    Gzip "I-GZIP" "the gzip data breaks off or is damaged",
    Zstd "I-ZSTD" "the zstd data breaks off or is damaged",
    Ratio "I-RATIO" "the input unpacks to more than is allowed",
    TooLarge "I-TOO-LARGE" "the input holds more bytes than is allowed",
    Utf16 "I-UTF16" "the input is UTF-16 or UTF-32",
    LfsPointer "I-LFS-POINTER" "the input is a Git LFS pointer and not the file",
    Html "I-HTML" "the input is HTML or XML",
    OtherFormat "I-OTHER-FORMAT" "the input is of a format that is not read",
    Container "I-CONTAINER" "the collection cannot be read any further",
    TooLong "F-TOO-LONG" "the article is longer than the limit and was passed over",
    GluedArrays "F-GLUED-ARRAYS" "the array has a comma before its end or goes on after it, as outputs glued together do",
    Ambiguous "F-AMBIGUOUS" "several places of one object may hold articles, and none was chosen",
    NotThere "F-NOT-THERE" "the text has nothing where the setting `articles` leads",
    NotObject "F-NOT-OBJECT" "an article is a JSON object",
    LastTruncated "F-LAST-TRUNCATED" "the last line of the input breaks off",
    PageUnsplit "F-PAGE-UNSPLIT" "a block of a page dump cannot be split into articles with confidence",
    TrailingData "F-TRAILING-DATA" "something follows the article on its line",
    Utf8 "P-UTF8" "the bytes are not UTF-8",
    Syntax "P-SYNTAX" "the text is not JSON",
    ControlCharacter "P-CONTROL-CHAR" "a raw control character stands inside a string",
    Number "P-NUMBER" "a number is not written as JSON writes numbers",
    Depth "P-DEPTH" "the value is nested more than 128 deep",
    Surrogate "P-SURROGATE" "half of a surrogate pair stands alone and is no character",
    DuplicateKey "P-DUPLICATE-KEY" "an object has the same name twice",
    SchemaSyntax "S-SYNTAX" "the schema is not JSON",
    SchemaMeta "S-META" "the schema is not a valid JSON Schema",
    SchemaDraft "S-DRAFT" "the schema is written for another draft than 2020-12",
    SchemaKeyword "S-UNKNOWN-KEYWORD" "the schema has a keyword that 2020-12 does not know",
    SchemaFormat "S-UNKNOWN-FORMAT" "the schema names a format that cannot be checked",
    SchemaRef "S-REF" "a reference in the schema leads nowhere, or to what is no schema",
    SchemaRemoteRef "S-REMOTE-REF" "a reference leads out of the schema file",
    SchemaRegex "S-REGEX" "a pattern cannot be compiled to run in linear time",
    SchemaColumns "S-COLUMNS" "the schema gives no usable columns",
    Type "V-TYPE" "the value has another type than the schema asks for",
    Required "V-REQUIRED" "a required member is missing",
    Additional "V-ADDITIONAL" "a member is not declared, and undeclared members are not allowed",
    Format "V-FORMAT" "the text is not in the format that the schema names",
    Pattern "V-PATTERN" "the text does not match the pattern",
    RegexLimit "V-REGEX-LIMIT" "a pattern could not be decided within its limits",
    StepLimit "V-STEP-LIMIT" "the article cannot be judged within a bounded number of steps",
    Enum "V-ENUM" "the value is none of those that the schema lists",
    Const "V-CONST" "the value is not the one that the schema fixes",
    MinLength "V-MIN-LENGTH" "the text is too short",
    MaxLength "V-MAX-LENGTH" "the text is too long",
    Minimum "V-MINIMUM" "the number is too small",
    Maximum "V-MAXIMUM" "the number is too large",
    MultipleOf "V-MULTIPLE-OF" "the number is not a multiple of the one given",
    MinItems "V-MIN-ITEMS" "the list is too short",
    MaxItems "V-MAX-ITEMS" "the list is too long",
    UniqueItems "V-UNIQUE-ITEMS" "the list holds the same value twice",
    Contains "V-CONTAINS" "the list has too few or too many items of the kind asked for",
    MinProperties "V-MIN-PROPERTIES" "the object has too few members",
    MaxProperties "V-MAX-PROPERTIES" "the object has too many members",
    PropertyNames "V-PROPERTY-NAMES" "a member's name is not allowed",
    AnyOf "V-ANYOF" "the value fits none of the alternatives",
    OneOfNone "V-ONEOF-NONE" "the value fits none of the alternatives, of which exactly one must fit",
    OneOfMany "V-ONEOF-MANY" "the value fits several alternatives, of which exactly one must fit",
    Not "V-NOT" "the value fits what the schema excludes",
    False "V-FALSE" "the schema allows nothing here",
    Truncated "V-TRUNCATED" "texts end where their source cut them",
    IntRange "C-INT-RANGE" "the integer does not fit into 64 bits",
    FloatRange "C-FLOAT-RANGE" "the number is too large for a double",
    FloatPrecision "C-FLOAT-PRECISION" "the number has more digits than a double can hold",
    TimePrecision "C-TIME-PRECISION" "the time is finer than a microsecond",
    TimeRange "C-TIME-RANGE" "the time leaves the years 0000 to 9999 when moved to UTC",
    Leap "C-LEAP" "a leap second has no place on the time scale of the column",
    NoColumn "C-NO-COLUMN" "the value has no column that can hold it",
    NoArticles "D-EMPTY" "the inputs hold no article at all",
    DuplicateRecord "D-DUPLICATE-KEY" "several articles share a key and differ in content",
    ManifestMissing "R-MANIFEST-MISSING" "the release has no manifest.json",
    ManifestInvalid "R-MANIFEST-INVALID" "manifest.json cannot be read or contradicts itself",
    Counts "R-COUNTS" "the counts of articles, rejects and records in the manifest do not add up",
    Version "R-VERSION" "the folder is named by another version than the manifest",
    Chain "R-CHAIN" "the release before is not the one that the manifest names",
    FileMissing "R-FILE-MISSING" "a file of the release is missing",
    FileExtra "R-FILE-EXTRA" "the release holds a file that its manifest does not list",
    FileKind "R-FILE-KIND" "a link or special file stands in the release",
    FileUnreadable "R-FILE-UNREADABLE" "a file of the release cannot be read",
    FileSize "R-FILE-SIZE" "a file has another size than the manifest says",
    FileHash "R-FILE-HASH" "a file's SHA-256 is not the one on record",
    SumsInvalid "R-SUMS" "SHA256SUMS does not list exactly the files of the release with their hashes",
    SchemaInvalid "R-SCHEMA" "schema.json cannot be used or is not the schema of the parts",
    PartUnreadable "R-PART" "a part is not readable Parquet",
    PartColumns "R-COLUMNS" "a part has other columns than the schema gives",
    PartSettings "R-SETTINGS" "a part is not encoded as the format says",
    RowCount "R-ROWS" "a count of rows is not the one in the manifest",
    RowHash "R-RECORD-HASH" "a row's hash column does not hold the hash of its record",
    RowValue "R-VALUE" "a row holds a value that its column must not hold",
    RowInvalid "R-INVALID" "a record breaks a rule of the schema",
    RowOrder "R-ORDER" "a row is not in the order of the release",
    RowKey "R-KEY" "a key comes twice",
    RowGroup "R-ROW-GROUP" "a row group ends at another row than the layout says",
    Cut "R-CUT" "a part ends at another row than the layout says",
    Withdrawn "R-WITHDRAWN" "a record that was taken back is still there",
    PartEnds "R-PART-ENDS" "the first or last record of a part is not the one in the manifest",
    Statistics "R-STATISTICS" "the statistics of a part are not those of its rows",
    KeyFilter "R-KEY-FILTER" "a key is missing from the bloom filter of its row group",
    ColumnSummary "R-COLUMN-SUMMARY" "what the manifest says of a column's values is not so",
    PartFingerprint "R-PART-FINGERPRINT" "a part's fingerprint is not that of its rows",
    Fingerprint "R-FINGERPRINT" "the release's fingerprint is not that of its rows",
}

/// What a code is about: the letter before its dash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// `I`: an input as a whole.
    Input,
    /// `F`: where articles stand in an input.
    Framing,
    /// `P`: the text of one article.
    Parsing,
    /// `S`: the schema.
    Schema,
    /// `V`: an article against the schema.
    Validation,
    /// `C`: a value and its column.
    Conversion,
    /// `D`: the records of a dataset together.
    Dataset,
    /// `R`: a release.
    Release,
}

/// How grave a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// An article or release is not what it should be.
    Error,
    /// Worth a look; nothing is kept out for it.
    Warning,
}

impl Severity {
    /// The severity in one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Code {
    /// What the code is about.
    pub fn class(self) -> Class {
        match self.name().as_bytes()[0] {
            b'I' => Class::Input,
            b'F' => Class::Framing,
            b'P' => Class::Parsing,
            b'S' => Class::Schema,
            b'V' => Class::Validation,
            b'C' => Class::Conversion,
            b'D' => Class::Dataset,
            _ => Class::Release,
        }
    }

    /// How grave it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::EmptyInput | Self::Truncated => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// The code called `name`, in any letter case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_well_formed() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for name in names {
            let (class, rest) = name.split_once('-').unwrap();
            assert!(["I", "F", "P", "S", "V", "C", "D", "R"].contains(&class), "{name}");
            assert!(rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-'), "{name}");
        }
    }

    #[test]
    fn meanings_are_plain_sentences() {
        for code in Code::ALL {
            let meaning = code.meaning();
            assert!(meaning.starts_with(char::is_lowercase) || meaning.starts_with("SHA256SUMS"), "{meaning}");
            assert!(!meaning.ends_with('.'), "{meaning}");
        }
    }
}
