//! Any text as an applicationHost.config: a deployment is refused, or it is added, changes nothing the second time, and can be
//! removed again, which restores every byte.
#![no_main]

use std::sync::LazyLock;

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::lower::lower;
use kallithea_iisc::merge::{Strangers, plan, removal};
use kallithea_iisc::model::Deployment;
use libfuzzer_sys::fuzz_target;

/// A new site, and an application of an existing site.
static DEPLOYMENTS: LazyLock<[Deployment; 2]> = LazyLock::new(|| {
    let specs: [&[u8]; 2] = [
        include_bytes!("../../examples/intranet-sso/deploy.yaml"),
        include_bytes!("../../examples/subfolder-x86/deploy.yaml"),
    ];
    specs.map(|bytes| {
        let (source, checked) = check_bytes("deploy.yaml", bytes.to_vec());
        lower(&checked.spec.expect("an example is right"), &source)
    })
});

fuzz_target!(|text: &str| {
    for deployment in DEPLOYMENTS.iter() {
        let Ok(applied) = plan(text, deployment, Strangers::Refuse) else { continue };
        let again = plan(&applied.text, deployment, Strangers::Refuse).expect("what was put in can be read");
        assert_eq!(again.text, applied.text, "a second apply changes something");
        let back = removal(&applied.text, deployment).expect("what was put in can be taken out");
        assert_eq!(back.text, text, "it is not what it was");
    }
});
