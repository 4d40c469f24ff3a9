//! Writes `CHANGELOG.md` of a dataset: what each release changed, the newest first.
//!
//! A build adds an entry after it published the release and never changes the entry, so people can edit the
//! file. Adding an entry keeps all other bytes.

use jiff::civil::Date;
use semver::Version;

use super::beside_file::{BesideFile, LeftFile};
use crate::diff::{DiffReport, markdown};
use crate::error::Error;
use crate::release::Lock;
use crate::text::counted;

/// The name of the file.
const CHANGELOG: &str = "CHANGELOG.md";
/// What the file starts with.
const HEADING: &str = "# Changelog\n";

/// The entry of one release.
#[derive(Debug)]
pub(super) struct ChangelogEntry<'e> {
    pub(super) version: &'e Version,
    pub(super) released: Date,
    pub(super) records: u64,
    /// How many articles were rejected.
    pub(super) rejected: u64,
    /// The version of the previous release.
    pub(super) previous: Option<&'e Version>,
    /// What changed since the previous release, if the two were compared.
    pub(super) changes: Option<&'e DiffReport>,
}

impl ChangelogEntry<'_> {
    /// Adds the entry to the changelog in the locked folder, and creates the file if it does not exist. Returns the
    /// reason if the file was left as it is.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read or written. The file is then unchanged.
    pub(super) fn add(&self, lock: &Lock) -> Result<Option<LeftFile>, Error> {
        let file = match BesideFile::open(lock, CHANGELOG)? {
            Ok(file) => file,
            Err(left) => return Ok(Some(left)),
        };
        let new = self.added_to(file.text());
        file.replace(&new)
    }

    /// Returns the changelog with this entry above the others.
    fn added_to(&self, old: &str) -> String {
        let title = self.title();
        if old.lines().any(|line| line == title) {
            return old.to_owned();
        }
        // Above the first entry, below whatever introduces them.
        let at = match old.find("\n## ") {
            Some(at) => at + 1,
            None if old.starts_with("## ") => 0,
            None => old.len(),
        };
        let (head, rest) = old.split_at(at);
        let head = if old.is_empty() { HEADING } else { head };
        let gap = if head.is_empty() || head.ends_with("\n\n") { "" } else { "\n" };
        let rest = if rest.is_empty() { String::new() } else { format!("\n{rest}") };
        format!("{head}{gap}{title}\n\n{}{rest}", self.text())
    }

    fn title(&self) -> String {
        format!("## {} ({})", self.version, self.released)
    }

    fn text(&self) -> String {
        let rejected = match self.rejected {
            0 => String::new(),
            number => format!("; {} rejected", counted(number, "article")),
        };
        let records = counted(self.records, "record") + &rejected;
        match (self.previous, self.changes) {
            (None, _) => format!("The first release: {records}.\n"),
            (Some(previous), None) => format!("{records}. Not compared with {previous}.\n"),
            (Some(previous), Some(changes)) => format!("{records}. Since {previous}:\n\n{}", markdown(changes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'e>(version: &'e Version, previous: Option<&'e Version>) -> ChangelogEntry<'e> {
        ChangelogEntry {
            version,
            released: Date::constant(2024, 12, 31),
            records: 2000,
            rejected: 1,
            previous,
            changes: None,
        }
    }

    #[test]
    fn the_newest_comes_first_and_what_stands_there_stays() {
        let [one, two] = [Version::new(1, 0, 0), Version::new(2, 0, 0)];
        let first = entry(&one, None).added_to("");
        assert_eq!(
            first,
            "# Changelog\n\n## 1.0.0 (2024-12-31)\n\nThe first release: 2,000 records; 1 article rejected.\n"
        );
        let second = entry(&two, Some(&one)).added_to(&first);
        let want = "# Changelog\n\n## 2.0.0 (2024-12-31)\n\n2,000 records; 1 article rejected. Not compared with 1.0.0.\n\n\
                    ## 1.0.0 (2024-12-31)\n\nThe first release: 2,000 records; 1 article rejected.\n";
        assert_eq!(second, want);
        assert_eq!(entry(&two, Some(&one)).added_to(&second), second, "an entry is written once");
        let own = entry(&one, None).added_to("# Ours\n\nWritten by hand.\n");
        assert_eq!(
            own,
            "# Ours\n\nWritten by hand.\n\n## 1.0.0 (2024-12-31)\n\nThe first release: 2,000 records; 1 article rejected.\n"
        );
    }
}
