//! `pressmark export`: records go to standard output or a file, missing keys to standard error.

use std::io::{ErrorKind, IsTerminal as _};
use std::path::Path;

use crate::Error;
use crate::export::{ExportFormat, ExportOptions, ExportReport, export, export_to_file};
use crate::progress::{NoProgress, Progress};
use crate::release::Release;
use crate::text::{one_line, printable};

use crate::cli::args::{ExportArguments, ExportFormatArgument, list, threads};
use crate::cli::outcome::Outcome;
use crate::cli::paint::{BOLD_GREEN, BOLD_RED, counted};
use crate::cli::progress::Bar;
use crate::cli::{locate, terminal};

pub(crate) fn run(arguments: &ExportArguments) -> Result<Outcome, Error> {
    let release = Release::open(&locate::release(arguments.release.as_deref())?)?;
    let options = options(arguments);
    let file = arguments.output.as_deref().filter(|path| *path != Path::new("-"));
    // On a terminal the records themselves show how far it is.
    let shown = file.is_none() && std::io::stdout().is_terminal();
    let progress: Box<dyn Progress> = if shown { Box::new(NoProgress) } else { Box::new(Bar::new()) };
    let report = match file {
        Some(file) => export_to_file(&release, &options, file, progress.as_ref())?,
        None => match export(&release, &options, &mut std::io::stdout().lock(), progress.as_ref()) {
            // Whoever read the output has read enough.
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::BrokenPipe => return Ok(Outcome::Yes),
            report => report?,
        },
    };
    drop(progress);
    let mut text = missing(&report);
    if let Some(file) = file.filter(|_| !terminal::is_quiet()) {
        let (file, records) = (printable(&file.display().to_string()), counted(report.records, "record"));
        text.push_str(&format!("{BOLD_GREEN}wrote{BOLD_GREEN:#} {records} to {file}\n"));
    }
    terminal::say(&text);
    Ok(if report.missing.is_empty() { Outcome::Yes } else { Outcome::No })
}

fn options(arguments: &ExportArguments) -> ExportOptions {
    ExportOptions {
        format: match arguments.format {
            ExportFormatArgument::Jsonl => ExportFormat::JsonLines,
            ExportFormatArgument::Csv => ExportFormat::Csv,
        },
        columns: (!arguments.columns.is_empty()).then(|| arguments.columns.clone()),
        keys: (!arguments.where_key.is_empty()).then(|| list(&arguments.where_key).into_iter().collect()),
        threads: threads(arguments.threads),
    }
}

fn missing(report: &ExportReport) -> String {
    let line = |key: &String| format!("{BOLD_RED}failed:{BOLD_RED:#} no record has the key `{}`\n", one_line(key, 100));
    report.missing.iter().map(line).collect()
}
