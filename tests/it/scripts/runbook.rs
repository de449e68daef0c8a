//! The commands of `RUNBOOK.md`, read by the same grammar: an administrator pastes them into Windows PowerShell.

use iis_config::Version;
use kallithea_iisc::emit::emit;
use kallithea_iisc::model::{Deployment, IdentityType, PythonVersion};

use super::powershell::{Script, unquote};
use super::{commands, examples};
use crate::support::deployment_of;

/// The fenced blocks of a deployment's runbook.
fn blocks(deployment: &Deployment) -> Vec<Script> {
    let tree = emit(deployment);
    let text = tree.get("RUNBOOK.md").expect("a runbook");
    let blocks = text.split("\n```powershell\n").skip(1);
    blocks.map(|block| Script::parse(block.split("\n```\n").next().expect("an end"))).collect()
}

/// Every block of every example, at every version.
fn all() -> Vec<(String, Script)> {
    let mut all = Vec::new();
    for (name, mut deployment) in examples() {
        for version in Version::ALL {
            deployment.target.version = version;
            all.extend(blocks(&deployment).into_iter().map(|block| (format!("{name} at {version}"), block)));
        }
    }
    all
}

#[test]
fn every_block_parses() {
    let all = all();
    assert!(all.len() > 100, "{}", all.len());
    for (place, block) in all {
        assert_eq!(block.flaws(), Vec::<String>::new(), "{place}:\n{}", block.text);
    }
}

/// Windows PowerShell passes arguments to a program between double quotes, and does not escape the quotes within.
#[test]
fn no_program_is_given_a_double_quote() {
    let mut given = 0;
    for (place, block) in all() {
        for (name, _, node) in commands(&block) {
            let text = block.of(node);
            // The names of PowerShell's own commands are a verb and a noun.
            let is_program = text.starts_with('&') || name.contains(".exe") || !name.contains('-');
            for literal in block.nodes("verbatim_string_characters") {
                if !is_program || !node.byte_range().contains(&literal.start_byte()) {
                    continue;
                }
                let (literal, _) = unquote(block.of(literal)).expect("a literal");
                assert!(!literal.contains('"'), "{place}: {text}");
                given += 1;
            }
        }
    }
    assert!(given > 300, "{given}");
}

/// The lines of a runbook that contain a word.
fn lines(deployment: &Deployment, word: &str) -> Vec<String> {
    let tree = emit(deployment);
    let text = tree.get("RUNBOOK.md").expect("a runbook");
    text.lines().filter(|line| line.contains(word)).map(str::to_owned).collect()
}

#[test]
fn a_new_kallithea_writes_below_data_and_has_the_repositories_of_the_spec() {
    let minimal = deployment_of("minimal");
    let create = lines(&minimal, "config-create");
    assert!(
        create[0].ends_with("'sqlalchemy.url=sqlite:///%(here)s/data/kallithea.db?timeout=60'"),
        "{create:?}"
    );
    let folders = lines(&minimal, r"\data'");
    assert_eq!(
        folders,
        [r"New-Item -ItemType Directory -Force -Path 'C:\inetpub\kallithea\data', 'D:\repositories'"
            .replace("D:", "C:\\inetpub\\kallithea")]
    );
    for (name, deployment) in examples() {
        let create = lines(&deployment, " db-create -c ");
        let repositories = format!("--repos '{}'", deployment.kallithea.repositories);
        assert!(matches!(&*create, [line] if line.ends_with(&repositories)), "{name}: {create:?}");
    }
    let farm = lines(&deployment_of("farm"), " config-create '");
    assert!(matches!(&*farm, [line] if !line.contains("sqlite")), "a server's database: {farm:?}");
}

#[test]
fn only_administrators_write_what_iis_runs_and_only_the_pool_besides_them_reads_the_ini_file() {
    for (name, deployment) in examples() {
        let (home, ini) = (&deployment.python.home, &deployment.kallithea.ini);
        let folder = ini.rsplit_once('\\').expect("a folder").0;
        let loops = lines(&deployment, "foreach ($folder in '");
        assert_eq!(loops.len(), 3, "{name}: {loops:?}");
        assert!(loops[0].contains(&format!("'{folder}'")), "{name}: {loops:?}");
        for program in [home, &deployment.bridge.directory, &deployment.application.physical_path] {
            assert!(loops[1].contains(&format!("'{program}'")), "{name}: {loops:?}");
        }
        let taken = lines(&deployment, "    New-LockedFolder $folder '");
        let users = taken.iter().map(|line| line.contains("'(A;OICI;0x1200a9;;;BU)'"));
        assert_eq!(users.collect::<Vec<_>>(), [false, true], "{name}: {taken:?}");
    }
}

/// A user who can write to a folder can replace it by a link; a right on the link is a right on its target.
#[test]
fn the_pool_gets_rights_on_no_link_and_not_where_something_is_run() {
    for (name, deployment) in examples() {
        let tree = emit(&deployment);
        let text = tree.get("RUNBOOK.md").expect("a runbook");
        let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{name}: {words} is missing"));
        let looked = place(") { Assert-NoLink $folder }");
        let line = text[..looked].lines().last().expect("a line");
        let log = deployment.bridge.log_file.rsplit_once('\\').expect("a folder").0;
        assert!(line.contains(&format!("'{log}'")), "{name}: {line}");
        assert!(looked < place(":(OI)(CI)(M)"), "{name}");
        let written = lines(&deployment, "foreach ($run in ");
        let kallithea = &deployment.kallithea;
        for program in
            [&kallithea.ini, &kallithea.distribution, &deployment.python.home, &deployment.bridge.directory]
        {
            assert!(written[0].contains(&format!("'{program}'")), "{name}: {written:?}");
        }
        let [refused, link, granted] =
            ["throw \"Kallithea may not", "{ Assert-NoLink $folder.path }", "icacls.exe $folder.path"]
                .map(place);
        assert!(refused < link && link < granted, "{name}");
    }
}

/// Once somebody has put something in a folder, or run it from there, closing the folder is too late.
#[test]
fn folders_are_locked_before_anything_is_put_into_them_or_run_from_them() {
    for (name, deployment) in examples() {
        let tree = emit(&deployment);
        let text = tree.get("RUNBOOK.md").expect("a runbook");
        let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{name}: {words} is missing"));
        let lock = text.rfind("    New-LockedFolder $folder '(A;OICI").expect("the last lock");
        assert!(place("function New-LockedFolder") < lock);
        let later = [
            "-m pip ",
            "config-create '",
            "db-create",
            "Copy-Item ",
            " probe ",
            "apply_settings.py -c",
            " ini '",
            " apply '",
        ];
        for later in later {
            assert!(lock < place(later), "{name}: {later}");
        }
        if deployment.python.virtual_environment.is_some() {
            assert!(lock < place("-m venv"), "{name}");
        }
    }
}

/// The first program on the PATH, in the current folder, or in a variable may come from anyone.
#[test]
fn programs_are_named_by_their_places_and_python_takes_modules_from_its_own() {
    let (mut pythons, mut windows) = (0, 0);
    for (place, block) in all() {
        for (name, _, node) in commands(&block) {
            let text = block.of(node);
            let is_program =
                !name.is_empty() && !name.contains('-') && !["foreach", "throw"].contains(&&*name);
            assert!(
                !is_program
                    || name == r".\kallithea-iisc.exe"
                    || name == "ServerManagerCmd.exe"
                    || name == "dism.exe",
                "{place}: {text}"
            );
            if text.starts_with('&') && text.contains("python.exe'") {
                assert!(text.contains("python.exe' -I "), "{place}: {text}");
                pythons += 1;
            }
            windows += usize::from(text.starts_with(r"& $system\"));
        }
        assert!(!block.text.contains("$env:windir"), "{place}: {}", block.text);
    }
    assert!(pythons > 200 && windows > 200, "{pythons} {windows}");
    for deployment in examples() {
        let tree = emit(&deployment.1);
        let text = tree.get("RUNBOOK.md").expect("a runbook");
        let pip = text.find("-m pip ").expect("pip");
        assert!(text.find("$env:PIP_CONFIG_FILE = 'nul'").is_some_and(|settings| settings < pip));
        assert!(text.find("$env:TEMP = $env:TMP = '").is_some_and(|folder| folder < pip));
    }
}

#[test]
fn python_and_node_are_those_that_there_are() {
    let mut deployment = deployment_of("minimal");
    let releases = [(9, "3.9.13"), (10, "3.10.11"), (11, "3.11.9"), (12, "3.12.10"), (13, "the newest 3.13")];
    for (minor, release) in releases {
        deployment.python.version = PythonVersion::new(3, minor);
        let install = lines(&deployment, "from python.org, which has an installer for it");
        assert!(install.iter().any(|line| line.contains(release)), "{release}: {install:?}");
    }
    for version in Version::ALL {
        deployment.target.version = version;
        let elsewhere = lines(&deployment, "whose current versions do not run on this Windows");
        assert_eq!(elsewhere.len(), usize::from(version < Version::V10_0), "{version}");
        let here = lines(&deployment, "front-end-build --no");
        assert_eq!(here.len(), if version < Version::V10_0 { 0 } else { 2 }, "{version}");
    }
}

/// Until the pool exists, Windows does not know its account by name; so the steps come in this order.
#[test]
fn rights_are_given_to_a_pool_that_is_not_there_yet() {
    let mut deployment = deployment_of("minimal");
    deployment.pool.name = "DefaultAppPool".parse().expect("a name");
    let sid = "S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415";
    let account = lines(&deployment, "$account = ");
    assert_eq!(account, [format!(r"$account = '*{sid}'   # IIS AppPool\DefaultAppPool")]);
    deployment.pool.name = "größer".parse().expect("a name");
    assert_eq!(lines(&deployment, "$account = "), [r"$account = 'IIS AppPool\größer'"]);
    assert_eq!(lines(&deployment, "do step 7 first").len(), 1);
}

/// Without these values, `ini` refuses, on the first node and on every other.
#[test]
fn a_farm_names_what_its_ini_file_needs_before_it_is_asked_for() {
    let tree = emit(&deployment_of("farm"));
    let text = tree.get("RUNBOOK.md").expect("a runbook");
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} is missing: {text}"));
    let asked = place("kallithea-iisc.exe ini ");
    assert!(place("sqlalchemy.url and session.url in it, with the password") < asked);
    assert!(
        lines(&deployment_of("farm"), "kallithea-iisc.exe ini ")[..2]
            .iter()
            .all(|line| line.contains("--node 'node1'"))
    );
    assert_eq!(lines(&deployment_of("minimal"), "--node").len(), 0);
}

#[test]
fn the_command_of_step_1_adds_what_the_scripts_ask_for() {
    let mut deployment = deployment_of("minimal");
    let own = deployment.pool.own.as_mut().expect("a pool");
    (own.identity, own.user_name) = (IdentityType::SpecificUser, Some(r"CORP\kallithea".into()));
    assert!(lines(&deployment, "Install-WindowsFeature")[0].contains("Web-Scripting-Tools"));
    assert!(lines(&deployment, "Enable-WindowsOptionalFeature")[0].contains("IIS-ManagementScriptingTools"));
}

/// `[` and `]` are wildcards for `-Path`, and a folder may contain them.
#[test]
fn places_are_named_literally() {
    let globbing = [
        "Copy-Item",
        "Get-ChildItem",
        "Get-Content",
        "Get-Item",
        "Get-ItemProperty",
        "New-ItemProperty",
        "Select-String",
        "Set-Content",
        "Set-ItemProperty",
        "Test-Path",
    ];
    let mut named = 0;
    for (place, block) in all() {
        for (name, _, node) in commands(&block) {
            if !globbing.contains(&&*name) {
                continue;
            }
            let text = block.of(node);
            let piped =
                text.starts_with("Copy-Item ") && text.contains("-Destination ") && !text.contains('*');
            assert!(text.contains(" -LiteralPath ") || piped, "{place}: {text}");
            named += 1;
        }
    }
    assert!(named > 300, "{named}");
}
