//! The patterns and formats that a schema may have: those that can be checked on every article.

use super::fault::SchemaFault;
use super::pattern::{self, Dialect};
use crate::code::Code;
use crate::text::one_line;

/// A pattern must be one of ECMA-262 that runs in linear time; a published release may have others
/// that once were accepted.
pub(super) fn pattern(pattern: &str, pointer: &str, dialect: Dialect) -> Result<(), SchemaFault> {
    let Err(why) = pattern::compile(pattern, dialect) else { return Ok(()) };
    let message = format!("the pattern `{}` cannot be used: {why}", one_line(pattern, 100));
    Err(SchemaFault::new(Code::SchemaRegex, pointer, message))
}

/// The formats of 2020-12 that are checked. Those of internationalised mail and host names are not.
const FORMATS: &[&str] = &[
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

pub(super) fn format(format: Option<&str>, pointer: &str) -> Result<(), SchemaFault> {
    let Some(format) = format.filter(|format| !FORMATS.contains(format)) else { return Ok(()) };
    let way_out = match format {
        "idn-email" | "idn-hostname" => "use `pattern`, or leave the format out".to_owned(),
        _ => {
            let distance =
                |known: &&&str| strsim::damerau_levenshtein(known, &format.chars().take(64).collect::<String>());
            match FORMATS.iter().min_by_key(distance).filter(|known| distance(known) <= 2) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "use `pattern`, or leave the format out".to_owned(),
            }
        }
    };
    let (name, known) = (one_line(format, 60), FORMATS.join(", "));
    let message =
        format!("the format `{name}` is not checked, so nothing may rely on it; {way_out}. Checked are {known}");
    Err(SchemaFault::new(Code::SchemaFormat, pointer, message))
}
