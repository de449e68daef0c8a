//! A deployment behind `serve`, which runs as its own program.
//!
//! In: a scenario, and how users are authenticated. Out: a server, and its output when it ends. Absent: clients.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::kallithea::parallel::{query, script};
use crate::kallithea::{Deployment, Scenario, secrets};
use crate::server::Server;
use crate::support;

/// The password of every user who has one.
pub const PASSWORD: &str = secrets::PEOPLES;

/// What follows hg and git in the names of two more repositories.
pub const NAME: &str = "-größer";

/// The same for two repositories in groups: the folders have spaces in their names.
pub const IN_A_GROUP: &str = " größer Kreis/日本語";

/// The same for two folders with repositories that Kallithea does not accept.
pub const WITH_A_SPACE: &str = " two words";

/// How many digits of a commit's hash a table shows.
const SHOWN: usize = 12;

/// The deployment with this many users (user1 and so on) and repositories (hg1, git1 and so on, and those with the
/// names above). All users may push to all of them.
pub fn populated(deployment: &Deployment, users: usize, repositories: usize) -> Scenario<'_> {
    let scenario = deployment.scenario();
    let python = scenario.machine().place("inetpub/kallithea/venv/bin/python");
    // Git starts Kallithea's hooks by a path of this system, and nothing translates the path of the spec.
    let ini = fs::read_to_string(scenario.place("my.ini")).expect("there is an ini file");
    let lines = ini.lines().map(|line| match line.strip_prefix("git_hook_interpreter =") {
        Some(_) => format!("git_hook_interpreter = {}\n", python.display()),
        None => format!("{line}\n"),
    });
    fs::write(scenario.place("my.ini"), lines.collect::<String>()).expect("the ini file can be written");
    let numbers = [users, repositories].map(|number| number.to_string());
    let also = [NAME, IN_A_GROUP, WITH_A_SPACE].map(|name| format!("--also={name}"));
    let mut arguments = vec!["my.ini", "repositories", &numbers[0], &numbers[1]];
    arguments.extend(also.iter().map(String::as_str));
    script(&scenario, "populate.py", &arguments);
    query(&scenario, "delete from user_logs");
    scenario
}

/// Serves a scenario's deployment; `sign_on` says who its users are.
pub fn serve(scenario: &Scenario<'_>, sign_on: &[&str]) -> Server {
    let mut command = scenario.machine().compiler();
    command.arg("serve").arg(scenario.place("bridge")).args(["--port", "0"]).args(sign_on);
    Server::start(command)
}

/// Serves a scenario's deployment to every client as this user.
pub fn serve_to_user(scenario: &Scenario<'_>, user: &str) -> Server {
    serve(scenario, &["--user", user])
}

/// Serves a scenario's deployment to these users, whose password is [`PASSWORD`].
pub fn serve_with_passwords<'a>(scenario: &Scenario<'_>, users: impl IntoIterator<Item = &'a str>) -> Server {
    let hash = bcrypt::hash(PASSWORD, 4).expect("bcrypt works");
    let accounts: String = users.into_iter().map(|user| format!("{user}:{hash}\n")).collect();
    let file = scenario.place("accounts");
    fs::write(&file, accounts).expect("a file of the machine can be written");
    serve(scenario, &["--basic", &file.to_string_lossy()])
}

/// Ends a server as the system does. The server must have reported no failure, and no secret.
pub fn end(server: Server, scenario: &Scenario<'_>) {
    let kill = Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
    assert!(kill.expect("there is kill").success());
    let (code, errors) = server.wait();
    let log = scenario.log();
    assert_eq!(code, Some(0), "{errors}\n{log}");
    assert!(!errors.contains("not have forgiven"), "{errors}\n{log}");
    scenario.secrets().expect_kept("the bridge's log", &log);
    scenario.secrets().expect_kept("the server", &errors);
}

/// A new folder for the clients.
pub fn folder(name: &str) -> PathBuf {
    support::fresh(&format!("clients/{name}"))
}

/// The journal's entry for a push, as a table shows it.
pub fn pushed(change: &str) -> String {
    format!("push:{}", &change[..SHOWN])
}

/// Who did what, in order.
pub fn journal(scenario: &Scenario<'_>) -> String {
    let said = query(scenario, "select username, action from user_logs order by user_log_id");
    let entries: Vec<[String; 2]> =
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    let short = |action: &str| action.chars().take("push:".len() + SHOWN).collect::<String>();
    entries.iter().map(|[user, action]| format!("{user} {}", short(action))).collect::<Vec<_>>().join(", ")
}
