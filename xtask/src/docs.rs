//! `cargo xtask docs`: the book of `docs/`, checked and built.
//!
//! In: `docs/`. Out: `target/book`; the last line of output names its first page. The tests of `tests/it/docs` check links,
//! titles, commands, specs and derived pages before mdBook builds anything. Absent: the pages; and mdBook, on a machine that
//! only runs the tests.

use std::path::PathBuf;

use crate::command::command;
use crate::lane::{BUILD, cargo};
use crate::workshop::{Result, Workshop, announced, remove};

/// The version of mdBook that cargo installs below `target/machines`.
const MDBOOK: &str = "0.4.52";

/// The folder of the book; `docs/book.toml` names it too.
const BOOK: &str = "target/book";

/// Checks the pages, and builds the book if they are right.
pub fn run(workshop: &Workshop) -> Result<bool> {
    let mut tests =
        cargo(workshop, &[&["test", "--quiet"][..], &BUILD, &["--test", "it", "docs::"]].concat());
    announced("Links, commands, specs and derived pages", || workshop.log().run(&mut tests))?;
    let program = install(workshop)?;
    remove(&workshop.root().join(BOOK))?;
    let mut mdbook = command(program, ["build", "docs"]);
    announced("The book", || workshop.log().run(mdbook.current_dir(workshop.root())))?;
    println!("{BOOK}/index.html");
    Ok(true)
}

/// Returns mdBook, and installs it if it is missing.
fn install(workshop: &Workshop) -> Result<PathBuf> {
    let folder = workshop.machines().join("mdbook");
    workshop.step("mdbook", "mdBook (cargo install)", MDBOOK, |log| {
        remove(&folder)?;
        let mut cargo = command("cargo", ["install", "mdbook", "--locked", "--quiet"]);
        log.run(cargo.args(["--version", &format!("={MDBOOK}"), "--root"]).arg(&folder))
    })?;
    Ok(folder.join("bin").join(format!("mdbook{}", std::env::consts::EXE_SUFFIX)))
}
