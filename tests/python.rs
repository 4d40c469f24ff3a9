//! The Python package: its wheel is built with the dev profile and installed into a virtual environment of its own, in
//! which its tests (`tests/python/`) and two type checkers run.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::consumers::{environment, run};

/// The Python of the environment in which the package is installed, or none on a machine without Python.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON.get_or_init(install).as_deref()
}

fn install() -> Option<PathBuf> {
    let python = environment("python", "requirements")?;
    let wheels = python.ancestors().nth(2)?.join("wheels");
    if wheels.exists() {
        fs::remove_dir_all(&wheels).unwrap();
    }
    // With the target folder of this test, so that most of what it needs is there.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
    let maturin = ["-m", "maturin", "build", "--profile", "dev", "--locked", "--quiet", "--out"];
    run(at_root(&python).env("CARGO_TARGET_DIR", target).args(maturin).arg(&wheels));
    let wheel = fs::read_dir(&wheels).unwrap().next()?.unwrap().path();
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--force-reinstall"];
    run(at_root(&python).args(pip).arg(wheel));
    Some(python)
}

fn at_root(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

#[track_caller]
fn check(arguments: &[&str]) {
    let Some(python) = python() else { return };
    // The environment's programs come first: one type checker asks for the interpreter by its name.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths =
        std::env::join_paths(python.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&path)));
    run(at_root(python).env("PATH", paths.unwrap()).arg("-m").args(arguments));
}

#[test]
fn its_tests_pass() {
    check(&["pytest", "-p", "no:cacheprovider"]);
}

#[test]
fn its_types_are_sound() {
    check(&["mypy", "--cache-dir", if cfg!(windows) { "nul" } else { "/dev/null" }]);
}

#[test]
fn its_types_are_sound_for_another_checker() {
    check(&["pyright"]);
}
