//! A progress bar on standard error if that is a terminal, and what Ctrl-C does to a run.
//!
//! The bar appears after a second, so short runs show none. A signal sets a flag. With its next progress the run
//! sees the flag, stops and removes what it has written. A run that makes no progress is ended after a moment, and
//! the next build removes what it left.

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use crate::progress::{Progress, Stage};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::cli::paint::BOLD_YELLOW;

/// How long a run takes before it shows a bar.
const SHORT: Duration = Duration::from_secs(1);
/// How long a run may take to end after a signal.
const GRACE: Duration = Duration::from_secs(3);
/// The exit code of a run that a signal ended: 128 and the number of SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// Whether a signal asked the run to end.
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// How many runs have begun something that must be removed if they end early.
static RUNNING: AtomicU8 = AtomicU8::new(0);

/// Ends a run cleanly when a signal asks for it.
pub(crate) fn handle_signals() {
    #[expect(clippy::exit, reason = "a run that makes no progress cannot be cancelled")]
    let handler = || {
        if IS_INTERRUPTED.swap(true, Ordering::SeqCst) || RUNNING.load(Ordering::SeqCst) == 0 {
            std::process::exit(i32::from(INTERRUPTED));
        }
        std::thread::spawn(|| {
            std::thread::sleep(GRACE);
            report("interrupted; the next build removes what is left of this run");
            std::process::exit(i32::from(INTERRUPTED));
        });
    };
    // Without a handler a signal ends the run at once, and the next build removes what it left.
    let _best_effort = ctrlc::set_handler(handler);
}

/// Reports that a signal ended the run.
pub(crate) fn report_interrupted() {
    report("interrupted; nothing was published");
}

/// Whether a signal asked the run to end.
fn is_interrupted() -> bool {
    IS_INTERRUPTED.load(Ordering::Relaxed)
}

fn report(what: &str) {
    crate::cli::terminal::say(&format!("{BOLD_YELLOW}{what}{BOLD_YELLOW:#}\n"));
}

/// The bar of one run. It is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Bar {
    shown: ProgressBar,
    since: Instant,
    is_shown: AtomicBool,
}

impl Bar {
    /// A bar that shows nothing yet, and never anything if standard error is not a terminal.
    pub(crate) fn new() -> Self {
        RUNNING.fetch_add(1, Ordering::SeqCst);
        let never = crate::cli::terminal::is_quiet() || !std::io::stderr().is_terminal();
        Self { shown: ProgressBar::hidden(), since: Instant::now(), is_shown: AtomicBool::new(never) }
    }

    /// Shows the bar of a run that is not short.
    fn show(&self) {
        if self.since.elapsed() >= SHORT && !self.is_shown.swap(true, Ordering::Relaxed) {
            self.shown.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Progress for Bar {
    fn start(&self, stage: Stage, total: Option<u64>) {
        // First: the position of the stage before must not be shown with the total of this one.
        self.shown.reset();
        self.shown.set_style(style(stage, total));
        match total {
            Some(total) => self.shown.set_length(total),
            None => self.shown.unset_length(),
        }
        self.shown.set_message(match stage {
            Stage::Read => "reading",
            Stage::Write => "writing",
            Stage::Verify => "verifying",
            Stage::Match => "matching",
            Stage::Compare => "comparing",
        });
        self.show();
    }

    fn advance(&self, by: u64) -> ControlFlow<()> {
        self.shown.inc(by);
        if !self.is_shown.load(Ordering::Relaxed) {
            self.show();
        }
        if is_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
        self.shown.finish_and_clear();
    }
}

/// What is counted in a stage, of how much, and how long the rest takes.
fn style(stage: Stage, total: Option<u64>) -> ProgressStyle {
    let template = match (stage, total) {
        (Stage::Write | Stage::Match | Stage::Compare, Some(_)) => {
            "{msg} {wide_bar} {human_pos} of {human_len} records{left}"
        }
        (Stage::Compare, None) => "{msg} {spinner} {human_pos} records in {elapsed}",
        (_, Some(_)) => "{msg} {wide_bar} {bytes} of {total_bytes}{left}",
        (_, None) => "{msg} {spinner} {bytes} in {elapsed}",
    };
    let style = ProgressStyle::with_template(template).expect("the template is one of those above");
    // Before anything is done, the time it takes is unknown.
    style.with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let known = state.pos() > 0;
        let _cannot_fail = if known { write!(out, ", {:#} left", HumanDuration(state.eta())) } else { Ok(()) };
    })
}
