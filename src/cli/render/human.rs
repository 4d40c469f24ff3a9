//! For people: causes with counts, positions and carets.

use pressmark::code::Code;
use pressmark::diagnostics::{Cause, Example};
use pressmark::input::{Left, LeftOut, Pointer};
use pressmark::mapping::Misfit;
use pressmark::text::{one_line, printable};
use pressmark::validate::InputCounts;

use super::{Check, Warning, headline, level, normalised, source};
use unicode_width::UnicodeWidthStr as _;

use crate::paint::{BOLD, BOLD_GREEN, BOLD_RED, BOLD_YELLOW, CYAN, DIM, count, counted};

/// The maximum number of causes shown.
const CAUSES: usize = 10;
/// The maximum number of inputs shown one by one.
const INPUTS: usize = 20;
/// The maximum number of names of undeclared members shown.
const NAMES: usize = 12;

pub(super) fn report(check: &Check<'_>) -> String {
    let mut text = inputs(check);
    text.push_str(&diagnostics(check));
    let read = check.read;
    let rejected = read.rejects.total();
    let admitted = read.articles() - rejected;
    let verdict =
        if check.ok { format!("{BOLD_GREEN}ok{BOLD_GREEN:#}") } else { format!("{BOLD_RED}failed{BOLD_RED:#}") };
    let articles = counted(read.articles(), "article");
    text.push_str(&format!("{verdict} {articles}: {} admitted, {} rejected", count(admitted), count(rejected)));
    text.push_str(&match rejected {
        0 => "\n".to_owned(),
        _ => format!(" for {}; {} allowed\n", counted(check.causes().len() as u64, "cause"), check.allowed()),
    });
    text
}

pub(super) fn inputs(check: &Check<'_>) -> String {
    let mut text = String::new();
    let inputs = &check.read.inputs;
    // With very many inputs, only those with rejects are of interest.
    let is_told = |input: &&InputCounts| inputs.len() <= INPUTS || input.rejected > 0;
    let told = inputs.iter().filter(is_told).take(INPUTS);
    let left = inputs.len() - told.clone().count();
    for input in told {
        let rejected = match input.rejected {
            0 => String::new(),
            rejected => format!(", {} rejected", count(rejected)),
        };
        let name = one_line(&input.name, 200);
        let articles = counted(input.articles, "article");
        let beside = left_out(&input.tally.left_out);
        text.push_str(&format!("{name}: {}, {articles}{rejected}{beside}{}\n", input.tally.container, skipped(input)));
    }
    if left > 0 {
        let all = counted(inputs.len() as u64, "input");
        text.push_str(&format!("{DIM}... and {} more of {all}; --format json shows all{DIM:#}\n", count(left as u64)));
    }
    text.push_str(&source::recognised(check.read));
    text.push_str(&normalised::lines(&check.read.normalised));
    text.push_str(&moved(&check.read.moved.causes()));
    text.push_str(&source::fields(check.read));
    if let Some(misfit) = &check.read.misfit {
        text.push_str(&self::misfit(misfit));
    }
    for Warning { code, source } in check.warnings().into_iter().filter(|warning| warning.code != Code::Misfit) {
        let level = level(code);
        text.push_str(&format!("{BOLD_YELLOW}{level}[{code}]{BOLD_YELLOW:#}: {source}: {}\n", code.meaning()));
    }
    text
}

/// The invalid values that moved to `_extra`, by the rules that they broke.
fn moved(causes: &[&Cause]) -> String {
    let one = |cause: &&Cause| {
        let (code, headline) = (cause.code, headline(cause));
        let articles = counted(cause.articles, "article");
        let first = format!("{BOLD_YELLOW}moved to _extra[{code}]{BOLD_YELLOW:#}: {headline}, {articles}\n");
        let examples = cause.examples.iter().map(|one| example(one, headline, false));
        first + &examples.collect::<String>()
    };
    let text: String = causes.iter().take(CAUSES).map(one).collect();
    match causes.len().saturating_sub(CAUSES) as u64 {
        0 => text,
        more => text + &format!("{DIM}... and {}; --format json shows all{DIM:#}\n", counted(more, "more cause")),
    }
}

/// What is beside the articles of an input: the members, and how many objects are in them.
fn left_out(left_out: &LeftOut) -> String {
    let LeftOut { members, others, objects } = left_out;
    let number = members.len() as u64;
    if number == 0 {
        return String::new();
    }
    let name = |(place, left): (&Pointer, &Left)| {
        let place = place.to_string();
        // A member of the text itself goes by its name.
        let name = place.strip_prefix('/').filter(|name| !name.contains('/')).unwrap_or(&place);
        let times = if left.times > 1 { format!(" x{}", count(left.times)) } else { String::new() };
        one_line(name, 60) + &times
    };
    let mut names: Vec<String> = members.iter().take(NAMES).map(name).collect();
    if number > NAMES as u64 || *others > 0 {
        names.push("...".to_owned());
    }
    let holding = if *objects > 0 { format!(" with {}", counted(*objects, "object")) } else { String::new() };
    let more = if *others > 0 { "more than " } else { "" };
    format!(", {more}{} besides the articles left out{holding} ({})", counted(number, "member"), names.join(", "))
}

/// What settings say is not an article.
fn skipped(input: &InputCounts) -> String {
    let mut text = String::new();
    for (setting, times) in &input.skipped {
        text.push_str(&format!(", {} skipped by `{}`", counted(*times, "object"), one_line(setting, 80)));
    }
    text
}

fn misfit(misfit: &Misfit) -> String {
    let of = counted(misfit.articles, "article");
    let lacks = format!("{} without text and {} without an id", count(misfit.without_text), count(misfit.without_id));
    let mut text = format!(
        "{BOLD_YELLOW}warning:{BOLD_YELLOW:#} the source `{}` does not match the inputs: ",
        one_line(&misfit.source, 100)
    );
    text.push_str(&format!("of {of}, {lacks}\n"));
    if !misfit.members.is_empty() {
        text.push_str(&format!("  members found: {}\n", one_line(&misfit.members.join(", "), 600)));
    }
    if let [first, ..] = misfit.places.as_slice() {
        text.push_str(&format!("  lists of objects found at: {}\n", misfit.places.join(", ")));
        text.push_str(&format!(
            "  {CYAN}help:{CYAN:#} if these are the articles, set articles = \"{first}\" or use --articles\n"
        ));
    }
    if misfit.members.iter().any(|name| name == "@type") {
        let only = "only = { \"@type\" = [\"NewsArticle\", \"Article\"] }";
        text.push_str(&format!("  {CYAN}help:{CYAN:#} to read only nodes of some types, set {only}\n"));
    }
    if let Some(better) = misfit.better {
        text.push_str(&format!("  {CYAN}help:{CYAN:#} the source `{better}` matches most of these articles\n"));
    }
    text
}

pub(super) fn diagnostics(check: &Check<'_>) -> String {
    let mut text = causes(&check.causes());
    if let Some(path) = check.rejects_file() {
        let path = printable(&path.display().to_string());
        text.push_str(&format!(
            "{CYAN}rejects:{CYAN:#} all rejected articles, with their bytes and the reasons, are in {path}\n"
        ));
    }
    text
}

pub(super) fn causes(causes: &[&Cause]) -> String {
    let mut text: String = causes.iter().take(CAUSES).map(|cause| self::cause(cause)).collect();
    if let Some(more) = causes.len().checked_sub(CAUSES).filter(|more| *more > 0) {
        let more = counted(more as u64, "more cause");
        text.push_str(&format!("{DIM}... and {more}; --format json shows all{DIM:#}\n\n"));
    }
    text
}

fn cause(cause: &Cause) -> String {
    let code = cause.code;
    let headline = headline(cause);
    let articles = counted(cause.articles, "article");
    let mut text = format!("{BOLD_RED}{}[{code}]{BOLD_RED:#}: {BOLD}{headline}{BOLD:#}, {articles}\n", level(code));
    for (place, example) in cause.examples.iter().enumerate() {
        text.push_str(&self::example(example, headline, place == 0));
    }
    let more = cause.articles - cause.examples.len() as u64;
    if more > 0 {
        text.push_str(&format!("  {DIM}... and {} more{DIM:#}\n", count(more)));
    }
    let rule = match cause.schema.as_str() {
        "" => String::new(),
        rule => format!("rule: {}; ", one_line(rule, 120)),
    };
    text.push_str(&format!("  {DIM}{rule}for details: pressmark explain {code}{DIM:#}\n\n"));
    text
}

fn example(example: &Example, headline: &str, first: bool) -> String {
    let at = if example.pointer.is_empty() { String::new() } else { format!(" at {}", example.pointer) };
    let mut text = format!("  {CYAN}-->{CYAN:#} {}:{}:{}{at}\n", example.source, example.line, example.column);
    if example.message != headline {
        text.push_str(&format!("      {}\n", example.message));
    }
    if let Some(snippet) = &example.snippet {
        // A character of some scripts takes two columns of a terminal, or none.
        let columns =
            |from: usize, number: usize| snippet.text.chars().skip(from).take(number).collect::<String>().width();
        let indent = " ".repeat(columns(0, snippet.start));
        let caret = "^".repeat(columns(snippet.start, snippet.length).max(1));
        text.push_str(&format!("   {CYAN}|{CYAN:#} {}\n", snippet.text));
        text.push_str(&format!("   {CYAN}|{CYAN:#} {indent}{BOLD_RED}{caret}{BOLD_RED:#}\n"));
    }
    if let Some(help) = example.help.as_ref().filter(|_| first) {
        text.push_str(&format!("   {CYAN}= help:{CYAN:#} {help}\n"));
    }
    text
}
