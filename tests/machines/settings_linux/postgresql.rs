//! The tests' own PostgreSQL: a cluster in a temporary folder, reached only through a socket in it.
//!
//! In: Debian's package. Out: addresses of databases that Kallithea has just created. Absent: the system's own cluster.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::{MACHINE, kallithea_cli};
use crate::kallithea::run;
use crate::settings_linux::daemon::{Daemon, is_root, temporary_folder};
use crate::settings_linux::installation::{PASSWORD, with_database};

/// The template of the other databases.
const PRISTINE: &str = "pristine";

/// An account with a password. The password has every kind of character that is special in the address of a database.
const ASKED: (&str, &str) = ("asked", "s@c/r:e t+#?&='@");

static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

struct Cluster {
    folder: PathBuf,
    server: Daemon,
}

/// A database of this name, as `kallithea-cli db-create` leaves it.
pub fn database(name: &str) -> String {
    let cluster = &*CLUSTER;
    run(&mut cluster.tool("createdb", &["--template", PRISTINE, name]));
    cluster.url(name)
}

/// The same, with an account that needs its password, which is unescaped in the address. The second address has a wrong one.
pub fn database_by_password(name: &str) -> [String; 2] {
    let url = database(name);
    let (account, password) = ASKED;
    let of = |password: &str| {
        url.replace(
            &format!("kallithea:{}@", crate::settings_linux::PLANTED),
            &format!("{account}:{password}@"),
        )
    };
    [of(password), of("another")]
}

/// Delays every commit in a database by a minute.
pub fn delay_commits() -> &'static str {
    "create function wait() returns trigger language plpgsql as 'begin perform pg_sleep(60); return null; end'; \
     create constraint trigger wait after insert or update on settings deferrable initially deferred \
     for each row execute function wait()"
}

impl Cluster {
    fn start() -> Self {
        let folder = temporary_folder();
        let data = folder.join("data").to_string_lossy().into_owned();
        let socket = folder.to_string_lossy().into_owned();
        if is_root() {
            run(Command::new("chown").arg("nobody").arg(&folder));
        }
        let arguments = [
            "-D",
            &data,
            "-U",
            "kallithea",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ];
        let words = words("initdb", &arguments);
        run(Command::new(&words[0]).args(&words[1..]).current_dir(&folder));
        let rules = folder.join("data/pg_hba.conf");
        let all = std::fs::read_to_string(&rules).expect("initdb has made it");
        std::fs::write(&rules, format!("local all {} scram-sha-256\n{all}", ASKED.0))
            .expect("rules can be written");
        let options = ["-D", &data, "-k", &socket, "-c", "listen_addresses=", "-c", "fsync=off"];
        let server = Daemon::start(&folder, "QUIT", &self::words("postgres", &options));
        let cluster = Self { folder, server };
        let ready = || cluster.tool("pg_isready", &[]).output().is_ok_and(|output| output.status.success());
        cluster.server.wait_until(ready).unwrap_or_else(|said| panic!("PostgreSQL does not come: {said}"));
        cluster.make_pristine();
        cluster
    }

    /// The tables and the administrator, as Kallithea creates them.
    fn make_pristine(&self) {
        run(&mut self.tool("createdb", &[PRISTINE]));
        let (account, password) = (ASKED.0, ASKED.1.replace('\'', "''"));
        let role = format!("create role {account} superuser login password '{password}'");
        run(&mut self.tool("psql", &["-d", PRISTINE, "-c", &role]));
        let folder = self.folder.join("ini");
        std::fs::create_dir(&folder).expect("a temporary folder");
        with_database(&folder, &self.url(PRISTINE));
        let repositories = MACHINE.place("inetpub/kallithea/repositories");
        let mut create =
            kallithea_cli(&["db-create", "-c", "my.ini", "--reuse", "--force-yes", "--user=admin"]);
        create.args(["--email=admin@example.com", &format!("--password={PASSWORD}")]);
        run(create.arg(format!("--repos={}", repositories.display())).current_dir(folder));
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> Command {
        let mut tool = Command::new(program(name));
        tool.arg("-h").arg(&self.folder).args(["-U", "kallithea"]).args(arguments);
        tool
    }

    /// The password is not required here, but it must not be shown anywhere.
    fn url(&self, name: &str) -> String {
        format!(
            "postgresql://kallithea:{}@/{name}?host={}",
            crate::settings_linux::PLANTED,
            self.folder.display()
        )
    }
}

/// A program of PostgreSQL, run as a user that it accepts.
fn words(name: &str, arguments: &[&str]) -> Vec<String> {
    let unprivileged = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"];
    let before = if is_root() { &unprivileged[..] } else { &[] };
    let program = program(name).to_string_lossy().into_owned();
    before.iter().chain([&&*program]).chain(arguments).map(|word| (*word).to_owned()).collect()
}

/// Where Debian installs the programs of the newest version.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<_> = versions.map(|entry| entry.path().join("bin").join(name)).collect();
    versions.retain(|program| program.is_file());
    versions.sort();
    versions.pop().unwrap_or_else(|| Path::new(name).to_path_buf())
}
