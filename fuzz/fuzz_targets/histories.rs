//! Any history of a server's file: deployments are added, renamed, pruned and removed, and in between administrators and IIS
//! Manager make changes. Everything that this project did not create is still there after each step, and at the end
//! byte for byte the same.
#![no_main]

use std::sync::LazyLock;

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::lower::lower;
use kallithea_iisc::model::Deployment;
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/merge/history.rs"]
mod history;

const SERVER: &str = include_str!("../../tests/it/merge/server.config");
const MINIMAL: &str = include_str!("../../examples/minimal/deploy.yaml");
const SUBFOLDER: &str = include_str!("../../examples/subfolder-x86/deploy.yaml");

/// Three deployments, two of them under several specs.
static DEPLOYMENTS: LazyLock<Vec<Deployment>> = LazyLock::new(|| {
    let specs = history::specs(&MINIMAL.replace("\r\n", "\n"), &SUBFOLDER.replace("\r\n", "\n"));
    let made = specs.into_iter().map(|spec| {
        let (source, checked) = check_bytes("deploy.yaml", spec.into_bytes());
        lower(&checked.spec.expect("a spec that is right"), &source)
    });
    made.collect()
});

/// The same server, with its file written in different ways.
static SERVERS: LazyLock<[String; 4]> = LazyLock::new(|| {
    let list = SERVER
        .split("<isapiCgiRestriction")
        .nth(1)
        .and_then(|rest| rest.split("</isapiCgiRestriction>").next());
    let list = format!("<isapiCgiRestriction{}</isapiCgiRestriction>", list.expect("the list"));
    [
        SERVER.to_owned(),
        SERVER.replace('\n', "\r\n"),
        SERVER.lines().map(str::trim).collect(),
        SERVER.replace(&list, "<isapiCgiRestriction />"),
    ]
});

fuzz_target!(|bytes: &[u8]| {
    let Some((first, steps)) = bytes.split_first() else { return };
    let server = &SERVERS[usize::from(*first) % SERVERS.len()];
    let steps = &steps[..steps.len().min(180)];
    if let Err(lost) = history::play(server, &DEPLOYMENTS, steps) {
        panic!("{lost}");
    }
});
