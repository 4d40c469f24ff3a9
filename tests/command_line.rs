//! The command line itself: completions, man pages and help of every command.

use std::process::{Command, Stdio};

use crate::support::{Test, article};

/// The commands that the program's help lists.
fn commands() -> Vec<String> {
    let help = Test::new().run("--help").check();
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<String> = names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert!(names.len() > 10, "{names:?}");
    names
}

#[test]
fn every_shell_learns_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Test::new().run(&format!("completions {shell}")).leaves_nothing().check();
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
        assert!(script.contains("where-key") && !script.contains('\u{1b}'), "{shell}");
    }
    Test::new().run("completions tcsh").code(2).stdout("").stderr_has("possible values: bash").check();
}

/// The shells that are there must take the script.
#[test]
fn shells_accept_their_completions() {
    for (shell, flags) in [("bash", ["-n", "-s"].as_slice()), ("zsh", &["-n", "-s"]), ("fish", &["--no-execute"])] {
        let Ok(mut child) = Command::new(shell).args(flags).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
            continue;
        };
        let script = Test::new().run(&format!("completions {shell}")).check();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn every_command_has_a_man_page() {
    let test = Test::new();
    let page = test.run("man").leaves_nothing().check();
    for command in commands() {
        assert!(page.contains(&format!("pressmark\\-{command}(1)")), "{command}");
        let page = test.run(&format!("man {command}")).check();
        let title = format!(".TH pressmark-{command} 1");
        assert!(page.contains(&title), "`{title}` is missing\n{page}");
    }
    let page = test.run("man export").check();
    for words in [".SH SYNOPSIS", "\\-\\-where\\-key", "Exit code 1: a key was"] {
        assert!(page.contains(words), "`{words}` is missing\n{page}");
    }
    for name in ["schema-diff", "schema-explain"] {
        test.run(&format!("man {name}")).stdout_has(format!(".TH pressmark-{name} 1")).check();
    }
    test.run("man nothing").code(2).stdout("").stderr_has("unknown command `nothing`; the commands are init,").check();
}

#[test]
fn every_help_fits_and_names_everything() {
    for command in commands() {
        let help = Test::new().run(&format!("help {command}")).check();
        assert!(help.contains(&format!("Usage: pressmark {command}")), "{help}");
        let broad = help.lines().find(|line| line.chars().count() > 100);
        assert_eq!(broad, None);
    }
}

/// A manifest that cannot be read may be damaged or of a later format. The advice is right for both.
#[test]
fn a_manifest_that_cannot_be_read() {
    let test = Test::set("", article("a"));
    test.build("--version 1.0.0").told_any();
    let manifest = String::from_utf8(test.read("set/1.0.0/manifest.json")).unwrap();
    for (bytes, message) in [
        (manifest.replace("pressmark/2", "pressmark/9"), "format `pressmark/9` is not known to this version"),
        ("{".to_owned(), "input ends before the value does"),
    ] {
        test.write("set/1.0.0/manifest.json", bytes);
        for command in ["show", "export"] {
            let run = test.run(&format!("{command} set/1.0.0")).code(2).stderr_has(message);
            run.stderr_has("help: run `pressmark verify` to see what is wrong with it").check();
        }
    }
}
