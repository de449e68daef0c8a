//! The commands: what they delete only when told to, what their last lines say, and what they show of a server's file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use kallithea_iisc::diagnostic::redact::without_secrets;
use serde_json::Value;
use tempfile::TempDir;

use super::{SERVER, deployment, planned, spec_of};
#[cfg(unix)]
use crate::support::program::{self, PROGRAM, run_in};
use crate::support::program::{code, error, out, run};
use crate::support::{file_alone, names_in, text};

/// A server's file, and the spec `minimal`, changed.
struct Place {
    folder: TempDir,
    server: PathBuf,
    spec: PathBuf,
}

fn place(server: &str, from: &str, to: &str) -> Place {
    let (folder, server) = file_alone("applicationHost.config", server);
    let spec = folder.path().join("deploy.yaml");
    fs::write(&spec, spec_of("minimal").replace(from, to)).expect("the spec");
    Place { folder, server, spec }
}

impl Place {
    fn run(&self, command: &str, more: &[&str]) -> Output {
        run(&[&[command, text(&self.spec), "--host-config", text(&self.server)], more].concat())
    }

    fn held(&self) -> String {
        fs::read_to_string(&self.server).expect("the file")
    }
}

fn last_line(output: &Output) -> String {
    out(output).lines().last().unwrap_or_default().to_owned()
}

/// The server with the deployment under its former name.
fn before() -> String {
    planned(SERVER, &deployment(&spec_of("minimal"))).text
}

#[test]
fn apply_deletes_only_what_it_was_told_to() {
    let renamed = place(&before(), "name: Kallithea", "name: Repositories");
    let (held, names) = (renamed.held(), names_in(renamed.folder.path()));
    for command in ["plan", "apply"] {
        let refused = renamed.run(command, &[]);
        assert_eq!(code(&refused), 2, "{}", error(&refused));
        let said = error(&refused);
        for node in ["the site \"Kallithea\"", "the location \"Kallithea\"", "--prune"] {
            assert!(said.contains(node), "{node} is not in {said}");
        }
        assert_eq!(said.matches("error[KI416]").count(), 2, "{said}");
        assert_eq!(
            (renamed.held(), names_in(renamed.folder.path())),
            (held.clone(), names.clone()),
            "{command} wrote"
        );
    }
    assert_eq!(last_line(&renamed.run("plan", &[])), "2 to add, 2 to change, 2 to delete");
    assert_eq!(code(&renamed.run("plan", &["--prune"])), 1);
    let pruned = renamed.run("apply", &["--prune"]);
    assert_eq!(code(&pruned), 0, "{}", error(&pruned));
    assert!(out(&pruned).contains("- site Kallithea\n"), "{}", out(&pruned));
    assert!(
        !renamed.held().contains("<site name=\"Kallithea\"")
            && renamed.held().contains("<site name=\"Repositories\"")
    );
    assert_eq!(code(&renamed.run("remove", &[])), 0);
    assert_eq!(renamed.held(), SERVER);
}

#[test]
fn plan_and_apply_count_in_their_last_lines_and_apply_says_the_way_back() {
    let place = place(SERVER, "", "");
    let plan = place.run("plan", &[]);
    assert_eq!(last_line(&plan), "4 to add, 0 to change, 0 to delete");
    let applied = out(&place.run("apply", &[]));
    let lines: Vec<&str> = applied.lines().rev().take(2).collect();
    assert_eq!(lines[1], "4 to add, 0 to change, 0 to delete");
    let command = lines[0].strip_prefix("to undo this: kallithea-iisc ").expect("a command");
    let arguments: Vec<&str> =
        command
            .split('"')
            .flat_map(|part| {
                if Path::new(part).is_absolute() { vec![part] } else { part.split_whitespace().collect() }
            })
            .collect();
    assert_eq!(code(&run(&arguments)), 0, "{arguments:?}");
    assert_eq!(place.held(), SERVER);
    assert_eq!(last_line(&place.run("plan", &["--quiet"])), "4 to add, 0 to change, 0 to delete");
    // If something was changed, too, only the former file has it.
    let drifted = before().replace("idleTimeout=\"00:00:00\"", "idleTimeout=\"00:20:00\"");
    fs::write(&place.server, &drifted).expect("the file");
    let changed = out(&place.run("apply", &[]));
    let lines: Vec<&str> = changed.lines().rev().take(2).collect();
    assert_eq!(lines[1], "0 to add, 1 to change, 0 to delete");
    let copy = lines[0]
        .strip_prefix("to undo this, unless somebody has changed the file since: ")
        .expect("a command");
    let paths: Vec<&str> = copy.split('"').filter(|part| Path::new(part).is_absolute()).collect();
    assert_eq!(fs::read_to_string(paths[0]).expect("the backup"), drifted);
    assert_eq!(Path::new(paths[1]), place.server);
    let nothing = out(&place.run("apply", &[]));
    assert_eq!(nothing.lines().last(), Some("0 to add, 0 to change, 0 to delete"));
}

#[test]
fn json_has_the_counts_the_problems_and_the_way_back() {
    let renamed = place(&before(), "name: Kallithea", "name: Repositories");
    let plan = renamed.run("plan", &["--format", "json"]);
    assert_eq!(code(&plan), 2);
    let expected = serde_json::json!({ "add": 2, "change": 2, "delete": 2 });
    assert_eq!(program::made(&plan, "plan")["summary"], expected);
    let told = program::problems(&plan);
    assert!(told.len() == 2 && told[0]["code"] == "KI416", "{told:?}");
    let refused = renamed.run("apply", &["--format", "json"]);
    assert_eq!(program::problems(&refused).len(), 2);
    assert_eq!(program::made(&refused, "apply"), Value::Null);
    let applied = program::made(&renamed.run("apply", &["--prune", "--format", "json"]), "apply");
    assert_eq!(applied["summary"]["delete"], 2);
    assert!(applied["undo"].as_str().is_some_and(|undo| undo.contains(".backup")), "{applied}");
}

#[test]
fn remove_says_where_the_deployment_is_without_its_comments() {
    let unmarked: String =
        before().split_inclusive('\n').filter(|line| !line.contains("kallithea-iisc: ")).collect();
    let place = place(&unmarked, "", "");
    let refused = place.run("remove", &[]);
    assert_eq!(code(&refused), 2);
    assert!(
        error(&refused).contains("error[KI417]") && !error(&refused).contains("nothing to do"),
        "{}",
        error(&refused)
    );
    assert_eq!(place.held(), unmarked);
    assert_eq!(code(&place.run("apply", &[])), 2, "{unmarked}");
    assert_eq!(code(&place.run("apply", &["--adopt"])), 0);
    assert_eq!(place.held(), before());
    assert_eq!(code(&place.run("remove", &[])), 0);
    assert_eq!(place.held(), SERVER);
}

#[test]
fn what_can_be_no_secret_is_shown_and_what_can_is_not() {
    for shown in [
        "passAnonymousToken=\"true\"",
        "tokenChecking=\"None\"",
        "tokenChecking='require'",
        "useAppPoolCredentials=\"FALSE\"",
        "keyTimeout=\"00:20:00\"",
        "keyNumber=\"7\"",
        "<add key=\"Colour\" value=\"blue\" />",
        "logonMethod=\"ClearText\"",
    ] {
        assert_eq!(without_secrets(shown), shown);
    }
    for hidden in [
        "password=\"planted\"",
        "password=\"12345678\"",
        "userPwd='planted'",
        "connectionString=\"Server=x;planted\"",
        "apiKey=\"planted\"",
        "sessionToken=\"planted\"",
        "password=\"true\"",
        "clientCertPassword=\"00:20:00\"",
        "tokenChecking=\"planted\"",
        "<add name=\"DB_PASSWORD\" value=\"planted\" />",
        "<add value='planted' key='ApiSecret' />",
        "<add name=\"PIN_SECRET\" value=\"4711\" />",
    ] {
        let masked = without_secrets(hidden);
        for secret in ["planted", "12345678", "4711", "\"true\"", "00:20:00"] {
            assert!(!masked.contains(secret), "{masked}");
        }
        assert_eq!(masked.len(), hidden.len(), "places stay what they are");
    }
}

/// A file in which another pool is where the deployment's pool goes.
fn with_pool(inside: &str) -> String {
    let pool = format!("<add name=\"Theirs\">\n{inside}\n</add>\n</applicationPools>");
    SERVER.replacen("</applicationPools>", &pool, 1)
}

#[test]
fn what_others_keep_in_variables_settings_and_comments_is_not_shown() {
    for inside in [
        "<environmentVariables><add name=\"DATABASE_URL\" value=\"postgres://u:planted@db/x\" />",
        "<environmentVariables><add name=\"GITHUB_PAT\" value=\"ghp_planted\" />",
        "<environmentVariables>\n<add\n name=\"API_KEY\"\n value=\"planted\" />",
        "<environmentVariables>\n<add\n value='planted'\n name='Plain' />",
        "<environmentVariables><add name=\"AUTH\" value=\"Bearer planted\" />",
        "<environmentVariables><add name=\"KEY\" value=\"-----BEGIN PRIVATE KEY-----planted\" />",
        "<environmentVariables><!-- password: planted -->",
        "<environmentVariables><!-- see https://me:planted@example.com/ -->",
        "<environmentVariables><!-- the password is planted -->",
    ] {
        let server = with_pool(&format!("{inside}</environmentVariables>"));
        let place = place(&server, "", "");
        for format in ["text", "json"] {
            let shown = out(&place.run("plan", &["--format", format]));
            assert!(shown.contains("environmentVariables"), "the pool is beside what changes: {shown}");
            assert!(!shown.contains("planted"), "{inside}: {shown}");
        }
    }
    for hidden in [
        "<appSettings><add key=\"Colour\" value=\"planted\" /></appSettings>",
        "<setting name=\"x\"><value>planted</value></setting>",
        "<setting name=\"x\"><![CDATA[planted]]></setting>",
        "<!-- before --><a>planted<!-- within --><b />planted</a><!-- behind -->",
        "<add name=\"Main\" value=\"Server=x;Password=planted\" />",
        "<action type=\"Rewrite\" url=\"http://me:planted@10.0.0.5/{R:1}\" />",
        "<aspNetCore arguments=\"a.dll --api-key planted\" />",
        "<customHeaders><add name=\"Authorization\" value=\"planted\" /></customHeaders>",
        "<a><not closed value=\"planted\" x=\"http://me:planted@x/\" y=\"Pwd=planted;\"",
    ] {
        let masked = without_secrets(hidden);
        assert!(!masked.contains("planted"), "{masked}");
        assert_eq!(masked.len(), hidden.len(), "places stay what they are");
    }
}

#[test]
fn a_comment_that_goes_with_a_site_is_named_but_not_if_it_may_hold_a_secret() {
    let with = |words: &str| {
        let text = before();
        let (site, rest) = text.split_once("<site name=\"Kallithea\"").expect("the site");
        format!("{site}<site name=\"Kallithea\"{}", rest.replacen('>', &format!("><!-- {words} -->"), 1))
    };
    let secret = place(&with("old: <x password=\"planted\" /> pwd: planted"), "", "");
    let plain = place(&with("asked for by Ms Smith"), "", "");
    let said = |place: &Place| out(&place.run("remove", &["--check"]));
    assert!(
        said(&plain).contains("removed with it: the comment \"asked for by Ms Smith\""),
        "{}",
        said(&plain)
    );
    assert!(
        said(&secret).contains("removed with it: a comment that may contain a secret"),
        "{}",
        said(&secret)
    );
    assert!(!said(&secret).contains("planted"), "{}", said(&secret));
}

#[cfg(unix)]
#[test]
fn the_way_back_is_one_command_whatever_the_files_are_called() {
    for name in ["$(touch planted)", "`touch planted`", "it's mine", "-x"] {
        let place = place(SERVER, "", "");
        let (folder, spec) = (place.folder.path(), format!("{name}.yaml"));
        fs::rename(&place.spec, folder.join(&spec)).expect("another name");
        let spec = ["./", &spec].concat();
        let file = "applicationHost.config";
        let applied = run_in(folder, &["apply", &spec, "--host-config", file]);
        assert_eq!(code(&applied), 0, "{}", error(&applied));
        let last = last_line(&applied);
        let command = last.strip_prefix("to undo this: kallithea-iisc ").expect("a command");
        let command = format!("\"$0\" {command}");
        let undone =
            std::process::Command::new("sh").current_dir(folder).args(["-c", &command, PROGRAM]).output();
        assert!(undone.expect("sh runs").status.success(), "{command}");
        assert_eq!(place.held(), SERVER, "{command}");
        assert!(!folder.join("planted").exists(), "{command}");
    }
    let place = place(SERVER, "", "");
    let spec = place.folder.path().join("a\nto undo this: rm -rf x.yaml");
    fs::rename(&place.spec, &spec).expect("another name");
    let applied = run(&["apply", text(&spec), "--host-config", text(&place.server)]);
    assert!(
        code(&applied) != 0
            || last_line(&applied) == "to undo this: run remove with the same spec and the same file"
    );
}

#[test]
fn what_others_call_their_nodes_makes_no_line_of_its_own_and_steers_no_terminal() {
    let text = before();
    let (site, rest) = text.split_once("<site name=\"Kallithea\"").expect("the site");
    let theirs = "<application path=\"/x&#10;- site Payroll&#x9b;31m\" /><!-- \u{9b}2J\u{202e} -->";
    let server = format!("{site}<site name=\"Kallithea\"{}", rest.replacen('>', &format!(">{theirs}"), 1));
    let place = place(&server, "idleTimeout", "queueLength: 2000\n  idleTimeout");
    for command in [&["plan"][..], &["apply"], &["plan"], &["remove", "--check"]] {
        let output = place.run(command[0], &command[1..]);
        let said = out(&output) + &error(&output);
        assert!(!said.contains("\n- site Payroll") && !said.contains(['\u{9b}', '\u{202e}']), "{said}");
    }
    let said = out(&place.run("plan", &[]));
    assert!(said.contains("application /x\\u{a}- site Payroll\\u{9b}31m: not in the spec, stays"), "{said}");
}
