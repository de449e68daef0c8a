//! Whether this version of the program may read a spec.
//!
//! What enters: a spec's tree. What leaves: a problem, if the spec requires another version. Absent: whether the requirement is
//! one, which the schema says.

use semver::{Version, VersionReq};

use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};
use crate::spec::pointer;

/// What is wrong if the spec requires another version. It is the only problem then: another version may know other keys.
pub(super) fn unmet(root: &Node) -> Option<Diagnostic> {
    let node = &root.get(pointer!(requires_version).key())?.node;
    let Value::String(text) = &node.value else { return None };
    let required: VersionReq = text.parse().ok()?;
    let own = Version::parse(env!("CARGO_PKG_VERSION")).expect("cargo takes only versions");
    if required.matches(&own) {
        return None;
    }
    let message = format!("this spec requires kallithea-iisc {required}, and this is {own}");
    let help = format!("install a version that fits `{required}`, or change `requiresVersion`");
    Some(Diagnostic::new(Code::OtherVersionRequired, node.span.clone(), message).help(help))
}
