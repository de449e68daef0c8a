//! What can be wrong with a request or a script.
//!
//! In: what the readers found. Out: a sentence for the person who wrote the script. Absent: what the bridge did wrong, which
//! is a violation and part of the report.

use std::fmt;

/// Why a request has no body that could be sent.
#[derive(Debug)]
pub enum BodyError {
    /// `body_base64` is not valid.
    Base64(base64::DecodeError),
    /// More than one of `body`, `body_base64` and `body_size` is given.
    Several,
}

impl fmt::Display for BodyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64(error) => write!(formatter, "body_base64: {error}"),
            Self::Several => formatter.write_str("a request has only one of body, body_base64 and body_size"),
        }
    }
}

impl std::error::Error for BodyError {}

impl From<base64::DecodeError> for BodyError {
    fn from(error: base64::DecodeError) -> Self {
        Self::Base64(error)
    }
}

/// A name that is not one of ServerSupportFunction's requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRequest(pub String);

impl fmt::Display for UnknownRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not a request of ServerSupportFunction that this host knows", self.0)
    }
}

impl std::error::Error for UnknownRequest {}

/// What is wrong with a script.
#[derive(Debug)]
pub enum ScriptError {
    /// It is not the JSON of a script.
    Json(serde_json::Error),
    /// It has keys of summaries, but asks for none.
    OfSummaries,
    /// It has no requests.
    Empty,
    /// The request of this number, counted from 0, has no valid body.
    Body(usize, BodyError),
    /// It refuses a request that does not exist.
    Refuses(UnknownRequest),
}

impl fmt::Display for ScriptError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(formatter, "the script: {error}"),
            Self::OfSummaries => formatter
                .write_str("the script: expect_echo, restart_every and vanish_every need \"summary\": true"),
            Self::Empty => formatter.write_str("the script: there are no requests"),
            Self::Body(number, error) => write!(formatter, "request {number}: {error}"),
            Self::Refuses(unknown) => unknown.fmt(formatter),
        }
    }
}

impl std::error::Error for ScriptError {}

impl From<serde_json::Error> for ScriptError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<UnknownRequest> for ScriptError {
    fn from(error: UnknownRequest) -> Self {
        Self::Refuses(error)
    }
}
