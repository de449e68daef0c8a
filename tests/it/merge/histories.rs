//! What no deployment made survives every history, byte for byte.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use kallithea_iisc::model::Deployment;

use super::history::{play, specs};
use super::variants::variants;
use super::{SERVER, deployment, spec_of};

/// The deployments of the histories' specs.
pub fn deployments() -> Vec<Deployment> {
    specs(&spec_of("minimal"), &spec_of("subfolder-x86")).iter().map(|spec| deployment(spec)).collect()
}

/// Steps from a seed, the same on every machine.
pub fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn what_nobody_here_made_is_there_after_every_history() {
    let (deployments, bases) = (deployments(), variants(SERVER));
    let taken = std::cell::Cell::new(0);
    let steps = (0..bases.len(), prop::collection::vec(any::<u8>(), 0..60));
    let outcome = runner(400).run(&steps, |(base, steps)| {
        // Other tests use the file with 140 locations.
        let (way, text) = &bases[base.min(bases.len() - 2)];
        let count =
            play(text, &deployments, &steps).map_err(|lost| TestCaseError::fail(format!("{way}: {lost}")))?;
        taken.set(taken.get() + count);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(taken.get() > 400, "{}", taken.get());
}

/// Steps of others in what a deployment made, and steps of that deployment under its other specs.
#[test]
fn what_comes_into_what_a_deployment_made_is_whose_it_is() {
    let (deployments, bases) = (deployments(), variants(SERVER));
    let own = prop::sample::select(vec![0_u8, 2, 3, 4]);
    let told = (prop::sample::select(vec![0_u8, 3, 6]), own.clone(), any::<u8>());
    let others = (prop::sample::select(vec![15_u8, 18, 19]), any::<u8>(), any::<u8>());
    let steps = prop::collection::vec(prop_oneof![1 => told, 2 => others], 1..12);
    let outcome = runner(300).run(&(0..bases.len() - 1, own, steps), |(base, first, steps)| {
        let (way, text) = &bases[base];
        let first = std::iter::once((0, first, 0));
        let steps: Vec<u8> = first.chain(steps).flat_map(|(kind, one, other)| [kind, one, other]).collect();
        play(text, &deployments, &steps).map_err(|lost| TestCaseError::fail(format!("{way}: {lost}")))?;
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// IIS Manager deletes a node and leaves its comment. It may be the only one that records how an empty list was written.
#[test]
fn an_empty_list_is_what_it_was_after_nodes_of_two_deployments_were_deleted() {
    let deployments = deployments();
    let (before, rest) = SERVER.split_once("<isapiCgiRestriction").expect("the list");
    let (_, after) = rest.split_once("</isapiCgiRestriction>").expect("its end");
    let server = format!("{before}<isapiCgiRestriction />{after}");
    for (first, second) in [(0, 5), (3, 5), (3, 1), (5, 0)] {
        for (one, other) in (0..64).map(|numbers| (numbers / 8, numbers % 8)) {
            let steps = [[4, first, 0], [10, one, 0], [0, second, 0], [10, other, 0]].concat();
            play(&server, &deployments, &steps).unwrap_or_else(|lost| panic!("{steps:?}: {lost}"));
        }
    }
}
