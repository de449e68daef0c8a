//! A server that keeps state, for the scripts of a whole life. In: an example, the folder to put everything in, and plans. Out: what each
//! run of a script said, did and changed.
//!
//! `stand_in/*.ps1` are the server, in the process of the PowerShell that runs the scripts. The compiler is the real one, built for
//! Windows. The scripts run as copies with the changes of [`for_the_stand_in`]. Absent: IIS, NTFS, and Windows PowerShell 5.1.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde_json::{Value, json};

use super::outputs::{Change, compiled, library};
use super::powershell::{self, part, quoted};
use super::server::drive;
use crate::support::{deployment, spec_of};

/// One run of a script.
#[derive(Deserialize, Debug)]
pub struct Run {
    pub name: String,
    /// The exit code; -1 for a script that was stopped, or that ended with an error of PowerShell.
    pub code: i32,
    /// What it wrote: lines, then warnings, then errors.
    pub text: String,
    pub steps: Vec<String>,
    pub calls: Vec<String>,
    /// The calls that did not end with 0, after the exit code.
    pub exits: Vec<String>,
    /// What went wrong on the server meanwhile.
    pub events: Vec<String>,
    pub requests: Vec<String>,
    /// What differs from before, one thing a line: `+ file PATH = HASH`, `+ folder PATH`, `- Pools NAME = STATE`.
    pub difference: Vec<String>,
    pub pool: String,
    pub site: String,
}

impl Run {
    /// What differs from before, and is not named in what the script said: neither itself, nor a new folder that it is in, nor what is
    /// in it.
    pub fn unsaid(&self) -> Vec<&str> {
        let place = |line: &str| {
            line.splitn(3, ' ').nth(2).and_then(|rest| rest.split(" = ").next()).map(str::to_owned)
        };
        let lines = || self.difference.iter().filter_map(|line| Some((&**line, place(line)?)));
        let said: Vec<_> = lines().filter(|(_, place)| names(&self.text, place)).collect();
        let inside = |inner: &str, outer: &str| inner.starts_with(&format!("{outer}\\"));
        let is_said = |line: &str, place: &str| {
            said.iter().any(|(other, named)| {
                named == place
                    || inside(named, place)
                    || inside(place, named) && other.starts_with("+ folder") && line.starts_with('+')
            })
        };
        lines().filter(|(line, place)| !is_said(line, place)).map(|(line, _)| line).collect()
    }
}

/// Whether a text has this path, and not only a longer one.
fn names(text: &str, path: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || "\\.-_".contains(next));
    text.match_indices(path).any(|(at, _)| {
        ends(text[at + path.len()..].trim_start_matches('.')) || text[at + path.len()..].starts_with(".\n")
    })
}

/// The folders of a server.
pub struct Stage {
    place: PathBuf,
    name: String,
    share: PathBuf,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if env::var_os("KALLITHEA_IISC_KEEP").is_none() {
            let _ = fs::remove_dir_all(&self.place);
            let _ = fs::remove_dir_all(&self.share);
        }
    }
}

/// Whether every golden is run in every way: `cargo xtask test --scripts`.
pub fn everything() -> bool {
    env::var_os("KALLITHEA_IISC_SCRIPTS").is_some_and(|value| value == "all")
}

/// The server on which everything is in order before the first installation.
const SERVER: &str = include_str!("../../it/merge/server.config");

impl Stage {
    /// Lays down an example on a new server. Everything is in a folder with this name.
    pub fn new(example: &str, folder: &str) -> Self {
        let own = format!("{folder}-{}", std::process::id());
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let files = format!("files-{}-{number}", std::process::id());
        let stage = Self {
            place: drive().join(&own),
            name: format!("C:\\{own}"),
            share: drive().with_file_name("dosdevices").join("unc").join(&files),
        };
        let _ = fs::remove_dir_all(&stage.place);
        let place = |drive: &str| format!("{}\\{drive}\\", stage.name);
        let spec = spec_of(example)
            .replace("C:\\", &place("C"))
            .replace("D:\\", &place("D"))
            .replace("files.corp.example.com", &files);
        stage.lay_down(&spec);
        stage
    }

    /// The folder of the deployment's DLLs.
    pub fn bridge(&self) -> String {
        let spec = fs::read_to_string(self.at("deploy.yaml")).expect("the spec");
        deployment(&spec).bridge.directory.to_string()
    }

    fn at(&self, path: &str) -> PathBuf {
        self.place.join(path)
    }

    /// The place in the file system of a Windows path of the deployment.
    fn place_of(&self, path: &str) -> PathBuf {
        match path.strip_prefix(&format!("{}\\", self.name)) {
            Some(rest) => self.at(&rest.replace('\\', "/")),
            None => {
                self.share.parent().expect("a folder").join(path.trim_start_matches('\\').replace('\\', "/"))
            }
        }
    }

    fn lay_down(&self, spec: &str) {
        let deployment = deployment(spec);
        write(&self.at("deploy.yaml"), spec.as_bytes());
        let config = SERVER.replace(
            "CORP\\service\" password=\"planted-secret-1\"",
            "CORP\\service\" password=\"[enc:planted:enc]\"",
        );
        write(&self.at("System32/inetsrv/config/applicationHost.config"), config.as_bytes());
        write(&self.at("System32/inetsrv/appcmd.exe"), b"");
        let bits = if spec.contains("architecture: x86") { "32" } else { "64" };
        let home = &deployment.python.home;
        let packages = deployment.python.virtual_environment.as_ref().unwrap_or(home);
        let digits = deployment.python.version.to_string().replace('.', "");
        let files = [
            (home.below("python.exe"), library(bits, "")),
            (home.below(&format!("python{digits}.dll")), library(bits, "")),
            (packages.below("Scripts").below("python.exe"), library(bits, "")),
            (packages.below(r"Lib\site-packages\kallithea\public\css\style.css"), Vec::new()),
            (deployment.kallithea.ini.clone(), ini(spec).into_bytes()),
            (deployment.kallithea.repositories.below(".keep"), Vec::new()),
        ];
        for (path, bytes) in files {
            write(&self.place_of(&path), &bytes);
        }
        if deployment.python.virtual_environment.is_some() {
            write(&self.place_of(&packages.below("pyvenv.cfg")), format!("home = {home}\r\n").as_bytes());
        }
        lay_down_compiler(&self.at("compiler"));
        self.write_out("out", spec, "kallithea_engine-0000000a.dll");
        self.write_out("new", spec, "kallithea_engine-0000000b.dll");
    }

    /// A compiled folder with this engine, which `_dispatch.dll` names in its last line.
    fn write_out(&self, out: &str, spec: &str, engine: &str) {
        let bits = if spec.contains("architecture: x86") { "32" } else { "64" };
        let libraries = [engine, "_dispatch.dll"].map(|name| (name, library(bits, &format!("\n{engine}"))));
        let system = format!("$System = '{}\\System32'", self.name.replace('\'', "''"));
        for (path, bytes) in compiled(&deployment(spec), &for_the_stand_in(&system), &libraries) {
            write(&self.at(out).join(path), &bytes);
        }
        write(&self.at(out).join("kallithea-iisc.exe"), &library("64", ""));
    }

    /// The fenced blocks of the runbook, with the same changes as the scripts.
    pub fn blocks(&self) -> Vec<String> {
        let text = fs::read_to_string(self.at("out/RUNBOOK.md")).expect("the runbook");
        let system = format!("$system = '{}\\System32'", self.name.replace('\'', "''"));
        let drive = format!("'{}\\node_modules'", self.name.replace('\'', "''"));
        let key = format!("'HKCU:\\SOFTWARE\\{}'", self.place.file_name().expect("a name").to_string_lossy());
        let changes = [
            ("$system = [Environment]::SystemDirectory", system.as_str()),
            ("[void] [IO.Directory]::CreateDirectory($Path, $security)", "New-StandFolder $Path $security"),
            ("[IO.Directory]::SetAccessControl($Path, $security)", "Set-StandAcl $Path $security"),
            ("'C:\\node_modules'", drive.as_str()),
            (r"'HKLM:\SYSTEM\CurrentControlSet\Services\HTTP\Parameters'", key.as_str()),
        ];
        let text = changes.into_iter().fold(text, |text, (here, there)| {
            // Not every Windows builds the front end.
            assert!(text.contains(here) || here.contains("node_modules"), "{here}");
            text.replace(here, there)
        });
        let blocks = text.split("\n```powershell\n").skip(1);
        blocks.map(|block| block.split("\n```\n").next().expect("an end").to_owned()).collect()
    }

    /// Runs blocks of the runbook, in one window.
    pub fn run_blocks(&self, blocks: &[&str]) -> Vec<Run> {
        self.run_told(&["Runbook"], json!({ "blocks": blocks }))
    }

    /// Runs plans in one process of PowerShell. An installation fails at each of its places in these ways.
    pub fn run(&self, plans: &[&str], whens: &[&str]) -> Vec<Run> {
        self.run_told(plans, json!({ "whens": whens }))
    }

    /// Runs `install.ps1` for each sown fault: as it is, and with the fault.
    pub fn run_sown(&self, faults: &[super::sown::Sown]) -> Vec<Run> {
        self.run_told(&["Sown"], json!({ "sown": faults }))
    }

    fn run_told(&self, plans: &[&str], more: Value) -> Vec<Run> {
        let spec = fs::read_to_string(self.at("deploy.yaml")).expect("the spec");
        let named = |path: &str| format!("{}\\{path}", self.name);
        let share = self.share.file_name().expect("a name").to_string_lossy().into_owned();
        let mut tops = vec![named("C"), named("System32")];
        tops.extend(self.at("D").is_dir().then(|| named("D")));
        tops.extend(self.share.is_dir().then(|| format!("\\\\{share}")).into_iter().flat_map(|share| {
            let shares = fs::read_dir(&self.share).expect("the shares").flatten();
            shares.map(|one| format!("{share}\\{}", one.file_name().to_string_lossy())).collect::<Vec<_>>()
        }));
        let mut told = json!({
            "system": named("System32"), "out": named("out"), "new": named("new"), "tops": tops, "plans": plans,
            "certificates": certificates(&spec), "ini": ini(&spec), "compiler": named("compiler\\kallithea-iisc.exe"),
        });
        told.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        write(&self.at("stand-in/told.json"), told.to_string().as_bytes());
        let _ = fs::remove_file(self.at("stand-in/records.txt"));
        let [script, told] = [part("run.ps1"), named("stand-in\\told.json")].map(|path| quoted(&path));
        let said = powershell::run(&format!("& {script} {told}"));
        let records = fs::read_to_string(self.at("stand-in/records.txt")).unwrap_or_default();
        let runs = records.lines().map(|line| serde_json::from_str(line).expect("a record"));
        let runs = runs.collect();
        assert_eq!(said.code, 0, "{}\n{runs:#?}", said.text);
        runs
    }
}

fn write(file: &Path, bytes: &[u8]) {
    fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
    fs::write(file, bytes).expect("the file");
}

/// The compiler for Windows, and the library that this Wine lacks and the Windows machine of the tests has.
fn lay_down_compiler(folder: &Path) {
    let of = |variable: &str| {
        PathBuf::from(env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set")))
    };
    let library = of("KALLITHEA_IISC_MACHINE_WINE").join("drive_c/windows/system32/bcryptprimitives.dll");
    fs::create_dir_all(folder).expect("the folder");
    for file in [of("KALLITHEA_IISC_WINDOWS"), library] {
        let name = file.file_name().expect("a name");
        fs::copy(&file, folder.join(name)).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

/// The thumbprints that a spec names, which are in the store of the machine.
fn certificates(spec: &str) -> Vec<&str> {
    spec.lines().filter_map(|line| line.split_once("thumbprint: ")).map(|(_, hash)| hash.trim()).collect()
}

/// Kallithea's ini file, as far as the compiler reads it, with a database of the deployment's kind.
fn ini(spec: &str) -> String {
    let url = match spec.contains("kind: postgresql") {
        true => "postgresql://kallithea:planted-secret@db/kallithea",
        false => "sqlite:///%(here)s/data/kallithea.db?timeout=60",
    };
    let sessions = if spec.contains("farm:") { format!("session.url = {url}\r\n") } else { String::new() };
    format!(
        "[app:main]\r\nuse = egg:kallithea\r\ncache_dir = %(here)s/data\r\nindex_dir = %(here)s/data/index\r\n\
         app_instance_uuid = planted-uuid-planted-uuid-planted-uuid\r\n\
         session.secret = planted-secret-planted-secret-planted-secret\r\n{sessions}sqlalchemy.url = {url}\r\n"
    )
}

/// What the stand-in has in another place than Windows, and a question before and after each step.
fn for_the_stand_in(system: &str) -> [Change<'_>; 7] {
    [
        ("#Requires -PSEdition Desktop\n", "", 1),
        ("$System = [Environment]::SystemDirectory", system, 1),
        (
            "[IO.Directory]::CreateDirectory($it.Path, $security) | Out-Null",
            "New-StandFolder $it.Path $security",
            0,
        ),
        ("[IO.Directory]::SetAccessControl($it.Path, $acl)", "Set-StandAcl $it.Path $acl", 0),
        (
            "(New-Object Security.Principal.NTAccount($Account)).Translate([Security.Principal.SecurityIdentifier]).Value",
            "Find-StandAccount $Account",
            1,
        ),
        (
            "$place.Host = $Deployment.Address",
            "$place.Scheme, $place.Host, $place.Port = 'http', '127.0.0.1', $Stand.Port",
            0,
        ),
        ("    & $Do $With\n}", "    Enter-Step $Action $Target\n    & $Do $With\n    Exit-Step\n}", 1),
    ]
}
