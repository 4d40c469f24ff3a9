//! A progress bar on standard error, where that is a terminal, and nothing anywhere else.

use std::io::IsTerminal as _;
use std::ops::ControlFlow;

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use pressmark::progress::{Progress, Stage};

/// The bar of one run; it is wiped away when it goes.
#[derive(Debug)]
pub(crate) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar that shows nothing yet, and never anything if standard error is no terminal.
    pub(crate) fn new() -> Self {
        // Without a target nothing is measured or drawn; the first stage sets one.
        Self { bar: ProgressBar::hidden() }
    }
}

impl Progress for Bar {
    fn start(&self, stage: Stage, total: Option<u64>) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let word = match stage {
            Stage::Read => "reading",
            Stage::Write => "writing",
            Stage::Verify => "verifying",
            Stage::Match => "matching",
            Stage::Compare => "comparing",
        };
        let template = match total {
            Some(_) if matches!(stage, Stage::Write | Stage::Match | Stage::Compare) => {
                "{msg} {wide_bar} {human_pos} of {human_len} records{left}"
            }
            None if stage == Stage::Compare => "{msg} {spinner} {human_pos} records in {elapsed}",
            Some(_) => "{msg} {wide_bar} {bytes} of {total_bytes}{left}",
            None => "{msg} {spinner} {bytes} in {elapsed}",
        };
        let style = ProgressStyle::with_template(template).expect("the template is one of those above");
        // Before anything is done nobody knows how long it takes.
        let style = style.with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let known = state.pos() > 0;
            let _cannot_fail = if known { write!(out, ", {:#} left", HumanDuration(state.eta())) } else { Ok(()) };
        });
        self.bar.set_style(style);
        self.bar.set_message(word);
        match total {
            Some(total) => self.bar.set_length(total),
            None => self.bar.unset_length(),
        }
        self.bar.reset();
        // A new target would not know of the line that is there and leave it.
        if self.bar.is_hidden() {
            self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
    }

    fn advance(&self, by: u64) -> ControlFlow<()> {
        self.bar.inc(by);
        ControlFlow::Continue(())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
