//! `verify`: asks the running server whether it keeps the promises of a spec.

use std::io::{self, BufRead, IsTerminal};
use std::path::Path;

use super::answer::Data;
use super::output::Output;
use super::spec;
use super::{Outcome, Trouble, VerifyArguments};
use crate::files;
use crate::verify::{Credentials, LongHeaders, Order, Repositories, verify};

pub(super) fn run(arguments: &VerifyArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let Some(compiled) = spec::compile(&arguments.spec, output)? else {
        return Err("the spec has errors; fix them first".into());
    };
    let credentials = credentials(arguments)?;
    let report = verify(&Order {
        deployment: &compiled.deployment,
        web_config: compiled.tree.get("web.config").unwrap_or_default(),
        url: arguments.url.as_deref(),
        address: arguments.address.as_deref(),
        http_address: arguments.http_address.as_deref(),
        nodes: &arguments.node,
        headers: if arguments.long_headers { LongHeaders::Allowed } else { LongHeaders::Unknown },
        credentials: &credentials,
        repositories: Repositories { hg: arguments.hg.clone(), git: arguments.git.clone() },
    })?;
    let outcome = if report.broken == 0 { Outcome::Fine } else { Outcome::Found };
    match output.is_text() {
        true => output.print(&report.text())?,
        false => output.result(Data::Verify(report)),
    }
    Ok(outcome)
}

fn credentials(arguments: &VerifyArguments) -> Result<Credentials, Trouble> {
    let Some(user) = &arguments.user else { return Ok(without_name(arguments)) };
    let password = match &arguments.password_file {
        Some(file) => first_line(file)?,
        None if io::stdin().is_terminal() => rpassword::prompt_password(format!("Password of {user}: "))?,
        None => return Err(
            "nobody can type the password here: name a file with --password-file, or - for standard input"
                .into(),
        ),
    };
    Ok(Credentials::Password { user: user.clone(), password })
}

/// On Windows the user who runs the program, unless nobody shall be signed on.
#[cfg(windows)]
fn without_name(arguments: &VerifyArguments) -> Credentials {
    if arguments.anonymous { Credentials::Nobody } else { Credentials::Caller }
}

/// Elsewhere nobody.
#[cfg(not(windows))]
fn without_name(_: &VerifyArguments) -> Credentials {
    Credentials::Nobody
}

/// The password in a file, or on standard input for `-`.
fn first_line(file: &Path) -> Result<String, Trouble> {
    let mut text = String::new();
    if spec::is_standard_input(file) {
        io::stdin().lock().read_line(&mut text)?;
    } else {
        text = files::read_text(file)?;
    }
    let line = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(format!("{}: the first line has no password; write it there", file.display()).into());
    }
    Ok(line.to_owned())
}
