//! Writes to standard output and standard error; a closed pipe ends the command quietly.
//!
//! The standard library's macros panic when a pipe is closed or a disk is full. The macros of this module have the same
//! names and shadow them in all commands.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::process;

macro_rules! println {
    ($($text:tt)*) => { $crate::cli::output::write(format_args!("{}\n", format_args!($($text)*))) };
}

macro_rules! print {
    ($($text:tt)*) => { $crate::cli::output::write(format_args!($($text)*)) };
}

macro_rules! eprintln {
    ($($text:tt)*) => { $crate::cli::output::note(format_args!($($text)*)) };
}

/// The exit code that shells report for SIGPIPE: 128 plus its number.
const CLOSED_PIPE: i32 = 141;

/// Writes to standard output, or ends the process.
pub(super) fn write(text: Arguments<'_>) {
    if let Err(error) = io::stdout().write_fmt(text) {
        failed(&error);
    }
}

/// Flushes standard output, so that write errors are reported before the process exits.
pub(super) fn flush() {
    if let Err(error) = io::stdout().flush() {
        failed(&error);
    }
}

/// Writes a line to standard error; failures are ignored.
pub(super) fn note(text: Arguments<'_>) {
    let _ignored = writeln!(io::stderr(), "{text}");
}

fn failed(error: &io::Error) -> ! {
    if error.kind() == ErrorKind::BrokenPipe {
        process::exit(CLOSED_PIPE);
    }
    note(format_args!("tegl: cannot write to standard output: {error}"));
    process::exit(1);
}

/// How many problems of each kind are listed without --verbose.
pub(super) const MAX_LISTED: usize = 20;

/// A number with its noun, as in `1 master` and `2 masters`.
pub(super) fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}
