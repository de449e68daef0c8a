//! What nobody here made is there after every history, byte for byte.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use kallithea_iisc::model::Deployment;

use crate::history::play;
use crate::variants::variants;
use crate::{SERVER, deployment, spec_of};

/// Two deployments under several specs each: renamed, below the site's root, without the pool of their own.
pub fn specs() -> Vec<Deployment> {
    let minimal = spec_of("minimal");
    let other = minimal
        .replace("name: minimal", "name: other")
        .replace("name: Kallithea", "name: Other")
        .replace("kallithea.corp", "other.corp")
        .replace(r"inetpub\kallithea", r"inetpub\other");
    let renamed = minimal.replace("name: Kallithea", "name: Repositories");
    let below = renamed.replace("site:", "virtualDirectory:\n  path: /code\nsite:");
    let pooled = minimal.replace("site:", "applicationPool:\n  name: Other Pool\nsite:");
    let traced = format!(
        "{}\nfailedRequestTracing: {{}}\n",
        spec_of("subfolder-x86").replace("name: subfolder", "name: third")
    );
    let again = other.replace("name: other", "name: minimal");
    [minimal, other, renamed, below, pooled, traced, again].iter().map(|spec| deployment(spec)).collect()
}

/// Steps that a seed makes: the same on every machine.
fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn what_nobody_here_made_is_there_after_every_history() {
    let (deployments, bases) = (specs(), variants(SERVER));
    let taken = std::cell::Cell::new(0);
    let steps = (0..bases.len(), prop::collection::vec(any::<u8>(), 0..60));
    let outcome = runner(400).run(&steps, |(base, steps)| {
        // A file with 140 locations is gone through by others.
        let (way, text) = &bases[base.min(bases.len() - 2)];
        let count =
            play(text, &deployments, &steps).map_err(|lost| TestCaseError::fail(format!("{way}: {lost}")))?;
        taken.set(taken.get() + count);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(taken.get() > 400, "{}", taken.get());
}

#[cfg(feature = "schemas")]
#[test]
fn what_real_servers_have_is_there_after_every_history() {
    let (deployments, mut taken) = (specs(), 0);
    for (file, text) in crate::real::samples() {
        if kallithea_iisc::iis::markup::parse(&text).is_err() {
            continue;
        }
        let counted = std::cell::Cell::new(0);
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
