//! `install.ps1` and `uninstall.ps1` run by PowerShell under Wine: on a server of stand-ins that record each call (`server.rs`), and on
//! one that keeps state (`stage.rs`).
//!
//! `KALLITHEA_IISC_PWSH` names the program that starts PowerShell. `cargo xtask test` runs these tests where it is set, or where
//! `--facts DIR` has one, and otherwise reports that they were left out. Windows PowerShell 5.1, NTFS and IIS are not here.

mod account;
mod calling;
mod completing;
mod faults;
mod granted;
mod headers;
mod left;
mod life;
mod outputs;
mod pools;
mod powershell;
mod renewal;
mod rights;
mod runbook;
mod server;
mod site;
mod sown;
mod stage;
mod uninstall;

use std::fs;
use std::path::PathBuf;

use server::{Ran, Server, folder_answer};

/// A script that refused: everything is as before.
fn refused(server: &Server, script: &str, arguments: &str, words: &[&str]) -> Ran {
    let before = server.everything();
    let ran = server.run(script, arguments);
    assert_eq!(ran.code, Some(2), "{}\n{}", ran.text, ran.lines());
    assert!(ran.text.contains("Nothing was changed."), "{}", ran.text);
    for word in words {
        assert!(ran.text.contains(word), "{word} is not said:\n{}", ran.text);
    }
    assert!(before == server.everything(), "{}", ran.text);
    ran
}

/// Everything but the folder for backups, in which a script keeps what it said.
fn but_backups(server: &Server) -> Vec<(PathBuf, Vec<u8>)> {
    let backups = server.at("System32/inetsrv/config/kallithea-iisc");
    server.everything().into_iter().filter(|(path, _)| !path.starts_with(&backups)).collect()
}

#[test]
fn a_trial_run_on_a_sound_server_asks_and_changes_nothing() {
    let server = Server::new("trial");
    let before = server.everything();
    let ran = server.run("install.ps1", "-WhatIf");
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.text, ran.lines());
    assert_eq!(before, server.everything(), "{}", ran.text);
    let asked =
        ["--folders", "--check", " plan ", "importlib", "'VERSION'", "/text:", "list wp", "show sslcert"];
    for call in &ran.calls {
        assert!(asked.iter().any(|word| call.line.contains(word)), "{}", call.line);
    }
}

#[test]
fn a_run_does_every_step_and_programs_find_no_other_in_an_open_folder() {
    let mut server = Server::new("run");
    server.write("open/git.exe", b"");
    server.open_to_all("open");
    server.say(&format!("$env:Path = '{};.;' + $env:Path", server.named("open")));
    let ran = server.run("install.ps1", "");
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.text, ran.lines());
    for file in ["kallithea/iis/web.config", "kallithea/bridge/_dispatch.dll"] {
        assert!(server.at(file).is_file(), "{file}: {}", ran.text);
    }
    let lines = ran.lines();
    for step in [" apply ", "icacls", "apply_settings.py", " probe ", "recycle apppool"] {
        assert!(lines.contains(step), "{step}: {lines}");
    }
    let open = server.named("open");
    for call in &ran.calls {
        assert_eq!(call.folder, server.named("System32"), "{}", call.line);
        assert!(!call.path.contains(&open) && !call.path.split(';').any(|part| part == "."), "{}", call.path);
        let python = call.program.ends_with("python.exe");
        assert!(
            !python || call.line.contains("python.exe\" -I ") || call.line.contains("python.exe -I "),
            "{}",
            call.line
        );
    }
    assert!(ran.text.contains("modules: C:\\users"), "the shell keeps its own modules: {}", ran.text);
    let again = server.run("install.ps1", "");
    assert_eq!(again.code, Some(0), "{}", again.text);
    assert!(!again.text.contains("copy the file"), "{}", again.text);
}

/// Each place that is run or trusted, and what must not run from it.
#[test]
fn nothing_is_run_from_where_others_may_write() {
    let places: [(&str, &[&str]); 12] = [
        ("out", &[]),
        ("out/kallithea/apply_settings.py", &[]),
        ("out/bin", &[]),
        ("deploy.yaml", &[]),
        ("", &[]),
        ("Python", &["kallithea-iisc"]),
        ("Python/python313.dll", &["kallithea-iisc"]),
        ("kallithea/venv/Scripts", &["kallithea-iisc"]),
        ("kallithea/venv/Lib/site-packages/kallithea", &["kallithea-iisc"]),
        ("kallithea", &["kallithea-iisc"]),
        ("kallithea/my.ini", &["kallithea-iisc"]),
        ("kallithea/extensions.py", &["kallithea-iisc"]),
    ];
    let server = Server::new("open");
    server.write("kallithea/extensions.py", b"");
    for (place, may_run) in places {
        let former = fs::metadata(server.at(place)).expect(place).permissions();
        server.open_to_all(place);
        let ran = refused(&server, "install.ps1", "-WhatIf", &["S-1-1-0", "others can change"]);
        for call in &ran.calls {
            let only_asked = call.line.contains("--folders");
            let windows = ["appcmd.exe", "netsh.exe"].iter().any(|program| call.program.ends_with(program));
            let known = may_run.iter().any(|program| call.program.contains(program));
            assert!(windows || known && only_asked, "{place}: {}", call.line);
        }
        fs::set_permissions(server.at(place), former).expect("rights");
    }
    let ran = server.run("install.ps1", "-WhatIf");
    assert_eq!(ran.code, Some(0), "without the rights it is sound: {}", ran.text);
}

#[test]
fn what_to_type_is_said() {
    let server = Server::new("cure");
    server.open_to_all("Python");
    let python = server.named("Python");
    let lines = [
        format!("icacls '{python}' /setowner '*S-1-5-32-544' /T /C /Q"),
        format!("icacls '{python}' /reset /T /C /Q"),
        format!(
            "icacls '{python}' /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)(F)' '*S-1-5-32-544:(OI)(CI)(F)' \
             '*S-1-5-32-545:(OI)(CI)(RX)'"
        ),
    ];
    refused(&server, "install.ps1", "", &lines.each_ref().map(String::as_str));
}

/// Python itself leads to more folders: the Python that an environment was made from, the folders of `.pth` files, and
/// the final path of modules.
#[test]
fn what_python_leads_to_is_looked_at() {
    let mut server = Server::new("paths");
    server.write("elsewhere/module.py", b"");
    server.open_to_all("elsewhere");
    let elsewhere = server.named("elsewhere");
    let pth = "kallithea/venv/Lib/site-packages/more.pth";
    let configuration = "kallithea/venv/pyvenv.cfg";
    let former = fs::read(server.at(configuration)).expect("a file");
    server.write(configuration, format!("home = {elsewhere}\r\n").as_bytes());
    let ran = refused(&server, "install.ps1", "-WhatIf", &[&elsewhere]);
    assert!(!ran.lines().contains("python.exe"), "{}", ran.lines());
    server.write(configuration, &former);
    server.write(pth, format!("# {elsewhere}\r\nimport os\r\n..\\..\\..\\..\\elsewhere\r\n").as_bytes());
    let ran = refused(&server, "install.ps1", "-WhatIf", &[&elsewhere]);
    assert!(!ran.lines().contains("python.exe"), "{}", ran.lines());
    fs::remove_file(server.at(pth)).expect("removed");
    server.answer("importlib.util", 0, &format!("[\"{}\"]", elsewhere.replace('\\', "\\\\")));
    let ran = refused(&server, "install.ps1", "-WhatIf", &[&elsewhere]);
    assert!(!ran.lines().contains("apply_settings"), "{}", ran.lines());
}

/// Nothing of Kallithea is run in an environment without this deployment's adjustments.
#[test]
fn an_environment_without_the_adjustments_is_refused() {
    for found in ["none", "999"] {
        let mut server = Server::new(&format!("adjustments-{found}"));
        server.answer("'VERSION'", 0, found);
        let words = format!("the version of the package kallithea_iisc_compat is {found}");
        let ran = refused(&server, "install.ps1", "", &[&words, "Copy-Item -Recurse -Force"]);
        assert!(!ran.lines().contains("apply_settings"), "{}", ran.lines());
    }
}

#[test]
fn a_link_on_the_way_is_refused() {
    let server = Server::new("link");
    server.write("kallithea/venv/Lib/a-link/module.py", b"");
    // Wine does not show links as links: the name replaces the attribute here.
    server.rewrite(IS_LINK, "$Path.EndsWith('a-link')");
    let ran = refused(&server, "install.ps1", "-WhatIf", &["a-link is a link"]);
    assert!(!ran.lines().contains("python.exe"), "{}", ran.lines());
}

#[test]
fn files_are_those_of_the_manifest_before_one_of_them_runs() {
    let server = Server::new("hashes");
    let files = [
        "out/kallithea/apply_settings.py",
        "out/kallithea/requirements.txt",
        "out/RUNBOOK.md",
        "out/bin/_dispatch.dll",
    ];
    for file in files {
        let former = fs::read(server.at(file)).expect(file);
        server.write(file, &[&former[..], b"\n"].concat());
        let name = file.rsplit('/').next().expect("a name");
        let ran = refused(&server, "install.ps1", "-WhatIf", &[name, "differs from manifest.json"]);
        assert!(!ran.lines().contains("python.exe") && !ran.lines().contains(" plan "), "{}", ran.lines());
        server.write(file, &former);
    }
    let script = fs::read_to_string(server.at(files[0])).expect("a file");
    server.write(files[0], script.replace('\n', "\r\n").as_bytes());
    let ran = server.run("install.ps1", "-WhatIf");
    assert_eq!(ran.code, Some(0), "line ends of Windows do not count: {}", ran.text);
}

/// Kallithea runs an `extensions.py` beside its ini file, and an administrator runs Kallithea.
#[test]
fn the_pool_may_not_write_where_the_ini_file_lies() {
    let mut server = Server::new("database");
    let folder = server.named("kallithea");
    let spellings = [
        folder.clone(),
        folder.replace('\\', "/"),
        format!(r"{folder}\."),
        format!(r"{folder}\data\.."),
        folder.replacen('\\', r"\\", 1),
        format!(r"\\?\{folder}"),
    ];
    for spelling in spellings {
        let answer = folder_answer(&spelling, false);
        server.answer("--folders", 0, &answer);
        let ran =
            refused(&server, "install.ps1", "-WhatIf", &["my.ini, and you run or trust", "sqlalchemy.url"]);
        assert!(!ran.lines().contains("python.exe"), "{spelling}: {}", ran.lines());
    }
}

/// The script's test for a link. Wine does not show links as links, so each test replaces it.
const IS_LINK: &str = "[bool] ([IO.File]::GetAttributes($Path) -band [IO.FileAttributes]::ReparsePoint)";

/// A user who can write to a folder can empty it and replace it by a link; a right on the link is a right on its target.
#[test]
fn no_right_is_given_on_what_a_link_of_the_pools_leads_to() {
    for folder in ["data", "logs", "repositories"] {
        let server = Server::new("made-a-link");
        server.write(&format!("kallithea/{folder}/.keep"), b"");
        server.rewrite(IS_LINK, &format!("$Path.EndsWith('{folder}')"));
        refused(
            &server,
            "install.ps1",
            "-WhatIf",
            &[&format!("{folder} is a link, and anybody who can write there")],
        );
    }
}

#[test]
fn a_folder_that_becomes_a_link_meanwhile_gets_no_right_and_loses_none() {
    let mut server = Server::new("becomes-a-link");
    server.write("kallithea/data/.keep", b"");
    let then = format!(
        "($Path.EndsWith('data') -and (Test-Path -LiteralPath '{}'))",
        server.named("kallithea/iis/web.config")
    );
    server.rewrite(IS_LINK, &then);
    let ran = server.run("install.ps1", "");
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    assert!(ran.text.contains(r"kallithea\data is a link"), "{}", ran.text);
    let named = |call: &server::Call| call.program.ends_with("icacls.exe") && call.line.contains(r"\data");
    assert!(!ran.calls.iter().any(named), "{}", ran.lines());

    let later = "($Path.EndsWith('repositories') -and [bool] (Get-PSCallStack | Where-Object { \
        $_.FunctionName -like 'Undo-Everything*' }))";
    server.rewrite(&then, later);
    server.answer("importlib.util", 0, "[]");
    server.answer("apply_settings.py -c", 2, "error");
    server.answer("--check", 1, "");
    let ran = server.run("install.ps1", "");
    assert_eq!(ran.code, Some(3), "{}", ran.text);
    assert!(
        ran.text
            .lines()
            .any(|line| line.starts_with("not rolled back: ") && line.contains("repositories is a link")),
        "{}",
        ran.text
    );
}

#[test]
fn the_root_of_the_site_is_nobody_elses() {
    let server = Server::new("root");
    for place in ["root", "root/web.config"] {
        server.write("root/web.config", b"<configuration />");
        server.open_to_all(place);
        refused(&server, "install.ps1", "-WhatIf", &["others can change the root of the site"]);
        fs::remove_dir_all(server.at("root")).expect("it goes");
    }
}

#[test]
fn a_step_that_fails_takes_back_what_was_done() {
    let mut server = Server::new("fails");
    server.answer(" apply ", 2, "error: conflict");
    let before = server.everything();
    let ran = server.run("install.ps1", "");
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    assert!(
        ran.text.contains("rolled back: ") && ran.text.contains("The script rolled back its changes."),
        "{}",
        ran.text
    );
    assert!(before == but_backups(&server), "{}", ran.text);
}

/// A new folder is checked again after its creation: another user may have created it first.
#[test]
fn a_folder_that_somebody_made_first_gets_no_file() {
    let server = Server::new("quicker");
    server.rewrite(
        "$flaws = @(Find-Flaw $it.Path 'All')",
        "$flaws = @(if ($it.Path -like '*bridge') { 'somebody may change it' })",
    );
    let ran = server.run("install.ps1", "");
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    assert!(
        !server.at("kallithea/bridge/_dispatch.dll").exists() && !ran.lines().contains(" apply "),
        "{}",
        ran.text
    );
}

/// A folder has one web.config, and that of another application would be lost.
#[test]
fn a_web_config_that_no_build_made_is_left_alone() {
    let server = Server::new("theirs");
    server.write("kallithea/iis/web.config", b"<configuration><appSettings /></configuration>");
    refused(&server, "install.ps1", "", &["web.config exists, and kallithea-iisc did not create it"]);
    server.write(
        "kallithea/iis/web.config",
        b"<!-- Generated by kallithea-iisc 0.0.1 from x.yaml. -->\n<configuration />",
    );
    let ran = server.run("install.ps1", "");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(ran.text.contains("copy the file"), "{}", ran.text);
}

/// Python reads a ._pth file beside it before anything else.
#[test]
fn a_folder_that_a_pth_file_beside_python_names_is_looked_at_before_python_is_run() {
    let server = Server::new("beside-python");
    server.write("lent/json.py", b"");
    let words = format!("python313.zip\r\n# .\r\n{}\r\nimport site\r\n", server.named("lent"));
    for place in ["Python/python313._pth", "kallithea/venv/Scripts/python._pth"] {
        server.write(place, words.as_bytes());
        assert_eq!(server.run("install.ps1", "-WhatIf").code, Some(0), "{place}");
        let former = fs::metadata(server.at("lent")).expect("the folder").permissions();
        server.open_to_all("lent");
        let ran = refused(&server, "install.ps1", "-WhatIf", &["others can change", "lent"]);
        assert!(!ran.lines().contains("importlib"), "{place}: {}", ran.lines());
        fs::set_permissions(server.at("lent"), former).expect("rights");
        fs::remove_file(server.at(place)).expect("it goes");
    }
}
