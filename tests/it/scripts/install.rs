//! What `install.ps1` checks first, does, and undoes.

use kallithea_iisc::emit::emit;

use super::{both, commands, function, scripts};
use crate::support::deployment_of;

/// A 32-bit Python sees another System32 than the script, and a record of another run undoes that other run.
#[test]
fn the_record_of_the_settings_is_this_runs_own_and_where_any_python_sees_it() {
    let (_, install) = both().swap_remove(0);
    let text = function(&install, "Set-KallitheaSetting");
    let record = text.lines().find(|line| line.trim_start().starts_with("$record = ")).expect("its name");
    assert!(record.ends_with("-f $Deployment.Ini, (Get-Date)"), "beside the ini file: {record}");
    assert!(record.contains("{0}.settings-{1:yyyyMMdd-HHmmss-fff}.json"), "one for each run: {record}");
    assert!(!text.contains("$Backup"), "{text}");
    for (_, _, node) in commands(&install) {
        let command = install.of(node);
        if command.starts_with("Invoke-Program $Deployment.PythonExecutable") {
            assert!(!command.contains("$Backup") && !command.contains("$HostConfig"), "{command}");
        }
    }
    let undo =
        text.find("if (-not (Test-Path -LiteralPath $it.Record)) { return }").expect("no record, no undo");
    assert!(undo < text.find("'--undo', $it.Record").expect("the undo"));
}

/// With the ini file as Kallithea makes it, the pool cannot write below the file's folder: every page would be a 500.
#[test]
fn the_pool_may_write_where_kallithea_does_before_the_site_is_asked() {
    let (_, install) = both().swap_remove(0);
    let steps = function(&install, "Install-Everything");
    let place = |step: &str| steps.find(&format!("    {step}\n")).expect(step);
    let order = [
        "Install-UnknownPool",
        "Grant-WrittenFolder",
        "Install-Configuration",
        "Resume-Pool",
        "Start-OwnSite",
    ];
    assert!(order.map(place).is_sorted(), "IIS comes last: {steps}");
    let [probe, site] = ["{ Test-Bridge }", "{ Test-Site }"].map(|step| steps.find(step).expect(step));
    assert!(place("Grant-WrittenFolder") < probe && probe < place("Install-Configuration"), "{steps}");
    assert!(place("Start-OwnSite") < site, "{steps}");
    let grants = function(&install, "Grant-WrittenFolder");
    let made = grants.find("New-Folder $folder.Path").expect("the folder is made");
    assert!(made < grants.find("Grant-Right $folder").expect("the right on it"), "{grants}");
    assert!(function(&install, "Get-WrittenFolder").contains("'--folders', '--format', 'json'"));
    assert!(function(&install, "Test-Site").contains("unable to open database file"));
    let undo = function(&install, "Grant-Right");
    assert!(undo.contains("SetSecurityDescriptorSddlForm($it.Before, 'Access')"), "the rights as they were");
}

/// Whatever would stop a step is checked before anything is changed; what is for others to decide is a warning.
#[test]
fn folders_front_end_and_other_users_hands_are_looked_at_first() {
    let (_, install) = both().swap_remove(0);
    let checks = function(&install, "Test-Everything");
    for check in ["Test-NeededFolder", "Test-FrontEnd", "Test-Reader"] {
        assert!(checks.contains(&format!("    {check}\n")), "{check}: {checks}");
    }
    for folder in [r"C:\inetpub\kallithea", r"D:\repositories"] {
        let needed =
            install.text.split_once("    Needed ").expect("the folders").1.split_once(')').expect("an end").0;
        assert!(needed.contains("'{folder}'".replace("{folder}", folder).as_str()), "{needed}");
    }
    assert!(function(&install, "Test-NeededFolder").contains("Confirm-Need (Test-Path -LiteralPath $folder"));
    assert!(function(&install, "Test-FrontEnd").contains("Write-Warning"));
    assert!(install.text.contains(r"venv\Lib\site-packages\kallithea\public\css\style.css'"));
    for word in ["$Deployment.Ini", "Write-Warning"] {
        assert!(function(&install, "Test-Reader").contains(word), "{word}");
    }
}

/// The domain of the user who runs the script may differ from the machine's.
#[test]
fn the_machine_is_named_by_its_own_domain() {
    let mut shared = deployment_of("minimal");
    shared.kallithea.repositories = r"\\files\repositories".parse().expect("a path");
    let runbook = emit(&shared).get("RUNBOOK.md").expect("a runbook").to_owned();
    assert!(runbook.contains("$machine = (Get-WmiObject Win32_ComputerSystem).Domain + "), "{runbook}");
    for (path, script) in scripts(&shared) {
        assert!(script.text.contains("(Get-CimInstance -ClassName Win32_ComputerSystem).Domain"), "{path}");
        assert!(!script.text.contains("USERDOMAIN") && !runbook.contains("USERDOMAIN"), "{path}");
    }
}

#[test]
fn everything_that_install_changes_is_remembered_with_its_way_back() {
    let (_, install) = both().swap_remove(0);
    // Putting the configuration back restores the password, and removes the site and the pool. A pool that already
    // existed is recorded before anything else. DLLs of former builds go when nothing can fail any more.
    let none = ["Start-OwnSite", "Start-Record", "Suspend-Pool", "Remove-FormerLibrary"];
    let steps = function(&install, "Install-Everything");
    assert!(
        steps.find("Suspend-Pool").expect("the pool") < steps.find("New-Folder").expect("the first change")
    );
    let mut with = 0;
    for (name, function, node) in commands(&install) {
        if name == "Invoke-Change" && !none.contains(&&*function) {
            assert!(install.of(node).contains("-Undo {"), "{function}");
            with += 1;
        }
    }
    assert_eq!(with, 11);
}

/// A program runs only after a check that nobody else could have put it there.
#[test]
fn places_are_looked_at_before_a_program_is_run() {
    for (path, script) in both() {
        let checks = function(&script, "Test-Everything");
        let order: Vec<&str> = checks
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("Test-") || line.starts_with("Resolve-"))
            .collect();
        let place = |name: &str| {
            order
                .iter()
                .position(|line| line.starts_with(name))
                .unwrap_or_else(|| panic!("{path}: {name}: {order:?}"))
        };
        let (own, manifest) = (place("Test-OwnFolder $Compiler"), place("Test-Manifest"));
        assert!(
            own < manifest && order[..own].iter().all(|line| line.starts_with("Resolve-")),
            "{path}: {order:?}"
        );
        let runs = if path == "install.ps1" {
            ["Test-Program", "Test-Ini", "Test-Python", "Test-Plan"].as_slice()
        } else {
            &["Test-Removal"]
        };
        for name in runs {
            assert!(manifest < place(name), "{path}: {order:?}");
            assert!(
                function(&script, name).contains("if ($Problems.Count -"),
                "{path}: {name} runs nothing where there is a problem"
            );
        }
    }
}

/// Python loads nothing from the script's folder, from the user's settings or from the current folder.
#[test]
fn every_python_is_isolated_and_every_program_starts_in_windows_own_folder() {
    let mut pythons = 0;
    for (path, script) in both() {
        for (name, _, node) in commands(&script) {
            let text = script.of(node);
            if name == "Invoke-Program"
                && (text.contains("PythonExecutable") || text.starts_with("Invoke-Program $python"))
            {
                assert!(text.contains("@('-I', "), "{path}: {text}");
                pythons += 1;
            }
        }
        let run = function(&script, "Invoke-Program");
        let place = |words: &str| run.find(words).unwrap_or_else(|| panic!("{path}: {words}"));
        let start = place("@(& $Program @Arguments 2>&1)");
        assert!(
            place("Push-Location -LiteralPath $System") < start && place("$env:Path = $TrustedPath") < start,
            "{path}"
        );
        assert!(place("} finally {") > start && place("$env:Path = $formerPath") > start, "{path}");
        assert!(!script.text.contains("$env:windir") && !script.text.contains("$env:SystemRoot"), "{path}");
        let modules = script
            .text
            .find("$env:PSModulePath = [IO.Path]::Combine($PSHOME, 'Modules')")
            .expect("the modules");
        assert!(modules < script.text.find("function ").expect("a function"), "{path}");
    }
    assert_eq!(pythons, 5);
}

/// An environment without this deployment's adjustments is refused before anything is changed, and Python itself is asked, since
/// files that no `.pth` file loads do nothing. A new Python also means other hooks of Git, which the pool must write.
#[test]
fn a_new_python_is_looked_at_before_and_its_hooks_are_named_afterwards() {
    let (_, install) = both().swap_remove(0);
    let order = |text: &str, words: &[&str]| {
        let places: Vec<_> = words.iter().map(|words| text.find(words).expect(words)).collect();
        assert!(places.is_sorted(), "{words:?} in {text}");
    };
    let python = function(&install, "Test-Python");
    order(
        python,
        &["Test-PythonPath", "Test-Adjustment\n    if ($Problems.Count -gt 0) { return }", "'--check'"],
    );
    let adjustment = function(&install, "Test-Adjustment");
    assert!(adjustment.contains("sys.modules.get(''kallithea_iisc_compat'')"), "{adjustment}");
    order(
        adjustment,
        &["$Deployment.PythonExecutable", "Copy-Item -Recurse -Force", "$Deployment.SitePackages"],
    );
    let steps = function(&install, "Install-Everything");
    order(steps, &["$hooks = Get-HookPython", "Set-KallitheaIni", "Test-Site", "Show-HookPython $hooks"]);
}

/// A folder that gets its rights only after its creation is open to others in between.
#[test]
fn a_new_folder_has_its_rights_from_the_first_moment_and_is_looked_at_again() {
    let (_, install) = both().swap_remove(0);
    let text = function(&install, "New-Folder");
    let made =
        text.find("[IO.Directory]::CreateDirectory($it.Path, $security)").expect("made with its rights");
    assert!(text.find("Find-Flaw $it.Path 'All'").is_some_and(|looked| looked > made), "{text}");
    assert_eq!(install.text.matches("CreateDirectory").count(), 1, "no other way makes a folder");
}
