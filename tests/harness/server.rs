//! The real server as a child process on a free port, with a data directory of its own, that can
//! be killed like a machine losing power and started again.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use signaling::auth::{Auth, Grant};
use signaling::clock;
use signaling::protocol::client::Role;

/// What a server is started with unless a test says otherwise.
const DEFAULTS: [(&str, &str); 4] = [
    ("--media-bind", "127.0.0.1"),
    ("--rate-limit", "0"),
    ("--caption-threads", "0"),
    ("--workers", "1"),
];

/// The `vitrine` beside the running program, for those that are no tests.
///
/// # Errors
/// When it is not built.
pub fn built() -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("vitrine");
    if !path.is_file() {
        anyhow::bail!("{} is missing: run `cargo build --release`", path.display());
    }
    Ok(path)
}

/// Where a server keeps its data: outlives the server, like a disk.
pub struct Disk {
    directory: tempfile::TempDir,
    auth: Auth,
}

impl Disk {
    /// An empty one, with a fresh key.
    ///
    /// # Errors
    /// When the system gives no directory.
    pub fn new() -> anyhow::Result<Disk> {
        let directory = tempfile::tempdir()?;
        let auth = Auth::open(directory.path())?;
        Ok(Disk { directory, auth })
    }

    /// The data directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A token, signed with this disk's key, for a new participant; good for an hour.
    #[must_use]
    pub fn token(&self, show: &str, role: Role) -> String {
        let now = clock::now_ms();
        self.auth
            .token(&Grant::new(show, role, None, now, 3_600), now)
    }
}

impl Disk {
    /// A host's token, who acts for this merchant.
    #[must_use]
    pub fn merchant_token(&self, show: &str, merchant: &str) -> String {
        let now = clock::now_ms();
        let grant = Grant::new(show, Role::Host, None, now, 3_600);
        self.auth.token(&grant.of_merchant(merchant), now)
    }

    /// A token that was over two minutes ago.
    #[must_use]
    pub fn expired_token(&self, show: &str, role: Role) -> String {
        let now = clock::now_ms();
        let mut grant = Grant::new(show, role, None, now, 60);
        grant.exp = now / 1_000 - 120;
        self.auth.token(&grant, now)
    }
}

/// A running `vitrine serve`. Killed when dropped.
pub struct Server {
    child: Child,
    url: String,
    binary: PathBuf,
}

impl Server {
    /// Starts the server and waits until it says where it listens. `binary` is
    /// `env!("CARGO_BIN_EXE_vitrine-tested")`: the server as it is compiled with the tests.
    ///
    /// # Errors
    /// When it does not start; its log is on the test's stderr.
    pub fn start(binary: &str, disk: &Disk, arguments: &[&str]) -> anyhow::Result<Server> {
        Server::start_as(Command::new(binary), disk, arguments)
    }

    /// The same, where starting the binary takes more than its name: see [`crate::clock`] and
    /// [`crate::fault`].
    ///
    /// # Errors
    /// Those of [`Server::start`].
    pub fn start_as(
        mut binary: Command,
        disk: &Disk,
        arguments: &[&str],
    ) -> anyhow::Result<Server> {
        let name = PathBuf::from(binary.get_program());
        let mut child = binary
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(
                DEFAULTS
                    .iter()
                    .filter(|(name, _)| !arguments.contains(name))
                    .flat_map(|(name, value)| [name, value]),
            )
            .arg("--data")
            .arg(disk.path())
            .args(arguments)
            .env(
                "RUST_LOG",
                std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".into()),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", name.display()))?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let mut server = Server {
            child,
            url: String::new(),
            binary: name,
        };
        let mut lines = BufReader::new(stdout).lines();
        for line in lines.by_ref() {
            let line = line?;
            if let Some((_, url)) = line.split_once("listening on ") {
                let url = url.split_whitespace().next().unwrap_or_default();
                url.trim_end_matches('/').clone_into(&mut server.url);
                break;
            }
        }
        // The pipe must be read on, or the server would wait for us one day.
        std::thread::spawn(move || lines.for_each(drop));
        if server.url.is_empty() {
            anyhow::bail!("{} ended before it listened", server.binary.display());
        }
        Ok(server)
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no destructor runs, nothing is flushed. Returns when the process is gone.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
