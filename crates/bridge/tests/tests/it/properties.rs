//! Properties of every request and every response, whatever their bytes.

mod bodies;
mod headers;
mod replies;
mod static_files;
mod urls;
