//! `_dispatch.dll`: finds Python, loads the engine, forwards the three exports.
