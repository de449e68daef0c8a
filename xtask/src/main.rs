//! The project's own chores, run as `cargo xtask <chore>`.
//!
//! In: a chore's name. Out: an exit code, and under `target/` the machines that the tests run on. Absent: anything
//! that the compiler itself needs; chores are for building and testing this project, and never run on a server.

mod apt;
mod arguments;
mod bench;
mod checker;
mod command;
mod demo;
mod dist;
mod docs;
mod ended;
mod front_end;
mod lane;
mod linux;
mod machines;
mod matrix;
mod others;
mod own_tests;
mod python;
mod requirements;
mod rust;
mod scripts;
mod suites;
mod summary;
mod wheels;
mod wine;
mod workshop;

use std::process::ExitCode;

use arguments::Chore;
use workshop::{Result, Workshop};

fn main() -> ExitCode {
    let chore = match arguments::parse(std::env::args().skip(1)) {
        Ok(chore) => chore,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    match run(chore) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("\nerror: {message}");
            ExitCode::from(2)
        }
    }
}

/// Runs one chore; `false` if what it checked is not as it should be.
fn run(chore: Chore) -> Result<bool> {
    match chore {
        Chore::Help => {
            print!("{}", arguments::HELP);
            Ok(true)
        }
        Chore::Setup => {
            let workshop = Workshop::open()?;
            rust::setup(&workshop)?;
            machines::setup(&workshop)?;
            println!("Everything is in place: {}", workshop.machines().display());
            Ok(true)
        }
        Chore::Test { facts } => suites::run(&Workshop::open()?, facts.as_deref()),
        Chore::Bench(options) => bench::run(&Workshop::open()?, options),
        Chore::Scripts => scripts::run(&Workshop::open()?),
        Chore::OwnTests => own_tests::run(&Workshop::open()?),
        Chore::Requirements { advisories } => requirements::derive(&Workshop::open()?, advisories.as_deref()),
        Chore::Demo => demo::run(&Workshop::open()?),
        Chore::Dist { repository } => dist::run(&Workshop::open()?, repository.as_deref()),
        Chore::Docs => docs::run(&Workshop::open()?),
    }
}
