//! The command line: parses the arguments and runs one command.

// First, because its macros shadow the standard library's in all modules below.
#[macro_use]
mod output;

mod check;
mod clock;
mod config;
mod contact_sheet;
mod creators;
mod descriptors;
mod doctor;
mod export;
mod gallery;
mod health;
mod import_reporter;
mod ingest;
mod ingest_arguments;
mod left_out;
mod lines;
mod log;
mod log_fields;
mod log_writer;
mod page;
mod records;
mod reload;
mod sample;
mod serve;
mod settings;
mod tag;
mod tag_lines;
mod tags;
mod traces;
mod train;
mod training_page;
mod vocabulary;
mod withdraw;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tegl, a IIIF server for museums: serves images to deep-zoom viewers, and works with their records.
///
/// Start with `tegl serve FOLDER`, or `tegl sample FOLDER` for something to serve.
#[derive(Parser)]
#[command(name = "tegl", version, arg_required_else_help = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Ingest(ingest_arguments::Arguments),
    Tag(tag::Arguments),
    Vocabulary(vocabulary::Arguments),
    Check(check::Arguments),
    Export(export::Arguments),
    Sample(sample::Arguments),
    Withdraw(withdraw::Withdraw),
    Restore(withdraw::Restore),
    Config(config::Arguments),
    Doctor(doctor::Arguments),
    Health(health::Arguments),
}

/// Runs the command given on the command line. Failures are printed to standard error.
pub fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Ingest(arguments) => ingest::run(&arguments),
        Command::Tag(arguments) => tag::run(&arguments),
        Command::Vocabulary(arguments) => vocabulary::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Sample(arguments) => sample::run(&arguments),
        Command::Withdraw(arguments) => withdraw::run(&arguments),
        Command::Restore(arguments) => withdraw::restore(&arguments),
        Command::Config(arguments) => config::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Health(arguments) => health::run(&arguments),
    };
    output::flush();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("tegl: {reason}");
            ExitCode::FAILURE
        }
    }
}
