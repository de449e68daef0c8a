//! The order and the wording of the search, on imaginary machines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::environment::system_of_os_release;
use super::variables::passes;
use super::*;

/// A machine that consists of its answers.
struct Imagined {
    system: System,
    paths: BTreeSet<String>,
    answers: BTreeMap<String, String>,
}

impl Imagined {
    fn new(system: System) -> Self {
        Self { system, paths: BTreeSet::new(), answers: BTreeMap::new() }
    }

    fn with(mut self, path: &str) -> Self {
        self.paths.insert(path.to_owned());
        self
    }

    fn answering(mut self, question: &str, answer: &str) -> Self {
        self.answers.insert(question.to_owned(), answer.to_owned());
        self
    }

    /// A Rust in the folder, with the answers of a real one.
    fn rust(self, bin: &str, sysroot: &str, release: &str, host: &str) -> Self {
        self.with(&format!("{bin}/cargo"))
            .with(&format!("{bin}/rustc"))
            .answering(&format!("{bin}/rustc -vV"), &format!("rustc\nhost: {host}\nrelease: {release}\n"))
            .answering(&format!("{bin}/rustc --print sysroot"), &format!("{sysroot}\n"))
    }

    /// rustup with its toolchains, the first of them active, each in a folder named after it.
    fn rustup(mut self, names: &[&str], release: &str, host: &str) -> Self {
        let listed: Vec<String> = names.iter().rev().map(|name| (*name).to_owned()).collect();
        let listed = listed.join("\n").replace(names[0], &format!("{} (active, default)", names[0]));
        self = self.with("/rustup/rustup").with("/rustup/rustc").with("/rustup/cargo");
        self = self.answering("/rustup/rustup toolchain list", &listed);
        for name in names {
            for program in ["cargo", "rustc"] {
                let question = format!("/rustup/rustup which --toolchain {name} {program}");
                self = self.answering(&question, &format!("/{name}/bin/{program}\n"));
            }
            self = self.rust(&format!("/{name}/bin"), &format!("/{name}"), release, host);
        }
        self
    }

    fn debian_rust(self, release: &str) -> Self {
        self.rust("/usr/bin", "/usr", release, LINUX)
    }

    fn tried(&self, architecture: Architecture, target: Option<&str>) -> (Vec<String>, Option<Toolchain>) {
        let (search, toolchain) = match find(architecture, target, self) {
            Ok(found) => (found.search, Some(found.toolchain)),
            Err(FindError::NotFound(not_found)) => (not_found.search, None),
            Err(error) => panic!("{error}"),
        };
        (search.tried.iter().map(ToString::to_string).collect(), toolchain)
    }

    fn error(&self, architecture: Architecture, target: Option<&str>) -> String {
        find(architecture, target, self).expect_err("nothing here builds for it").to_string()
    }
}

impl Environment for Imagined {
    fn system(&self) -> System {
        self.system
    }

    fn programs(&self, name: &str) -> Vec<PathBuf> {
        let folders = ["/rustup", "/usr/bin", "/bin"];
        let paths = folders.map(|folder| format!("{folder}/{name}"));
        paths.into_iter().filter(|path| self.paths.contains(path)).map(PathBuf::from).collect()
    }

    fn exists(&self, path: &Path) -> bool {
        self.paths.contains(&path.display().to_string().replace('\\', "/"))
    }

    fn answer(&self, program: &Path, arguments: &[&str]) -> Result<String, NoAnswer> {
        let question = format!("{} {}", program.display(), arguments.join(" ")).replace('\\', "/");
        let unknown = || NoAnswer::Failed(format!("nobody answers `{question}`"));
        self.answers.get(&question).cloned().ok_or_else(unknown)
    }
}

const LINUX: &str = "x86_64-unknown-linux-gnu";
const GCC: &str = "/usr/bin/x86_64-w64-mingw32-gcc";
const GCC_X86: &str = "/usr/bin/i686-w64-mingw32-gcc";
const SOURCE: &str = "/usr/lib/rustlib/src/rust/library/Cargo.lock";

fn debian() -> Imagined {
    Imagined::new(System::Debian(Some(12)))
}

#[test]
fn debian_rust_with_its_source_comes_after_rustup_without_the_target() {
    let machine = debian().rustup(&["stable"], "1.95.0", LINUX).debian_rust("1.96.0").with(SOURCE).with(GCC);
    let (tried, toolchain) = machine.tried(Architecture::X64, None);
    assert_eq!(
        tried,
        [
            "rustup's stable, x86_64-pc-windows-gnu: the target is not installed",
            "Debian's Rust in /usr/bin, x86_64-pc-windows-gnu: taken",
        ]
    );
    let toolchain = toolchain.expect("found");
    assert_eq!(toolchain.linker, Some(PathBuf::from(GCC)));
    assert_eq!(
        toolchain.to_string(),
        "Debian's Rust in /usr/bin (Rust 1.96.0) for x86_64-pc-windows-gnu, its standard library from source"
    );
}

#[test]
fn a_rustup_target_that_is_installed_comes_first_in_whichever_toolchain() {
    let machine = debian().rustup(&["stable", "nightly"], "1.95.0", LINUX).debian_rust("1.96.0");
    let machine = machine.with(SOURCE).with(GCC).with("/nightly/lib/rustlib/x86_64-pc-windows-gnu/lib");
    let (tried, toolchain) = machine.tried(Architecture::X64, None);
    assert_eq!(
        tried,
        [
            "rustup's stable, x86_64-pc-windows-gnu: the target is not installed",
            "rustup's nightly, x86_64-pc-windows-gnu: taken",
        ]
    );
    let toolchain = toolchain.expect("found");
    assert_eq!(toolchain.standard_library, StandardLibrary::Ready);
    assert_eq!(toolchain.cargo, PathBuf::from("/nightly/bin/cargo"));
}

#[test]
fn a_ready_target_of_the_system_needs_no_source() {
    let machine = debian().debian_rust("1.96.0").with(GCC).with("/usr/lib/rustlib/x86_64-pc-windows-gnu/lib");
    let (tried, toolchain) = machine.tried(Architecture::X64, None);
    assert_eq!(
        tried,
        ["rustup: not on this machine", "Debian's Rust in /usr/bin, x86_64-pc-windows-gnu: taken"]
    );
    assert_eq!(toolchain.expect("found").standard_library, StandardLibrary::Ready);
}

#[test]
fn windows_uses_its_own_target_and_its_own_linker() {
    let host = "x86_64-pc-windows-msvc";
    let machine = Imagined::new(System::Windows).rustup(&["stable"], "1.95.0", host);
    let machine = machine.with("/stable/lib/rustlib/x86_64-pc-windows-msvc/lib");
    let (tried, toolchain) = machine.tried(Architecture::X64, None);
    assert_eq!(tried, ["rustup's stable, x86_64-pc-windows-msvc: taken"]);
    assert_eq!(toolchain.expect("found").linker, None);
    let error = machine.error(Architecture::X86, None);
    assert!(
        error.contains("rustup target add i686-pc-windows-msvc (it links with the C++ build tools"),
        "{error}"
    );
}

#[test]
fn what_only_windows_can_link_is_named_and_left() {
    let machine = debian().rustup(&["stable"], "1.95.0", LINUX);
    let machine = machine.with("/stable/lib/rustlib/x86_64-pc-windows-msvc/lib");
    let (tried, _) = machine.tried(Architecture::X64, None);
    assert_eq!(tried[1], "rustup's stable, x86_64-pc-windows-msvc: only Windows can link for it");
    let error = machine.error(Architecture::X64, Some("x86_64-pc-windows-msvc"));
    assert!(
        error.ends_with("to fix this: leave --rust-target out, or give x86_64-pc-windows-gnu"),
        "{error}"
    );
}

#[test]
fn a_bare_debian_is_told_its_packages() {
    assert_eq!(
        debian().error(Architecture::X64, None),
        "no Rust toolchain on this machine can build for 64-bit Windows\n  \
         tried rustup: not on this machine\n  \
         tried Debian's Rust: not on this machine\n  \
         to fix this: sudo apt-get install rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64\n  \
         or: build on any other machine, such as a workstation, CI or WSL, and copy its outputs with bin to this one"
    );
}

#[test]
fn rustup_without_target_and_linker_is_told_both() {
    let machine = Imagined::new(System::DebianLike).rustup(&["stable"], "1.95.0", LINUX);
    assert_eq!(
        machine.error(Architecture::X86, None),
        format!(
            "no Rust toolchain on this machine can build for 32-bit Windows\n  \
         tried rustup's stable, i686-pc-windows-gnu: the target is not installed\n  \
         tried the system's Rust: not on this machine\n  \
         to fix this: rustup target add i686-pc-windows-gnu; sudo apt-get install gcc-mingw-w64-i686\n  \
         or: sudo apt-get install rustc cargo rust-src gcc-mingw-w64-i686 (if that is Rust {OLDEST_RUST} or later)\n  \
         or: build on any other machine, such as a workstation, CI or WSL, and copy its outputs with bin to this one"
        )
    );
}

#[test]
fn a_missing_linker_alone_is_all_that_is_asked_for() {
    let machine = debian().debian_rust("1.96.0").with(SOURCE).with(GCC_X86);
    let error = machine.error(Architecture::X64, None);
    assert!(error.contains("its linker x86_64-w64-mingw32-gcc is not installed"), "{error}");
    assert!(
        error.contains("to fix this: sudo apt-get install gcc-mingw-w64-x86-64\n  or: build on"),
        "{error}"
    );
}

#[test]
fn an_old_rust_is_refused_by_its_number() {
    let machine = debian().debian_rust("1.63.0").with(SOURCE).with(GCC);
    let (tried, _) = machine.tried(Architecture::X64, None);
    assert_eq!(
        tried[1],
        format!("Debian's Rust in /usr/bin: it is Rust 1.63.0, but the bridge needs {OLDEST_RUST} or later")
    );
}

#[test]
fn the_host_may_be_named_and_a_stranger_may_not() {
    let machine = debian().debian_rust("1.96.0").with(&format!("/usr/lib/rustlib/{LINUX}/lib"));
    let (_, toolchain) = machine.tried(Architecture::X86, Some(LINUX));
    assert_eq!(toolchain.expect("found").target.flavour, Flavour::Host);
    let error = machine.error(Architecture::X64, Some("aarch64-apple-darwin"));
    assert!(error.contains("neither a Windows target nor this machine's own"), "{error}");
    assert!(error.ends_with("give --rust-target x86_64-pc-windows-gnu, or this machine's own target, as `rustc -vV` names its host"), "{error}");
}

#[test]
fn the_other_bitness_is_refused_at_once() {
    let error = debian().error(Architecture::X86, Some("x86_64-pc-windows-gnu"));
    assert_eq!(
        error,
        "x86_64-pc-windows-gnu is not a 32-bit target, but the deployment is 32-bit: name a target that begins \
         with i686, or change the architecture in the spec"
    );
}

#[test]
fn systems_are_told_apart_by_their_own_description() {
    let debian = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_ID=\"12\"\nID=debian\n";
    assert_eq!(system_of_os_release(debian), System::Debian(Some(12)));
    assert_eq!(system_of_os_release("ID=debian\n"), System::Debian(None));
    assert_eq!(system_of_os_release("ID=ubuntu\nID_LIKE=debian\n"), System::DebianLike);
    assert_eq!(system_of_os_release("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), System::DebianLike);
    assert_eq!(system_of_os_release("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), System::Fedora);
    assert_eq!(system_of_os_release(""), System::Other);
}

#[test]
fn settings_for_other_builds_do_not_pass_and_the_network_does() {
    for name in ["RUSTFLAGS", "RUSTC", "RUSTUP_TOOLCHAIN", "CARGO", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET"]
    {
        assert!(!passes(name, true), "{name}");
    }
    for name in ["PATH", "HOME", "HTTPS_PROXY", "CARGO_HOME", "CARGO_HTTP_PROXY", "CARGO_NET_OFFLINE"] {
        assert!(passes(name, true), "{name}");
    }
    assert!(passes("PYO3_PYTHON", false) && !passes("PYO3_PYTHON", true));
}

#[test]
fn a_release_is_read_whatever_its_channel_appends() {
    assert_eq!(Version::parse("1.85.0"), Some(Version { major: 1, minor: 85, patch: 0 }));
    assert!(Version::parse("1.97.0-nightly") > Version::parse("1.96.1"));
    assert_eq!(Version::parse("unknown"), None);
}

#[test]
fn the_oldest_rust_is_the_one_that_the_bridge_asks_for() {
    let (_, manifest) =
        crate::bridge::FILES.iter().find(|(path, _)| *path == "Cargo.toml").expect("a manifest");
    let asked = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a version");
    let asked = asked.trim_matches('"');
    assert_eq!(
        Version::parse(&format!("{asked}.0")),
        Some(OLDEST_RUST),
        "toolchain::OLDEST_RUST follows {asked}"
    );
}

#[test]
fn an_old_rust_of_either_kind_is_told_the_way_to_a_new_one() {
    let error = debian().debian_rust("1.63.0").with(GCC).error(Architecture::X64, None);
    assert!(
        error.contains(&format!(
            "or: install Rust {OLDEST_RUST} or later with rustup; rustup target add x86_64-pc-windows-gnu"
        )),
        "{error}"
    );
    let error = debian().rustup(&["stable"], "1.63.0", LINUX).with(GCC).error(Architecture::X64, None);
    assert!(
        error.contains("to fix this: rustup update stable; rustup target add x86_64-pc-windows-gnu\n"),
        "{error}"
    );
}
