//! The command line: one subcommand a file, each with `Args` and `run`. A failure is printed as
//! one sentence with its causes on stderr; stdout carries only what was asked for.

pub mod backup;
pub mod caption;
pub mod demo;
pub mod models;
pub mod restore;
pub mod serve;
pub mod token;
pub mod translate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Self-hosted live commerce: live pictures, subtitles in other languages, and a shop.
#[derive(Debug, Parser)]
#[command(name = "vitrine", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Args),
    /// Run the server with a demo show on air
    Demo(demo::Args),
    /// Print a token that lets somebody into a show
    Token(token::Args),
    /// Copy the database while the server runs
    Backup(backup::Args),
    /// Make such a copy the database again
    Restore(restore::Args),
    /// Write captions of an audio file
    Caption(caption::Args),
    /// Translate lines from stdin to stdout
    Translate(translate::Args),
    /// Fetch, list and verify the models
    Models(models::Args),
}

/// Parses the command line and runs the subcommand.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(args) => serve::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Token(args) => token::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => restore::run(args),
        Command::Caption(args) => caption::run(args),
        Command::Translate(args) => translate::run(args),
        Command::Models(args) => models::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vitrine: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
