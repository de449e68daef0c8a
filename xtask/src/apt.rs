//! Debian packages: which are missing, and installing them.
//!
//! In: names of packages. Out: the packages installed, or a sentence that says what to install. Absent: any system
//! without apt-get, which is told what to provide.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::command::{Log, command, find_program};
use crate::workshop::Result;

/// One apt-get runs at a time: a second would find dpkg's files locked, and fail.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Installs those of `packages` that are missing, as root or through sudo; `why` says what they are for.
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

/// Answers one of a package's questions beforehand, in debconf's words. A system without debconf asks none.
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

/// Whether apt knows a package by this name, as far as its lists go.
pub fn is_known(log: &Log, package: &str) -> bool {
    let known = || {
        let answer = command("apt-cache", ["show", package]).output();
        answer.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
    };
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // A fresh machine's lists may be empty.
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
