//! For people: what was read, what was rejected and why, and the verdict.

use crate::code::Code;
use crate::diagnostics::Cause;
use crate::input::{Left, LeftOut, Pointer};
use crate::json::escape_token;
use crate::mapping::Misfit;
use crate::text::{one_line, printable};
use crate::validate::{InputCounts, InputSummary, InputWarning};
use std::collections::BTreeMap;

use super::{Check, causes, headline, is_unread, level, normalised, source};
use crate::cli::paint::{BOLD_GREEN, BOLD_RED, BOLD_YELLOW, CYAN, DIM, count, counted};
use crate::cli::terminal;

/// The maximum number of causes shown of values that were moved.
const CAUSES: usize = 10;
/// The maximum number of inputs, or kinds of inputs, that are shown one by one.
const INPUTS: usize = 5;
/// The maximum number of names of undeclared members shown.
const NAMES: usize = 12;

pub(super) fn report(check: &Check<'_>) -> String {
    if check.ok && terminal::is_quiet() {
        return String::new();
    }
    let mut text = inputs(check);
    text.push_str(&diagnostics(check));
    text + &verdict(check)
}

/// The last line: how many articles there are, and what became of them.
fn verdict(check: &Check<'_>) -> String {
    let (read, unread) = (check.read, check.unread());
    let (articles, rejected) = (read.articles() - unread, read.rejects.total() - unread);
    let word = if check.ok { format!("{BOLD_GREEN}ok{BOLD_GREEN:#}") } else { format!("{BOLD_RED}failed{BOLD_RED:#}") };
    let admitted = count(articles - rejected);
    let mut text =
        format!("{word} {}: {admitted} admitted, {} rejected", counted(articles, "article"), count(rejected));
    if rejected > 0 {
        text.push_str(&format!(" for {}; {} allowed", counted(check.causes().len() as u64, "cause"), check.allowance));
    }
    if unread > 0 {
        text.push_str(&format!("; {} not read", counted(unread, "input")));
    }
    text + "\n"
}

pub(super) fn inputs(check: &Check<'_>) -> String {
    let mut text = String::new();
    if !terminal::is_quiet() {
        if let Some(dataset) = check.dataset {
            text.push_str(&format!("{DIM}settings: {}{DIM:#}\n", printable(&dataset.path().display().to_string())));
        }
        text.push_str(&read(&check.read.inputs));
        text.push_str(&source::recognised(check.read));
        text.push_str(&normalised::lines(&check.read.normalised));
        text.push_str(&repeats(check.repeats));
        text.push_str(&moved(&check.read.moved.causes()));
        text.push_str(&source::fields(check.read));
    }
    text.push_str(&source::better(check.read));
    text.push_str(&source::strange(check.read));
    if let Some(misfit) = &check.read.misfit {
        text.push_str(&self::misfit(misfit));
    }
    text + &strangers(check.read) + &warnings(check)
}

/// What to do about objects that are no articles, such as the action lines of a dump.
fn strangers(read: &InputSummary) -> String {
    let others = |number: u64| number < read.articles();
    let Some((number, name)) = read.strangers.as_ref().filter(|(number, _)| others(*number)) else {
        return String::new();
    };
    let have = if *number == 1 { "object has" } else { "objects have" };
    let skip = format!("skip = [\"/{}\"]", one_line(&escape_token(name), 80));
    format!(
        "{CYAN}help:{CYAN:#} {} {have} `{}` and neither text nor id; if they are not articles, set {skip} in dataset.toml \
         or the mapping\n",
        count(*number),
        one_line(name, 80)
    )
}

/// Articles that a build leaves out although nothing is wrong with them.
fn repeats([duplicates, superseded]: [u64; 2]) -> String {
    let mut text = String::new();
    if duplicates > 0 {
        text.push_str(&format!("{}; a build keeps one of each\n", counted(duplicates, "identical duplicate")));
    }
    if superseded > 0 {
        let articles = counted(superseded, "article");
        text.push_str(&format!("{articles} with the same key as a newer one; a build keeps the newest\n"));
    }
    text
}

/// A line for each input, or for each kind of many inputs.
fn read(inputs: &[InputCounts]) -> String {
    if terminal::is_verbose() || inputs.len() <= INPUTS {
        return inputs.iter().map(|input| line(&one_line(&input.name, 200), &[input])).collect();
    }
    let mut kinds: BTreeMap<String, Vec<&InputCounts>> = BTreeMap::new();
    for input in inputs {
        kinds.entry(form(input)).or_default().push(input);
    }
    let mut kinds: Vec<Vec<&InputCounts>> = kinds.into_values().collect();
    kinds.sort_by_key(|inputs| std::cmp::Reverse(inputs.len()));
    let name = |inputs: &[&InputCounts]| match inputs {
        [only] => one_line(&only.name, 200),
        [first, ..] => format!("{} such as {}", counted(inputs.len() as u64, "input"), one_line(&first.name, 200)),
        [] => String::new(),
    };
    let mut text: String = kinds.iter().take(INPUTS).map(|inputs| line(&name(inputs), inputs)).collect();
    let left: usize = kinds.iter().skip(INPUTS).map(Vec::len).sum();
    if left > 0 {
        let all = counted(inputs.len() as u64, "input");
        text.push_str(&format!("{DIM}... and {} more of {all}; --verbose shows all{DIM:#}\n", count(left as u64)));
    }
    text + &rejected_in(inputs)
}

/// What is said of an input: its container, and what is beside its articles.
fn form(input: &InputCounts) -> String {
    format!("{}\n{}{}", input.tally.container, left_out(input.tally.left_out()), skipped(input))
}

/// What some inputs of one kind hold.
fn line(name: &str, inputs: &[&InputCounts]) -> String {
    let sum = |of: fn(&InputCounts) -> u64| inputs.iter().map(|input| of(input)).sum::<u64>();
    let rejected = match sum(|input| input.rejected) {
        0 => String::new(),
        rejected => format!(", {} rejected", count(rejected)),
    };
    let articles = match inputs {
        [first, ..] if is_unread(first) => "none read".to_owned(),
        _ => counted(sum(|input| input.articles), "article") + &rejected,
    };
    let form = inputs.first().map(|input| form(input)).unwrap_or_default();
    let (container, beside) = form.split_once('\n').unwrap_or_default();
    let each = if inputs.len() > 1 && !beside.is_empty() { ", in each" } else { "" };
    let beside = if each.is_empty() { beside } else { beside.trim_start_matches(',') };
    format!("{name}: {container}, {articles}{each}{beside}\n")
}

/// Which of many inputs have rejected articles.
fn rejected_in(inputs: &[InputCounts]) -> String {
    let is_partly = |input: &&InputCounts| input.rejected > 0 && !is_unread(input);
    let mut with: Vec<&InputCounts> = inputs.iter().filter(is_partly).collect();
    if with.is_empty() {
        return String::new();
    }
    with.sort_by_key(|input| std::cmp::Reverse(input.rejected));
    let name = |input: &&InputCounts| format!("{} ({})", one_line(&input.name, 200), count(input.rejected));
    let mut names: Vec<String> = with.iter().take(INPUTS).map(name).collect();
    if with.len() > INPUTS {
        names.push(format!("{} more", count((with.len() - INPUTS) as u64)));
    }
    format!("rejected in {}\n", names.join(", "))
}

fn warnings(check: &Check<'_>) -> String {
    // The report of the fields has said why the source does not fit.
    let warnings: Vec<InputWarning> =
        check.read.warnings().into_iter().filter(|warning| warning.code != Code::Misfit).collect();
    let most = if terminal::is_verbose() { usize::MAX } else { INPUTS };
    let mut text = String::new();
    for InputWarning { code, source } in warnings.iter().take(most) {
        let level = level(*code);
        text.push_str(&format!("{BOLD_YELLOW}{level}[{code}]{BOLD_YELLOW:#}: {source}: {}\n", code.meaning()));
    }
    if let Some(more) = warnings.len().checked_sub(most).filter(|more| *more > 0) {
        let more = counted(more as u64, "more warning");
        text.push_str(&format!("{DIM}... and {more}; --verbose shows all{DIM:#}\n"));
    }
    text
}

/// The invalid values that moved to `_extra`, by the rules that they broke.
fn moved(causes: &[&Cause]) -> String {
    let one = |cause: &&Cause| {
        let (code, headline) = (cause.code, headline(cause));
        let articles = counted(cause.articles, "article");
        let first = format!("{BOLD_YELLOW}moved to _extra[{code}]{BOLD_YELLOW:#}: {headline}, {articles}\n");
        let examples = cause.examples.iter().map(|one| causes::example(one, headline, false));
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
    for (setting, times) in &input.notes().skipped {
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
    let mut text = causes::report(&check.causes(), check.examples, check.conflicts);
    if let Some(path) = check.rejects_file() {
        let path = printable(&path.display().to_string());
        text.push_str(&format!(
            "{CYAN}rejects:{CYAN:#} all rejected articles, with their bytes and the reasons, are in {path}\n"
        ));
    }
    if let Some(path) = check.read.rejects.kept() {
        let path = printable(&path.display().to_string());
        text.push_str(&format!(
            "{BOLD_YELLOW}warning:{BOLD_YELLOW:#} no article was rejected; {path} has the rejects of an earlier run\n"
        ));
    }
    text
}
