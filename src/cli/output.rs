//! The one way to standard output and standard error: a reader who has seen enough ends the command without a word.
//!
//! The standard library's macros panic where a pipe is closed or a disk full. These have their names and are in scope in
//! all commands, so that nobody takes the others by mistake.

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

/// What a shell reports of a program that wrote to a closed pipe: 128 and the number of SIGPIPE.
const CLOSED_PIPE: i32 = 141;

/// Writes to standard output, or ends the process.
pub fn write(text: Arguments<'_>) {
    if let Err(error) = io::stdout().write_fmt(text) {
        failed(&error);
    }
}

/// Writes what is still held back; a full disk is noticed no later than here.
pub fn flush() {
    if let Err(error) = io::stdout().flush() {
        failed(&error);
    }
}

/// Writes a line to standard error; that nobody reads it any more stops nothing.
pub fn note(text: Arguments<'_>) {
    let _unread = writeln!(io::stderr(), "{text}");
}

fn failed(error: &io::Error) -> ! {
    if error.kind() == ErrorKind::BrokenPipe {
        process::exit(CLOSED_PIPE);
    }
    note(format_args!("tegl: cannot write to standard output: {error}"));
    process::exit(1);
}

/// A number and what it counts, as in `1 master` and `2 masters`.
pub fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}
