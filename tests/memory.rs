//! What a build takes in memory stays near its budget, whatever there is much of.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Test, article};

/// The smallest budget, in KiB, and what the program takes itself when it is built for tests.
const BUDGET: u64 = 64 << 10;
const PROGRAM: u64 = 32 << 10;

/// The most that a build of `set` takes at the smallest budget, in KiB, as the system counts it.
fn peak(test: &Test) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pressmark"))
        .args(["build", "set", "--memory", "64MiB", "--threads", "2"])
        .current_dir(test.path(""))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    // The number only grows, so it is enough to see one of the last.
    while child.try_wait().unwrap().is_none() {
        let found = fs::read_to_string(&status).unwrap_or_default();
        let line = found.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(number.unwrap_or_default());
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(child.wait().unwrap().success());
    assert!(peak > 0, "nothing was seen of the build");
    peak
}

#[test]
fn many_files_of_one_article() {
    let test = Test::set("", article("first"));
    for number in 0..10_000 {
        fs::write(test.path(&format!("set/sources/{number}.json")), article(&format!("a{number}"))).unwrap();
    }
    let peak = peak(&test);
    assert!(peak <= BUDGET / 10 * 13 + PROGRAM, "{peak} KiB");
}
