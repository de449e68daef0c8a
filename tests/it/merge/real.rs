//! Real files in every variant accept a deployment and give it back.

use std::cell::Cell;
use std::path::PathBuf;

use iis_config::schema::{Tables, read_folder};
use iis_config::{Version, markup};
use kallithea_iisc::lint::{Kind, lint};
use kallithea_iisc::merge::{Strangers, plan};
use proptest::prelude::*;

use super::histories::{deployments, runner};
use super::history::play;
use super::variants::variants;
use super::{deployment_of, planned, removed};
use crate::support;

/// A folder that a variable names.
fn folder(variable: &str) -> PathBuf {
    std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} must name a folder")).into()
}

/// Microsoft's schema files.
fn schema() -> Tables {
    read_folder(&folder("KALLITHEA_IISC_IIS_SCHEMAS").join("10.0")).expect("the schema files")
}

/// The faults that the schema finds in a file, without places.
fn found(text: &str, tables: &Tables) -> Vec<String> {
    let found = lint(text, Kind::HostConfig, Version::V10_0, tables, None);
    found.into_iter().map(|finding| finding.message).collect()
}

/// Real files, by name.
pub fn samples() -> Vec<(String, String)> {
    let folder = folder("KALLITHEA_IISC_IIS_SAMPLES");
    let entries = std::fs::read_dir(&folder).expect("the samples");
    let mut samples: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a sample"))
        })
        .collect();
    samples.sort();
    samples
}

#[test]
fn real_files_take_a_deployment_and_give_it_back() {
    let mut taken = 0;
    let tables = schema();
    for (file, text) in samples() {
        for (number, name) in support::examples().into_iter().enumerate() {
            let deployment = deployment_of(&name);
            let ways = if markup::parse(&text).is_ok() {
                variants(&text)
            } else {
                vec![("malformed", text.clone())]
            };
            // Every variant is tested with one example.
            for (way, text) in ways.into_iter().skip(number).step_by(support::examples().len()) {
                match plan(&text, &deployment, Strangers::Refuse) {
                    Ok(applied) => {
                        taken += 1;
                        let flaws = (found(&text, &tables), found(&applied.text, &tables));
                        assert_eq!(flaws.0, flaws.1, "{file}, {name}, {way}: the schema finds more");
                        assert!(!planned(&applied.text, &deployment).changes(), "{file}, {name}, {way}");
                        assert_eq!(removed(&applied.text, &deployment).text, text, "{file}, {name}, {way}");
                    }
                    Err(reasons) => {
                        assert!(reasons.iter().all(|reason| reason.span.end <= text.len()), "{file}")
                    }
                }
            }
        }
    }
    assert!(taken > 30, "{taken}");
}

#[test]
fn what_real_servers_have_is_there_after_every_history() {
    let (deployments, mut taken) = (deployments(), 0);
    for (file, text) in samples() {
        if markup::parse(&text).is_err() {
            continue;
        }
        let counted = Cell::new(0);
        let outcome = runner(12).run(&prop::collection::vec(any::<u8>(), 30..90), |steps| {
            let count = play(&text, &deployments, &steps).map_err(TestCaseError::fail)?;
            counted.set(counted.get() + count);
            Ok(())
        });
        outcome.unwrap_or_else(|error| {
            panic!("{file}: {}", error.to_string().chars().take(4000).collect::<String>())
        });
        taken += counted.get();
    }
    assert!(taken > 20, "{taken}");
}
