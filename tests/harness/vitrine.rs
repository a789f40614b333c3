//! The server's binary once more, so that cargo compiles it with the tests that start it: a test
//! never runs a stale server.

fn main() -> std::process::ExitCode {
    signaling::cli::main()
}
