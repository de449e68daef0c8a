//! What holds for every request and every response, whatever bytes they are made of.

#[path = "properties/bodies.rs"]
mod bodies;
#[path = "properties/headers.rs"]
mod headers;
#[path = "properties/replies.rs"]
mod replies;
mod support;
#[path = "properties/urls.rs"]
mod urls;
