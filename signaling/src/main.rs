//! The `vitrine` binary: everything is in the library.

fn main() -> std::process::ExitCode {
    signaling::cli::main()
}
