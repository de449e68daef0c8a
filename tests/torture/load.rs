//! Many requests, and large ones.
