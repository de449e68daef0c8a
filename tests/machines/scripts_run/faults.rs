//! An installation that fails at each of its steps and calls, before and after they worked, or is stopped by Ctrl+C: all of it is taken
//! back, and what cannot be is named. One that was killed, so that nothing was taken back, can be removed.

use super::life::{IN_WORDS, WITHOUT_PASSWORD};
use super::stage::{Run, Stage, everything};
use crate::support::examples;

/// What a rollback leaves, and names: the former files with what was said, and the record of the database's former settings.
const KEPT: [&str; 2] = [r"\kallithea-iisc", ".settings-"];

/// A failed run has taken back everything, and names what is left.
pub fn taken_back(run: &Run) {
    let lost: Vec<_> =
        run.difference.iter().filter(|line| !KEPT.iter().any(|kept| line.contains(kept))).collect();
    match run.code {
        2 => assert!(run.text.contains("Nothing was changed.") && run.difference.is_empty(), "{run:#?}"),
        1 => assert!(run.text.contains("The script rolled back its changes.") && lost.is_empty(), "{run:#?}"),
        -1 => {
            assert!(run.text.contains("The script rolled back its changes.") && lost.is_empty(), "{run:#?}")
        }
        _ => panic!("{run:#?}"),
    }
    assert_eq!(run.unsaid(), Vec::<&str>::new(), "{run:#?}");
    assert!(run.events.iter().all(|event| event == WITHOUT_PASSWORD), "{run:#?}");
    assert_eq!(run.code == -1, run.name.contains(" stop "), "{run:#?}");
}

fn fails_everywhere(example: &str, ways: &[&str]) {
    let stage = Stage::new(example, &format!("iisc-faults-{example}-{}", ways[0].replace(' ', "-")));
    let runs = stage.run(&["Fault"], ways);
    let of = |start: &str| runs.iter().filter(|run| run.name.starts_with(start)).collect::<Vec<_>>();
    let whole = &runs[0];
    assert_eq!((whole.code, whole.steps.len() > 12, whole.calls.len() > 18), (0, true, true), "{whole:#?}");
    for way in ways {
        let places = if way.starts_with("call") { whole.calls.len() } else { whole.steps.len() };
        assert_eq!(of(way).len(), places, "{way}");
    }
    of("step ").into_iter().chain(of("call ")).for_each(taken_back);
    for run in of("removed ") {
        assert_eq!(run.code, 0, "{run:#?}");
        let unsaid =
            run.unsaid().into_iter().filter(|line| !IN_WORDS.iter().any(|words| line.contains(words)));
        assert_eq!(unsaid.collect::<Vec<_>>(), Vec::<&str>::new(), "{run:#?}");
    }
}

/// All ways of failing on every example with `cargo xtask test --scripts`, otherwise one way on one example.
fn fails_in(all: &[&str], one: &str) {
    if everything() {
        examples().iter().for_each(|example| fails_everywhere(example, all));
    } else {
        fails_everywhere("intranet-sso", &[one]);
    }
}

#[test]
fn whatever_fails_at_a_step_is_taken_back() {
    fails_in(&["step before", "step after", "killed"], "step after");
}

#[test]
fn whatever_is_stopped_at_a_step_is_taken_back() {
    fails_in(&["step stop before", "step stop after"], "step stop before");
}

#[test]
fn whatever_fails_at_a_call_is_taken_back() {
    fails_in(&["call before", "call after"], "call before");
}
