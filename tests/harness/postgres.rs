//! A PostgreSQL of the test's own: a fresh cluster in a temporary folder on a free port, durable
//! as in earnest (`fsync` on), that can be crashed and started again.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

/// The account that Debian's package makes; `initdb` and the server refuse to run as root.
const ACCOUNT: &str = "postgres";

/// A running cluster. Stopped when dropped.
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or does not start.
    pub fn start() -> Result<Postgres> {
        let folder = tempfile::Builder::new().prefix("vitrine-pg").tempdir()?;
        if is_root() {
            let (user, group) = (id("-u")?, id("-g")?);
            chown(folder.path(), Some(user), Some(group))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let postgres = Postgres {
            folder,
            programs: programs()?,
            port,
        };
        let data = postgres.data();
        let data = data.as_os_str();
        let new = [
            "--auth=trust",
            "--username=vitrine",
            "--encoding=UTF8",
            "--locale=C",
            "-D",
        ];
        postgres.run("initdb", new.iter().map(OsStr::new).chain([data]))?;
        postgres.up()?;
        Ok(postgres)
    }

    /// `postgres://…`, what `--database` takes.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://vitrine@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it; returns when it takes connections.
    ///
    /// # Errors
    /// When it does not start.
    pub fn up(&self) -> Result<()> {
        let (data, log) = (self.data(), self.folder.path().join("log"));
        let options = format!("-h 127.0.0.1 -p {} -k '' -c fsync=on", self.port);
        let arguments = ["start", "-w", "-o", &options, "-D"].map(OsStr::new);
        let arguments = arguments.into_iter().chain([data.as_os_str()]);
        let arguments = arguments.chain([OsStr::new("-l"), log.as_os_str()]);
        let started = self.run("pg_ctl", arguments);
        started.with_context(|| std::fs::read_to_string(&log).unwrap_or_default())
    }

    /// Stops it as a crash does: no farewell, and recovery at the next start.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn crash(&self) -> Result<()> {
        let arguments = ["stop", "-w", "-m", "immediate", "-D"].map(OsStr::new);
        let data = self.data();
        self.run("pg_ctl", arguments.into_iter().chain([data.as_os_str()]))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run<'a>(&self, program: &str, arguments: impl Iterator<Item = &'a OsStr>) -> Result<()> {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", ACCOUNT, "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        // The server inherits stdout: were it a pipe, we would wait for its end.
        let errors = tempfile::tempfile()?;
        let status = command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(errors.try_clone()?)
            .status()
            .with_context(|| format!("cannot start {program}"))?;
        ensure!(status.success(), "{program}: {status}: {}", text(errors)?);
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It may be down already.
        let _ = self.crash();
    }
}

fn text(mut file: std::fs::File) -> Result<String> {
    use std::io::{Read as _, Seek as _};
    file.rewind()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The account's number.
fn id(which: &str) -> Result<u32> {
    let output = Command::new("id").args([which, ACCOUNT]).output()?;
    ensure!(
        output.status.success(),
        "there is no account `{ACCOUNT}`: run `.ci/setup test`"
    );
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Where PostgreSQL's programs are: Debian keeps them out of the path, by version.
fn programs() -> Result<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql");
    let debian = debian.into_iter().flatten().flatten();
    let debian = debian.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = debian.chain(std::env::split_paths(&path));
    let found = folders.find(|folder| folder.join("initdb").is_file());
    found.context("PostgreSQL is missing: run `.ci/setup test`")
}
