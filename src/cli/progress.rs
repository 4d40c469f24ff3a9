//! A progress bar on standard error, where that is a terminal, and nothing anywhere else.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use pressmark::progress::{Stage, Watch};

/// The bar of one run; it is wiped away when it goes.
#[derive(Debug)]
pub(crate) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar that shows nothing yet, and never anything if standard error is no terminal.
    pub(crate) fn new() -> Self {
        // Without a target nothing is measured or drawn; each stage that is to be shown sets one.
        Self { bar: ProgressBar::hidden() }
    }
}

impl Watch for Bar {
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
                "{msg} {wide_bar} {human_pos} of {human_len} records, {eta} left"
            }
            None if stage == Stage::Compare => "{msg} {spinner} {human_pos} records in {elapsed}",
            Some(_) => "{msg} {wide_bar} {bytes} of {total_bytes}, {eta} left",
            None => "{msg} {spinner} {bytes} in {elapsed}",
        };
        let style = ProgressStyle::with_template(template).expect("the template is one of those above");
        self.bar.reset();
        self.bar.set_style(style);
        self.bar.set_message(word);
        match total {
            Some(total) => self.bar.set_length(total),
            None => self.bar.unset_length(),
        }
        self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
    }

    fn advance(&self, by: u64) {
        self.bar.inc(by);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
