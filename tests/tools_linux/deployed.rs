//! A deployment that the compiler built, on a drive C of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::Deployment;

/// A drive with Python, a virtual environment and an ini file, and the outputs of the compiler beside it.
pub struct Deployed {
    pub drive: Deployment,
    pub out: PathBuf,
}

impl Deployed {
    /// A deployment that works; the test breaks what it likes.
    pub fn new(name: &str) -> Self {
        let name = format!("tools-{name}");
        let out = temporary().join("tried").join(&name);
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(out.join("bin")).expect("a folder below target can be made");
        for entry in fs::read_dir(built().join("bin")).expect("the compiler made bin") {
            let library = entry.expect("bin can be read").path();
            let to = out.join("bin").join(library.file_name().expect("a library has a name"));
            fs::copy(&library, to).expect("a library can be copied");
        }
        fs::copy(built().join("manifest.json"), out.join("manifest.json")).expect("there is a manifest");
        Self { drive: Deployment::new(&name), out }
    }

    /// The engine's library.
    pub fn engine(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.out.join("bin")).expect("there is bin");
        let path = entries.find_map(|entry| {
            let path = entry.expect("bin can be read").path();
            path.to_string_lossy().contains("kallithea_engine").then_some(path)
        });
        path.expect("there is an engine")
    }

    /// The compiler, as it runs where this drive is C.
    pub fn compiler(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
        command.args(arguments).env("KALLITHEA_IISC_DRIVES", format!("C:={}", self.drive.path("").display()));
        command.env("PYTHONPATH", "/nonexistent");
        command
    }

    /// What the bridge has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.drive.path("kallithea/logs/bridge.log")).unwrap_or_default()
    }
}

/// The outputs of `tests/deployments/tried.yaml`.
fn built() -> &'static Path {
    static OUT: OnceLock<PathBuf> = OnceLock::new();
    OUT.get_or_init(|| {
        let out = temporary().join("tried-out");
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deployments/tried.yaml");
        let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let mut compiler = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
        compiler.arg("build").arg(spec).arg("--out").arg(&out).args(["--force", "--rust-target", &target]);
        let output = compiler.output().expect("the compiler runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        out
    })
}

pub fn temporary() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}
