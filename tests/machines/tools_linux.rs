//! `probe` and `serve` on Linux: a bridge that the compiler built, with the torture application.

mod deployed;
mod probe;
mod serve;
