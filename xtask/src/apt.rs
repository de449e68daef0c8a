//! Debian packages: finds which are missing, and installs them.
//!
//! In: names of packages. Out: the packages installed, or a message that says what to install. Absent: support for
//! systems without apt-get; the message says what they must provide.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::command::{Log, command, find_program};
use crate::workshop::Result;

/// Only one apt-get runs at a time: a second one would find dpkg's files locked, and fail.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Installs the missing packages of `packages`, as root or through sudo; `why` says what they are for.
pub fn install(log: &Log, packages: &[&str], why: &str) -> Result<()> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let missing: Vec<_> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let wish = format!("{why} needs these packages: {}", missing.join(" "));
    if find_program("apt-get").is_none() {
        return Err(format!("{wish}. This system has no apt-get: install what corresponds to them."));
    }
    if !is_root() && find_program("sudo").is_none() {
        return Err(format!("{wish}. As root, run: apt-get install {}", missing.join(" ")));
    }
    log.run(&mut privileged(&["apt-get", "update"]))?;
    let arguments = ["apt-get", "install", "-y", "--no-install-recommends"];
    log.run(&mut privileged(&[&arguments[..], &missing].concat())).map_err(|error| format!("{wish}\n{error}"))
}

/// Answers one of a package's questions in advance, in debconf's format. A system without debconf asks none.
pub fn answer(log: &Log, line: &str) -> Result<()> {
    if find_program("debconf-set-selections").is_none() {
        return Ok(());
    }
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    log.run(&mut privileged(&["sh", "-c", "echo \"$0\" | debconf-set-selections", line]))
}

/// Whether a package is installed.
pub fn is_installed(package: &str) -> bool {
    let arguments = ["--show", "--showformat=${db:Status-Status}", package];
    let answer = command("dpkg-query", arguments).output();
    answer.is_ok_and(|output| output.stdout == b"installed")
}

/// Whether apt knows a package of this name, according to its lists.
pub fn is_known(log: &Log, package: &str) -> bool {
    let known = || {
        let answer = command("apt-cache", ["show", package]).output();
        answer.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
    };
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // On a fresh machine the lists may be empty.
    known()
        || (find_program("apt-get").is_some()
            && log.run(&mut privileged(&["apt-get", "update"])).is_ok()
            && known())
}

fn is_root() -> bool {
    command("id", ["-u"]).output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn privileged(words: &[&str]) -> Command {
    let mut all = if is_root() { vec![] } else { vec!["sudo"] };
    all.extend(["env", "DEBIAN_FRONTEND=noninteractive"]);
    all.extend(words);
    command(all[0], &all[1..])
}
