//! The one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    sereno_server::commands::run()
}
