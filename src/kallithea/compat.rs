//! `kallithea/compat/`: a Python package of ours, with which Kallithea 0.7.0 runs on a Python and on libraries that are newer
//! than it.
//!
//! In: nothing of the spec. Out: the package, and the `.pth` file by which Python runs it in every program of the environment
//! (<https://docs.python.org/3/library/site.html>), byte for byte as they are in this repository. Absent: the adjustments that
//! only a worker process needs; the bridge's engine has those.

use crate::tree::Tree;

/// The folder below the outputs.
const FOLDER: &str = "kallithea/compat";

/// The files, by their paths in `site-packages`.
const FILES: [(&str, &str); 3] = [
    ("kallithea_iisc_compat.pth", include_str!("compat/kallithea_iisc_compat.pth")),
    ("kallithea_iisc_compat/__init__.py", include_str!("compat/kallithea_iisc_compat/__init__.py")),
    ("kallithea_iisc_compat/adjustments.py", include_str!("compat/kallithea_iisc_compat/adjustments.py")),
];

pub(super) fn emit(tree: &mut Tree) {
    for (path, text) in FILES {
        tree.insert(format!("{FOLDER}/{path}"), text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::COMPATIBILITY;
    use super::*;
    use crate::hash::sha256;

    /// What the package of this version consists of. An environment with another package of the same version would pass for right.
    const CONTENT: (&str, &str) = ("1", "572dfcfe24f61b5a91df7700ec2397432316e413e2724ce2e1904c723bfbe171");

    #[test]
    fn a_package_that_changes_has_another_version() {
        let all: String = FILES.iter().map(|(_, text)| text.replace("\r\n", "\n")).collect();
        let found = (COMPATIBILITY, &*sha256(all.as_bytes()));
        assert_eq!(
            found, CONTENT,
            "raise the version if it was released (here, VERSION, PACKAGE), and write this down"
        );
    }

    #[test]
    fn the_package_names_the_version_that_the_runbook_and_the_bridge_expect() {
        let (_, text) = FILES[1];
        assert!(text.contains(&format!("\nVERSION = \"{COMPATIBILITY}\"\n")), "{text}");
        let bridge = include_str!("../../crates/bridge/engine/src/kallithea/adjustments.py");
        assert!(bridge.contains(&format!("\nPACKAGE = \"{COMPATIBILITY}\"\n")));
    }
}
