//! The tutorial's path from a spec to a server and back, with the real program on a copy of a server.

use std::fs;
use std::path::PathBuf;

use crate::support;
use crate::support::program::{PROGRAM, run, run_in, said};

const SERVER: &str = include_str!("merge/server.config");

/// An administrator's folder.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        fs::write(desk.at("applicationHost.config"), SERVER).expect("the file");
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a command line of the tutorial; returns its exit code and output.
    fn run(&self, line: &str) -> (Option<i32>, String) {
        let line = line.replace("$config", "applicationHost.config");
        let output = run_in(self.0.path(), &line.split_whitespace().collect::<Vec<_>>());
        (output.status.code(), said(&output))
    }

    fn ends(&self, line: &str, code: i32) {
        let (ended, said) = self.run(line);
        assert_eq!(ended, Some(code), "{line}: {said}");
    }

    fn config(&self) -> String {
        fs::read_to_string(self.at("applicationHost.config")).expect("the file")
    }

    /// The changes that an author makes to a spec.
    fn fill_in(&self, name: &str, changes: &[(&str, &str)]) {
        let spec = fs::read_to_string(self.at(name)).expect("the spec");
        let change = |spec: String, (from, to): &(&str, &str)| {
            assert!(spec.contains(from), "{from:?} is not in {spec}");
            spec.replace(from, to)
        };
        fs::write(self.at(name), changes.iter().fold(spec, change)).expect("the spec");
    }

    /// Steps 1 to 6 of the tutorial.
    fn walk(&self, url: &str) {
        self.ends("check deploy.yaml", 0);
        self.ends("build deploy.yaml --no-dll", 0);
        self.ends("diff deploy.yaml", 0);
        self.ends("plan deploy.yaml --host-config $config", 1);
        self.ends(&format!("route deploy.yaml {url} --host-config $config"), 0);
        assert_eq!(self.config(), SERVER);
        self.ends("apply deploy.yaml --host-config $config --backup backup", 0);
        self.ends("plan deploy.yaml --host-config $config --web-config out/web.config", 0);
        self.ends("lint applicationHost.config out/web.config --host-config $config", 0);
        // Somebody changes what the deployment decides; the drift is reported.
        let drifted = self.config().replace("accessPolicy=\"Read, Script\"", "accessPolicy=\"Read\"");
        assert_ne!(drifted, self.config());
        let applied = self.config();
        fs::write(self.at("applicationHost.config"), drifted).expect("the file");
        self.ends("plan deploy.yaml --host-config $config", 1);
        fs::write(self.at("applicationHost.config"), applied).expect("the file");
        self.ends("remove deploy.yaml --host-config $config", 0);
        assert_eq!(self.config(), SERVER);
    }
}

#[test]
fn from_init_to_a_server_and_back() {
    let desk = Desk::new();
    desk.ends("init --yes --host-name kallithea.corp.example.com -o deploy.yaml", 1);
    desk.fill_in("deploy.yaml", &[("FILL-IN", "0123456789abcdef0123456789abcdef01234567")]);
    // The tutorial's lines for Python match this spec.
    let spec = fs::read_to_string(desk.at("deploy.yaml")).expect("the spec");
    let environment =
        spec.lines().find_map(|line| line.trim().strip_prefix("virtualEnvironment: ")).expect("the key");
    let tutorial = fs::read_to_string("docs/tutorial.md").expect("the tutorial");
    let python = format!(r"& {environment}\Scripts\python.exe -I out\kallithea\apply_settings.py");
    assert!(tutorial.contains(&python));
    let readme = fs::read_to_string("README.md").expect("the README");
    assert!(readme.contains(&format!("\n  virtualEnvironment: {environment}")), "the shortest spec");
    desk.ends("schema -o deploy.schema.json", 0);
    desk.walk("https://kallithea.corp.example.com/c++?cmd=capabilities");
}

#[test]
fn from_import_to_a_server_and_back() {
    let desk = Desk::new();
    desk.ends("import --host-config $config --site Wiki -o deploy.yaml", 0);
    let (code, said) = desk.run("check deploy.yaml");
    assert_eq!((code, said.matches("is still to be filled in").count()), (Some(1), 4), "{said}");
    // What no IIS file knows, and its own name, address and folder beside the site that it was read from.
    desk.fill_in(
        "deploy.yaml",
        &[
            ("distribution: FILL-IN", r"distribution: C:\inetpub\kallithea"),
            ("repositories: FILL-IN", r"repositories: D:\repositories"),
            ("home: FILL-IN", r"home: C:\Python313"),
            ("version: FILL-IN", r#"version: "3.13""#),
            ("  name: Wiki\n  id: 7\n", "  name: Code\n"),
            ("wiki.corp.example.com", "code.corp.example.com"),
            (r"physicalPath: D:\wiki", r"physicalPath: C:\inetpub\kallithea\iis"),
        ],
    );
    desk.walk("http://code.corp.example.com/c++?cmd=capabilities");
}

/// Every line of the README's pipeline ends with the code beside it, and says nothing that a newcomer must look up.
#[test]
#[cfg(unix)]
fn the_pipeline_of_the_readme_fails_and_gets_green() {
    let desk = Desk::new();
    let readme = fs::read_to_string("README.md").expect("the README");
    let (_, rest) = readme.split_once("## A pipeline in ten minutes").expect("the pipeline");
    let lines =
        rest.split("```").nth(1).expect("its lines").lines().filter_map(|line| line.strip_prefix("$ "));
    std::os::unix::fs::symlink(fs::canonicalize("examples").expect("it"), desk.at("examples"))
        .expect("a link");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = PathBuf::from(PROGRAM).parent().map(PathBuf::from);
    let path =
        std::env::join_paths(programs.into_iter().chain(std::env::split_paths(&path))).expect("a PATH");
    let mut codes = Vec::new();
    for line in lines {
        let mut shell = std::process::Command::new("sh");
        let output = shell.args(["-c", line]).env("PATH", &path).current_dir(desk.0.path()).output();
        let output = output.expect("a shell");
        let code = line.split_once("# ").map_or(0, |(_, words)| words[..1].parse().expect("a code"));
        assert_eq!(output.status.code(), Some(code), "{line}: {}", said(&output));
        assert!(!said(&output).contains("warning"), "{line}: {}", said(&output));
        codes.push(code);
    }
    assert_eq!(codes, [0, 0, 2, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn readme_and_tutorial_name_commands_that_are_there() {
    let pages = ["README.md", "docs/tutorial.md"].map(|page| fs::read_to_string(page).expect("the page"));
    let commands = pages.iter().flat_map(|page| page.lines());
    let commands = commands.filter_map(|line| line.strip_prefix("kallithea-iisc "));
    let mut seen = 0;
    for command in commands.filter_map(|line| line.split_whitespace().next()) {
        assert!(run(&[command, "--help"]).status.success(), "{command}");
        seen += 1;
    }
    assert!(seen > 15, "{seen}");
}

/// Secrets of the server and of Kallithea, wherever they are.
#[test]
fn nothing_secret_is_shown_or_written() {
    let desk = Desk::new();
    let pool = "<add name=\"Secret\"><processModel userName=\"CORP\\a\" password=\"planted-1\" /></add>";
    let server =
        SERVER.replace("<applicationPoolDefaults", &format!("{pool}\n            <applicationPoolDefaults"));
    assert_ne!(server, SERVER);
    fs::write(desk.at("applicationHost.config"), &server).expect("the file");
    fs::write(desk.at("my.ini"), include_str!("ini/template.ini")).expect("the ini file");
    desk.ends("init --yes --host-name kallithea.corp.example.com -o deploy.yaml", 1);
    desk.fill_in("deploy.yaml", &[("FILL-IN", "0123456789abcdef0123456789abcdef01234567")]);
    let lines = [
        "check deploy.yaml",
        "build deploy.yaml --no-dll --verbose",
        "diff deploy.yaml",
        "plan deploy.yaml --host-config $config",
        "plan deploy.yaml --host-config $config --format json",
        "ini deploy.yaml --config my.ini --check",
        "ini deploy.yaml --config my.ini --check --format json",
        "ini deploy.yaml --config my.ini",
        "apply deploy.yaml --host-config $config --verbose",
        "lint applicationHost.config",
        "route deploy.yaml https://kallithea.corp.example.com/ --host-config $config",
        "import --host-config $config --site Wiki -o imported.yaml",
        "remove deploy.yaml --host-config $config --format json",
    ];
    for line in lines {
        let (code, said) = desk.run(line);
        assert_ne!(code, Some(2), "{line}: {said}");
        assert!(!said.contains("planted"), "{line}: {said}");
    }
    let text = fs::read_to_string(desk.at("my.ini")).expect("the ini file");
    assert!(text.contains("planted-database-password"), "what is there stays");
    let (_, made) = text.split_once("session.secret = ").expect("a secret that was made");
    let made = made.lines().next().unwrap_or_default();
    assert!(made.len() > 30, "{made}");
    let mut written = support::files_below(&desk.at("out"));
    assert!(written.len() > 50, "{}", written.len());
    written.insert("imported.yaml".to_owned(), fs::read(desk.at("imported.yaml")).expect("the spec"));
    for (path, bytes) in written {
        let text = String::from_utf8(bytes).expect("a text");
        assert!(!text.contains("planted") && !text.contains(made), "{path}");
    }
}
