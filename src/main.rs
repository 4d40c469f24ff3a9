//! The binary: the command line of [`pressmark::cli`] with an allocator for many small texts.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pressmark::cli::main(&std::env::args_os().collect::<Vec<_>>()).into()
}
