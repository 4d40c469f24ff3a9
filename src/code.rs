//! The closed list of codes: what can be wrong with an input, an article, a schema or a release.
//!
//! A code is a promise: its name and meaning never change and a retired one is never reused.
//! The class is the letter before the dash: `I` input, `F` framing, `P` parsing, `V`
//! validation, `C` conversion to a column, `D` dataset, `R` release. The location of a problem is in the
//! [`crate::schema::Violation`] or the finding, not here.

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

            /// The meaning, in one line.
            pub(crate) fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    EmptyInput "I-EMPTY" "the input contains no articles",
    Gzip "I-GZIP" "the gzip data is truncated or damaged",
    Zstd "I-ZSTD" "the zstd data is truncated or damaged",
    Ratio "I-RATIO" "the input exceeds the allowed compression ratio",
    TooLarge "I-TOO-LARGE" "the input is larger than allowed",
    Utf16 "I-UTF16" "the input is UTF-16 or UTF-32",
    LfsPointer "I-LFS-POINTER" "the input is a Git LFS pointer instead of the file",
    Html "I-HTML" "the input is HTML or XML",
    OtherFormat "I-OTHER-FORMAT" "the format of the input is not supported",
    Container "I-CONTAINER" "the rest of the collection cannot be read",
    TooLong "F-TOO-LONG" "the article is longer than the limit and was skipped",
    GluedArrays "F-GLUED-ARRAYS" "the array ends with a comma or is followed by more data, as in concatenated outputs",
    Ambiguous "F-AMBIGUOUS" "an object has several members that may contain articles, and none was chosen",
    NotThere "F-NOT-THERE" "the pointer in `articles` matches nothing in the text",
    NotObject "F-NOT-OBJECT" "the article is not a JSON object",
    LastTruncated "F-LAST-TRUNCATED" "the last line of the input is truncated",
    PageUnsplit "F-PAGE-UNSPLIT" "a block of a page dump cannot be split into articles reliably",
    TrailingData "F-TRAILING-DATA" "the line has more data after the article",
    Utf8 "P-UTF8" "the bytes are not UTF-8",
    Syntax "P-SYNTAX" "the text is not JSON",
    ControlCharacter "P-CONTROL-CHAR" "a string contains an unescaped control character",
    Number "P-NUMBER" "a number is not valid JSON",
    Depth "P-DEPTH" "the value is nested more than 128 levels deep",
    Surrogate "P-SURROGATE" "a surrogate is not part of a pair",
    DuplicateKey "P-DUPLICATE-KEY" "an object has a duplicate member name",
    SchemaSyntax "S-SYNTAX" "the schema is not JSON",
    SchemaMeta "S-META" "the schema is not a valid JSON Schema",
    SchemaDraft "S-DRAFT" "the schema is not for draft 2020-12",
    SchemaKeyword "S-UNKNOWN-KEYWORD" "the schema has a keyword that is not in draft 2020-12",
    SchemaFormat "S-UNKNOWN-FORMAT" "the schema names a format that cannot be checked",
    SchemaRef "S-REF" "a reference in the schema does not resolve to a schema",
    SchemaRemoteRef "S-REMOTE-REF" "a reference points outside the schema file",
    SchemaRegex "S-REGEX" "a pattern cannot be compiled to run in linear time",
    SchemaColumns "S-COLUMNS" "the schema cannot be converted to columns",
    Type "V-TYPE" "the value has the wrong type",
    Required "V-REQUIRED" "a required member is missing",
    Additional "V-ADDITIONAL" "a member is not declared, and undeclared members are not allowed",
    Format "V-FORMAT" "the string does not have the required format",
    Pattern "V-PATTERN" "the string does not match the pattern",
    RegexLimit "V-REGEX-LIMIT" "a pattern exceeded its limits before it was decided",
    StepLimit "V-STEP-LIMIT" "the article needs too many validation steps",
    Enum "V-ENUM" "the value is not one of the allowed values",
    Const "V-CONST" "the value is not the required constant",
    MinLength "V-MIN-LENGTH" "the string is too short",
    MaxLength "V-MAX-LENGTH" "the string is too long",
    Minimum "V-MINIMUM" "the number is too small",
    Maximum "V-MAXIMUM" "the number is too large",
    MultipleOf "V-MULTIPLE-OF" "the number is not a multiple of the required divisor",
    MinItems "V-MIN-ITEMS" "the list is too short",
    MaxItems "V-MAX-ITEMS" "the list is too long",
    UniqueItems "V-UNIQUE-ITEMS" "the list contains duplicates",
    Contains "V-CONTAINS" "the list has too few or too many matching items",
    MinProperties "V-MIN-PROPERTIES" "the object has too few members",
    MaxProperties "V-MAX-PROPERTIES" "the object has too many members",
    PropertyNames "V-PROPERTY-NAMES" "a member has a name that is not allowed",
    AnyOf "V-ANYOF" "the value matches none of the alternatives",
    OneOfNone "V-ONEOF-NONE" "the value matches none of the alternatives; exactly one must match",
    OneOfMany "V-ONEOF-MANY" "the value matches several alternatives; exactly one must match",
    Not "V-NOT" "the value is forbidden by a `not` rule",
    False "V-FALSE" "the schema allows nothing here",
    Truncated "V-TRUNCATED" "texts were truncated by their source",
    IntRange "C-INT-RANGE" "the integer does not fit into 64 bits",
    FloatRange "C-FLOAT-RANGE" "the number is too large for a double",
    FloatPrecision "C-FLOAT-PRECISION" "the number has more digits than a double can hold",
    TimePrecision "C-TIME-PRECISION" "the time is finer than a microsecond",
    TimeRange "C-TIME-RANGE" "the time is outside the years 0000 to 9999 in UTC",
    Leap "C-LEAP" "the column cannot represent a leap second",
    NoColumn "C-NO-COLUMN" "no column can hold the value",
    NoArticles "D-EMPTY" "the inputs contain no articles",
    Misfit "D-MISFIT" "the source leaves core fields empty that another source would fill",
    Undescribed "D-UNDESCRIBED" "the dataset states no license or no creators",
    License "D-LICENSE" "the license is neither an SPDX identifier nor a URL",
    Maps "D-MAPS" "a column of maps cannot be loaded by Hugging Face datasets",
    DuplicateRecord "D-DUPLICATE-KEY" "several articles have the same key but different content",
    ManifestMissing "R-MANIFEST-MISSING" "the release has no manifest.json",
    ManifestInvalid "R-MANIFEST-INVALID" "manifest.json cannot be read or contradicts itself",
    Counts "R-COUNTS" "the counts of articles, rejects and records in the manifest do not add up",
    Version "R-VERSION" "the folder name and the manifest have different versions",
    Chain "R-CHAIN" "the previous release is not the one that the manifest names",
    FileMissing "R-FILE-MISSING" "a file of the release is missing",
    FileExtra "R-FILE-EXTRA" "the release contains a file that the manifest does not list",
    FileKind "R-FILE-KIND" "the release contains a link or a special file",
    FileUnreadable "R-FILE-UNREADABLE" "a file of the release cannot be read",
    FileSize "R-FILE-SIZE" "the size of a file differs from the manifest",
    FileHash "R-FILE-HASH" "the SHA-256 of a file differs from the recorded one",
    SumsInvalid "R-SUMS" "SHA256SUMS does not match the files of the release",
    SignatureMissing "R-SIGNATURE-MISSING" "the release is not signed",
    SignatureUnreadable "R-SIGNATURE-UNREADABLE" "SHA256SUMS.sig is not a list of SSH signatures",
    SignatureBad "R-SIGNATURE-BAD" "a signature does not match SHA256SUMS",
    SignerUnknown "R-SIGNER-UNKNOWN" "no signature is by an allowed signer",
    List "R-LIST" "a list of inputs or withdrawals is not in the form that the format requires",
    Metadata "R-METADATA" "a file of metadata does not follow from the manifest and the schema",
    SchemaInvalid "R-SCHEMA" "schema.json cannot be used or does not match the parts",
    PartUnreadable "R-PART" "a part is not readable Parquet",
    PartColumns "R-COLUMNS" "the columns of a part do not match the schema",
    PartSettings "R-SETTINGS" "a part is not encoded as the format requires",
    RowCount "R-ROWS" "a row count differs from the manifest",
    RowHash "R-RECORD-HASH" "the hash column of a row does not match its record",
    RowValue "R-VALUE" "a row has a value that its column does not allow",
    RowInvalid "R-INVALID" "a record breaks a rule of the schema",
    RowOrder "R-ORDER" "a row is out of order",
    RowKey "R-KEY" "a key is not unique",
    RowGroup "R-ROW-GROUP" "a row group does not end where the layout requires",
    Cut "R-CUT" "a part does not end where the layout requires",
    Withdrawn "R-WITHDRAWN" "a withdrawn record is still present",
    PartEnds "R-PART-ENDS" "the first or last record of a part differs from the manifest",
    Statistics "R-STATISTICS" "the statistics of a part do not match its rows",
    KeyFilter "R-KEY-FILTER" "a key is missing from the bloom filter of its row group",
    ColumnSummary "R-COLUMN-SUMMARY" "the column summary in the manifest does not match the values",
    PartFingerprint "R-PART-FINGERPRINT" "the fingerprint of a part does not match its rows",
    Fingerprint "R-FINGERPRINT" "the fingerprint of the release does not match its rows",
}

/// What a code is about: the letter before its dash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// `I`: an input as a whole.
    Input,
    /// `F`: the position of articles in an input.
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

/// How serious a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// An article or a release is wrong.
    Error,
    /// Worth a look; nothing is rejected because of it.
    Warning,
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

    /// How serious it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::EmptyInput | Self::Truncated | Self::Undescribed | Self::License | Self::Maps => Severity::Warning,
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
