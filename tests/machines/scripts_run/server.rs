//! A server for the scripts. In: a test's name. Out: a folder on Wine's drive C: with a deployment, and stand-ins for Python,
//! Kallithea and System32; and what a script printed, did and called there.
//!
//! PowerShell 7 replaces Windows PowerShell 5.1, which Wine does not have. The scripts run as copies with three changes: the
//! line that requires 5.1, the two methods that .NET now has elsewhere, and the folder of Windows' programs. Absent: IIS.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use kallithea_iisc::hash::sha256;
use kallithea_iisc::model::{Deployment, WindowsPath};
use serde_json::Value;

use super::outputs::{compiled, library};
use super::powershell::{self, part, quoted};
use super::site::Site;
use crate::support::{deployment_of, spec_of};

/// The drive C: of this Wine; the first run creates it.
pub(super) fn drive() -> &'static Path {
    static DRIVE: OnceLock<PathBuf> = OnceLock::new();
    DRIVE.get_or_init(|| {
        assert_eq!(powershell::run("").code, 0);
        let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(env::home_dir()?.join(".cache"))).expect("a folder of caches");
        let drive = cache.join("pwsh-wine/prefix/drive_c");
        assert!(drive.is_dir(), "{}", drive.display());
        drive
    })
}

/// The programs that the scripts run. The files have only a header: functions answer for them (`stand_in/answers.ps1`).
const PROGRAMS: [&str; 6] = [
    "Python/python.exe",
    "kallithea/venv/Scripts/python.exe",
    "out/kallithea-iisc.exe",
    "System32/inetsrv/appcmd.exe",
    "System32/icacls.exe",
    "System32/netsh.exe",
];

/// Files that are the test's own.
const OF_THE_TEST: [&str; 6] =
    ["calls.txt", "answers.txt", "pool.txt", "on-stop.txt", "on-start.txt", "workers.txt"];

/// What the compiler answers when a script asks which folder Kallithea writes to.
pub fn folder_answer(path: &str, subfolders: bool) -> String {
    let folders = serde_json::json!([{ "path": path, "subfolders": subfolders }]);
    serde_json::json!({ "results": [{ "folders": folders }] }).to_string()
}

/// A server.
pub struct Server {
    /// Its folder.
    pub place: PathBuf,
    /// The same folder, as a Windows path.
    pub name: String,
    /// The site that the script asks.
    pub site: Site,
    answers: Vec<(String, i32, String)>,
    /// Lines before a script: functions that replace those of Windows.
    prologue: String,
}

/// The result of a script.
pub struct Ran {
    pub code: Option<i32>,
    pub text: String,
    /// Each program with its folder, its arguments and its PATH.
    pub calls: Vec<Call>,
}

pub struct Call {
    pub program: String,
    pub folder: String,
    pub line: String,
    pub path: String,
}

impl Ran {
    /// The calls, one a line.
    pub fn lines(&self) -> String {
        self.calls.iter().map(|call| format!("{}\n", call.line)).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.place);
    }
}

impl Server {
    /// A server on which everything is in order.
    pub fn new(test: &str) -> Self {
        let folder = format!("iisc-{}-{test}", std::process::id());
        let server = Self {
            place: drive().join(&folder),
            name: format!("C:\\{folder}"),
            site: Site::new(drive().join(&folder).join("kallithea/logs/bridge.log")),
            answers: Vec::new(),
            prologue: String::new(),
        };
        let _ = fs::remove_dir_all(&server.place);
        server.lay_down();
        server
    }

    /// A path on the server.
    pub fn at(&self, path: &str) -> PathBuf {
        self.place.join(path)
    }

    /// A path on the server, as a Windows path.
    pub fn named(&self, path: &str) -> String {
        format!("{}\\{}", self.name, path.replace('/', "\\"))
    }

    /// The answer of a program whose command line contains these words; the latest answer wins.
    pub fn answer(&mut self, words: &str, code: i32, text: &str) {
        self.answers.insert(0, (words.to_owned(), code, text.to_owned()));
    }

    /// A line of PowerShell that comes before the script.
    pub fn say(&mut self, line: &str) {
        self.prologue.push_str(line);
        self.prologue.push('\n');
    }

    /// Lets everybody write to a file or folder.
    pub fn open_to_all(&self, path: &str) {
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o777)).expect("rights");
    }

    fn deployment(&self) -> Deployment {
        let mut deployment = deployment_of("minimal");
        let place = |path: &str| -> WindowsPath { self.named(path).parse().expect("a path of Windows") };
        deployment.kallithea.distribution = place("kallithea");
        deployment.kallithea.ini = place("kallithea/my.ini");
        deployment.kallithea.repositories = place("repositories");
        deployment.python.home = place("Python");
        deployment.python.virtual_environment = Some(place("kallithea/venv"));
        deployment.application.physical_path = place("kallithea/iis");
        deployment.bridge.directory = place("kallithea/bridge");
        let site = deployment.site.own.as_mut().expect("a site of its own");
        site.root_folder = Some(place("root"));
        site.bindings[0].port = self.site.port;
        deployment.bridge.log_file = place("kallithea/logs/bridge.log");
        deployment
    }

    fn lay_down(&self) {
        for program in PROGRAMS.iter().chain(&["Python/python313.dll"]) {
            self.write(program, &library("64", ""));
        }
        let files = [
            ("kallithea/venv/pyvenv.cfg", format!("home = {}\r\n", self.named("Python"))),
            ("kallithea/venv/Lib/site-packages/kallithea/public/css/style.css", String::new()),
            ("kallithea/my.ini", "[app:main]\n".to_owned()),
            ("repositories/.keep", String::new()),
            ("System32/inetsrv/config/applicationHost.config", "<configuration />".to_owned()),
            ("deploy.yaml", spec_of("minimal")),
            ("pool.txt", "Started\n".to_owned()),
        ];
        for (path, text) in files {
            self.write(path, text.as_bytes());
        }
        self.write_out();
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.at(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
        fs::write(file, bytes).expect("the file");
    }

    /// The compiled folder, with its scripts changed for PowerShell 7 and a System32 of stand-ins.
    fn write_out(&self) {
        let system = format!("$System = '{}'", self.named("System32"));
        let changes = [
            ("#Requires -PSEdition Desktop\n", "", 1),
            ("$System = [Environment]::SystemDirectory", system.as_str(), 1),
            (
                "[IO.Directory]::CreateDirectory($it.Path, $security)",
                "[IO.FileSystemAclExtensions]::CreateDirectory($security, $it.Path)",
                0,
            ),
            (
                "[IO.Directory]::SetAccessControl($it.Path, $acl)",
                "[IO.FileSystemAclExtensions]::SetAccessControl((New-Object IO.DirectoryInfo($it.Path)), $acl)",
                0,
            ),
        ];
        let libraries = ["_dispatch.dll", "kallithea_engine-0.dll"].map(|name| (name, library("64", "")));
        for (path, bytes) in compiled(&self.deployment(), &changes, &libraries) {
            self.write(&format!("out/{path}"), &bytes);
        }
    }

    /// Changes a text of the compiled scripts, and the manifest to match.
    pub fn rewrite(&self, here: &str, there: &str) {
        let mut manifest: Value =
            serde_json::from_slice(&fs::read(self.at("out/manifest.json")).expect("a manifest"))
                .expect("JSON");
        let mut found = false;
        for script in ["install.ps1", "uninstall.ps1"] {
            let text = fs::read_to_string(self.at("out").join(script)).expect("a script");
            found |= text.contains(here);
            let text = text.replace(here, there);
            manifest["files"][script] = sha256(text.as_bytes()).into();
            self.write(&format!("out/{script}"), text.as_bytes());
        }
        assert!(found, "{here}");
        self.write("out/manifest.json", manifest.to_string().as_bytes());
    }

    fn write_answers(&self) {
        let data = folder_answer(&self.named("kallithea/data"), true);
        let known = format!(r#"["{0}","{0}\\Lib"]"#, self.named("Python").replace('\\', "\\\\"));
        let usual = [
            ("--folders", 0, data.as_str()),
            ("--check", 1, ""),
            (" remove ", 0, ""),
            (" ini ", 0, ""),
            (" plan ", 1, ""),
            ("importlib.util", 0, known.as_str()),
            ("'VERSION'", 0, "1"),
            ("apply_settings.py", 0, ""),
            ("list site", 0, "Started"),
            ("sslcert", 1, ""),
        ];
        let own = self.answers.iter().map(|(words, code, text)| (words.as_str(), *code, text.as_str()));
        let lines = own.chain(usual).map(|(words, code, text)| format!("{words}\t{code}\t{text}\n"));
        fs::write(self.at("answers.txt"), lines.collect::<String>()).expect("the answers");
    }

    /// Runs a script with these arguments, on a server that has every role service.
    pub fn run(&self, script: &str, arguments: &str) -> Ran {
        let line = self.line(script, arguments);
        self.ran(powershell::run(&line))
    }

    /// Runs `install.ps1`, and stops it as Ctrl+C does as soon as a program is called with these words.
    pub fn run_until(&self, words: &str, arguments: &str) -> Ran {
        let line = self.line("install.ps1", arguments);
        self.ran(powershell::run_until(&line, &self.named("calls.txt"), words))
    }

    fn line(&self, script: &str, arguments: &str) -> String {
        self.write_answers();
        let _ = fs::remove_file(self.at("calls.txt"));
        let programs = PROGRAMS.map(|program| quoted(&self.named(program))).join(", ");
        // PowerShell's own folder on the PATH has hundreds of files, at which the scripts look.
        format!(
            ". {}\nRegister-Told {programs}\n\
             function global:Get-CimInstance {{ [pscustomobject] @{{ ProductType = 3; Domain = 'CORP' }} }}\n\
             function global:Get-WindowsFeature {{ [pscustomobject] @{{ Installed = $true }} }}\n\
             function global:Get-LocalGroupMember {{ param($SID) }}\n\
             function global:Get-Service {{ param($Name, $ErrorAction) [pscustomobject] @{{ Status = 'Running' }} }}\n\
             $env:Path = '{}'\n{}\n$env:STAND_IN = '{}'\nSet-Location -LiteralPath '{}'\n& '{}' {arguments}\n\
             Write-Host \"modules: $env:PSModulePath\"",
            quoted(&part("answers.ps1")),
            self.named("System32"),
            self.prologue,
            self.name,
            self.named("repositories"),
            self.named(&format!("out/{script}")),
        )
    }

    fn ran(&self, said: powershell::Said) -> Ran {
        Ran { code: (said.code >= 0).then_some(said.code), text: said.text, calls: self.calls() }
    }

    fn calls(&self) -> Vec<Call> {
        let text = fs::read_to_string(self.at("calls.txt")).unwrap_or_default();
        let calls = text.lines().map(|line| {
            let mut parts = line.splitn(3, '|').map(str::to_owned);
            let mut next = || parts.next().expect("a part");
            let (program, folder, rest) = (next(), next(), next());
            let (line, path) = rest.rsplit_once('|').expect("a PATH");
            Call { program, folder, line: line.to_owned(), path: path.to_owned() }
        });
        calls.collect()
    }

    /// Every file and folder with its bytes, except those of the test itself.
    pub fn everything(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut all = Vec::new();
        let mut waiting = vec![self.place.clone()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(&folder).expect("a folder").flatten() {
                let path = entry.path();
                let own = OF_THE_TEST.iter().any(|own| path.ends_with(own));
                match path.is_dir() {
                    true => {
                        all.push((path.clone(), Vec::new()));
                        waiting.push(path);
                    }
                    false if own => {}
                    false => all.push((path.clone(), fs::read(&path).expect("a file"))),
                }
            }
        }
        all.sort();
        all
    }
}
