//! The card of a dataset: prose of the producer, in a Markdown file that `dataset.toml` names.

use std::path::Path;

use crate::error::Error;
use crate::release::MAX_CARD_BYTES;
use crate::storage::filesystem;
use crate::text::counted;

/// Reads a card. A byte order mark is left out, and lines end with LF.
///
/// # Errors
/// [`Error::Dataset`] if there is no such file, or if it is too large or not UTF-8. [`Error::Io`].
pub(super) fn read(dataset: &Path, card: &Path) -> Result<String, Error> {
    let fail = |path: &Path, line, message: String, hint: &str| Error::Dataset {
        path: path.to_owned(),
        line,
        message,
        excerpt: None,
        hint: Some(hint.to_owned()),
    };
    if !card.is_file() {
        let what = if card.exists() { "is not a file" } else { "does not exist" };
        let hint = "write the file, or remove `card` from `dataset.toml`";
        return Err(fail(dataset, None, format!("the card `{}` {what}", card.display()), hint));
    }
    if let Some(bytes) = filesystem::size(card).filter(|bytes| *bytes > MAX_CARD_BYTES) {
        let [found, limit] = [bytes, MAX_CARD_BYTES].map(|bytes| counted(bytes, "byte"));
        let message = format!("the card has {found}, more than the limit of {limit}");
        return Err(fail(card, None, message, "keep the card short and link to longer texts"));
    }
    let bytes = filesystem::read_bounded(card, MAX_CARD_BYTES)?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let (line, _) = crate::text::line_and_column(&bytes, error.valid_up_to());
        fail(card, Some(line), "the text is not UTF-8".to_owned(), "save the file as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n"))
}
