//! What holds for every request and every response, whatever bytes they are made of.

mod bodies;
mod headers;
mod replies;
mod urls;
