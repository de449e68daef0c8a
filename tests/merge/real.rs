//! Real files in every variant take a deployment and give it back.

use std::path::Path;

use kallithea_iisc::iis::markup;
use kallithea_iisc::merge::{Strangers, plan};

use crate::variants::variants;
use crate::{example, planned, removed, support};

/// Real files, by name.
fn samples() -> Vec<(String, String)> {
    let folder = std::env::var_os("KALLITHEA_IISC_IIS_SAMPLES")
        .expect("KALLITHEA_IISC_IIS_SAMPLES must name a folder");
    let entries = std::fs::read_dir(Path::new(&folder)).expect("the samples");
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
    for (file, text) in samples() {
        for (number, name) in support::examples().into_iter().enumerate() {
            let deployment = example(&name);
            let ways = if markup::parse(&text).is_ok() {
                variants(&text)
            } else {
                vec![("malformed", text.clone())]
            };
            // Every variant is gone through with one example.
            for (way, text) in ways.into_iter().skip(number).step_by(support::examples().len()) {
                match plan(&text, &deployment, Strangers::Refuse) {
                    Ok(applied) => {
                        taken += 1;
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
