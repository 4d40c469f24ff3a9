//! For people: which source read the articles, what it filled, and what it left in `_extra`.

use crate::code::Code;
use crate::mapping::{Chosen, FillRates};
use crate::text::one_line;
use crate::validate::{InputSummary, Undeclared};

use super::level;
use crate::cli::paint::{BOLD_RED, BOLD_YELLOW, CYAN, count, counted};

/// The maximum number of names of undeclared members shown.
const NAMES: usize = 12;

/// The source, if it was recognised.
pub(super) fn recognised(read: &InputSummary) -> String {
    let source = read.source.as_ref().filter(|source| source.chosen == Chosen::Recognised);
    source.map_or_else(String::new, |source| format!("source: {} (recognised)\n", one_line(&source.name, 60)))
}

/// What is in the fields and in `_extra`.
pub(super) fn fields(read: &InputSummary) -> String {
    undeclared(&read.undeclared) + &fill_rates(&read.fill)
}

/// The names that most records have.
fn undeclared(undeclared: &Undeclared) -> String {
    let Undeclared { names, others, bytes, of_bytes } = undeclared;
    let mut names: Vec<(&String, &u64)> = names.iter().collect();
    names.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let mut told: Vec<String> =
        names.iter().take(NAMES).map(|(name, times)| format!("`{}` x{}", one_line(name, 40), count(**times))).collect();
    match names.len().saturating_sub(NAMES) as u64 {
        0 => {}
        more if *others > 0 => told.push(format!("and more than {} others", count(more))),
        more => told.push(format!("and {}", counted(more, "other name"))),
    }
    if told.is_empty() {
        return String::new();
    }
    format!("kept in _extra: {}; about {} of the bytes\n", told.join(", "), share(*bytes, *of_bytes))
}

/// How many records have each core field.
fn fill_rates(fill: &FillRates) -> String {
    if fill.records == 0 || fill.fields.is_empty() {
        return String::new();
    }
    let rate = |(name, filled): (&str, u64)| format!("{name} {}", percent(filled, fill.records));
    format!("filled: {}\n", fill.in_order().map(rate).collect::<Vec<_>>().join(", "))
}

/// A share, rounded to what is known of it.
fn share(some: u64, all: u64) -> String {
    let permille = (u128::from(some) * 1000 + u128::from(all / 2)) / u128::from(all.max(1));
    if permille > 20 { format!("{}%", (permille + 5) / 10) } else { format!("{}.{}%", permille / 10, permille % 10) }
}

/// A share with one decimal; only all is 100%, and only none is 0%.
fn percent(some: u64, all: u64) -> String {
    let exact = u128::from(some) * 1000 / u128::from(all.max(1));
    match (some, u64::try_from(exact).unwrap_or(u64::MAX)) {
        (0, _) => "0%".to_owned(),
        (_, 0) => "0.1%".to_owned(),
        (_, permille) if permille % 10 == 0 => format!("{}%", permille / 10),
        (_, permille) => format!("{}.{}%", permille / 10, permille % 10),
    }
}

/// What is said of records that have the shape of articles and nothing in it.
pub(super) fn strange_message(read: &InputSummary) -> String {
    let members = read.strange_members();
    let mut names: Vec<String> = members.iter().take(NAMES).map(|name| format!("`{}`", one_line(name, 40))).collect();
    if members.len() > NAMES {
        names.push("...".to_owned());
    }
    let core: Vec<&str> = read.fill.in_order().map(|(name, _)| name).filter(|name| *name != "text").collect();
    format!("most records have no {}; {} are only in _extra", either(&core, "or"), names.join(", "))
}

/// The same for people, with what to do.
pub(super) fn strange(read: &InputSummary) -> String {
    if read.strange_members().is_empty() {
        return String::new();
    }
    format!(
        "{BOLD_YELLOW}warning[D-MISFIT]{BOLD_YELLOW:#}: {}\n  {CYAN}help:{CYAN:#} for news articles, map these members to \
         the fields (`source = \"./mine.toml\"`); for other documents, write a schema of their own \
         (`schema = \"./mine.schema.json\"`); to keep this, set misfit = \"accept\" under [policy]\n",
        strange_message(read)
    )
}

/// A list in a sentence: `url, title or date`.
fn either(names: &[&str], word: &str) -> String {
    match names {
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
        [] => String::new(),
    }
}

/// Which core fields another source would fill.
pub(super) fn better(read: &InputSummary) -> String {
    let Some((source, better)) = read.source.as_ref().and_then(|source| Some((source, source.better.as_ref()?))) else {
        return String::new();
    };
    let name = one_line(&source.name, 60);
    let (style, level) =
        if read.refused_source().is_some() { (BOLD_RED, level(Code::Misfit)) } else { (BOLD_YELLOW, "warning") };
    let fields = either(&better.fields, "and");
    let of = counted(source.sampled, "sampled article");
    if let Some(articles) = better.articles {
        let mut text =
            format!("{style}{level}[D-MISFIT]{style:#}: the source `{name}` fits only some of the articles\n");
        let look = format!("{} of {of} look like `{}`", count(articles), better.source);
        text.push_str(&format!(
            "  {look}, which fills {fields} there\n  {CYAN}help:{CYAN:#} put them in a dataset of "
        ));
        text.push_str(&format!("their own; to keep `{name}` for all, set misfit = \"accept\" under [policy]\n"));
        return text;
    }
    let mut text = format!("{style}{level}[D-MISFIT]{style:#}: the source `{name}` leaves {fields} empty\n");
    text.push_str(&format!("  `{}` fills them in most of {of}\n", better.source));
    let way = format!("set source = \"{0}\" in dataset.toml, or `check` with --source {0}", better.source);
    text.push_str(&format!("  {CYAN}help:{CYAN:#} {way}; to keep `{name}`, set misfit = \"accept\" under [policy]\n"));
    text
}
