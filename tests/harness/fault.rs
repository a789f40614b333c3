//! A system call that kills, or fails: `strace` stops the program at it, so that a server dies in the
//! middle of a commit, or its disk is full, without a door for that in the product.

use std::process::Command;

/// What happens at the n-th call, counted in each thread by itself.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Name of the system call, e.g. `fdatasync`.
    pub call: &'static str,
    /// `signal=KILL`, or `error=EIO` for one that fails.
    pub effect: &'static str,
    /// From 1.
    pub at: u32,
}

impl Fault {
    /// A program to which it happens.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let Fault { call, effect, at } = self;
        let mut command = Command::new("strace");
        // As a grandchild, so that whoever started the program is its parent.
        command
            .args(["-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null"])
            .arg(format!("--trace={call}"))
            .arg(format!("--inject={call}:{effect}:when={at}"))
            .arg("--")
            .arg(program);
        command
    }
}
