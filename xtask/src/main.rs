//! The project's own chores: `cargo xtask demo`, `cargo xtask test`.
fn main() {}
