//! Kinds of mistakes that public reports of 500.19 are about, planted in real files one at a time.

use std::collections::BTreeMap;

use super::sample::{Edit, Found, Sample};
use super::{below, layout, names, real, xml};

/// A kind of mistake in a server's file: its words, the code that reports it, and the places where it can be.
pub(super) type Kind = (&'static str, &'static str, fn(&Sample<'_>) -> Vec<Edit>);

/// How many places of one file a kind is tried at.
const PLACES: usize = 4;

/// Some of many, spread over all of them.
fn spread<T>(all: Vec<T>) -> impl Iterator<Item = T> {
    let step = all.len().div_ceil(PLACES).max(1);
    all.into_iter().step_by(step)
}

/// The findings that were not there before.
fn new(before: &[Found], mut after: Vec<Found>) -> Vec<Found> {
    for old in before {
        if let Some(at) = after.iter().position(|found| found == old) {
            after.swap_remove(at);
        }
    }
    after
}

/// How many mistakes of one kind were planted, and how many were found.
#[derive(Default)]
struct Count {
    planted: usize,
    missed: Vec<String>,
}

#[derive(Default)]
struct Counts(BTreeMap<&'static str, Count>);

impl Counts {
    fn add(&mut self, kind: &'static str, code: &str, found: &[Found], place: impl FnOnce() -> String) {
        let count = self.0.entry(kind).or_default();
        count.planted += 1;
        if !found.iter().any(|(own, _)| *own == code) {
            count.missed.push(format!("{}: {found:?}", place()));
        }
    }
}

#[test]
fn every_kind_of_mistake_is_found_in_every_file() {
    let (tables, files) = real();
    let mut counts = Counts::default();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a sample");
        let sample = Sample::of(&text, &tables);
        let usual = sample.lint_host(&text);
        let kinds = [&names::KINDS[..], &layout::KINDS, &xml::KINDS].concat();
        for (kind, code, plant) in kinds {
            for edit in spread(plant(&sample)) {
                let found = new(&usual, sample.lint_host(&sample.edited(&edit)));
                let line = text[..edit.at.start].lines().count();
                counts.add(kind, code, &found, || format!("{}:{line}: {}", file.display(), edit.with));
            }
        }
        assert!(sample.lint_web("<configuration />", "").is_empty());
        for (kind, code, plant) in below::KINDS {
            for (site, web) in spread(plant(&sample)) {
                let found = sample.lint_web(&web, &site);
                counts.add(kind, code, &found, || format!("{} above {web}", file.display()));
            }
        }
    }
    let count = |counts: &Counts, each: fn(&Count) -> usize| counts.0.values().map(each).sum::<usize>();
    let (planted, missed) = (count(&counts, |one| one.planted), count(&counts, |one| one.missed.len()));
    for (kind, count) in &counts.0 {
        eprintln!("{:4} of {:4}  {kind}", count.planted - count.missed.len(), count.planted);
    }
    eprintln!("{} kinds, {planted} mistakes, {missed} missed", counts.0.len());
    let all: Vec<_> = counts.0.values().flat_map(|count| &count.missed).collect();
    assert!(counts.0.len() >= 40 && counts.0.values().all(|count| count.planted >= 2), "too few");
    assert!(missed * 50 <= planted, "{missed} of {planted} missed: {all:#?}");
}
