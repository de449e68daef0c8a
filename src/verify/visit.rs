//! What every check needs: the deployment, the server, who asks, and what IIS is configured to answer.
//!
//! What enters: a spec's outputs, and where to ask. What leaves: answers, and lines about them. Absent: what is asked.

use super::client::{Answer, Ask, Connection, Failure};
use super::payload::Payload;
use super::place::Place;
use super::report::{Line, Verdict};
use super::sign_on::{self, Credentials, Means};
use super::tls::Tls;
use crate::model::{Authentication, Deployment};
use crate::route::{Files, Request, Route, route};

/// A visit to a running server.
pub(super) struct Visit<'a> {
    /// What was compiled.
    pub deployment: &'a Deployment,
    /// The compiled parts of applicationHost.config, as one file.
    pub host_config: String,
    /// The compiled web.config.
    pub web_config: &'a str,
    /// The application on the server.
    pub place: Place,
    /// The application's URL as the compiled configuration knows it.
    pub compiled_url: String,
    /// Name or address to connect to, without a port, if the names in URLs must not decide.
    pub address: Option<String>,
    /// How TLS begins.
    pub tls: Tls,
    /// Who asks.
    pub credentials: &'a Credentials,
    /// Why a page cannot be asked as a user: there is none, or the server refuses.
    pub without_user: Option<String>,
}

impl Visit<'_> {
    /// Asks as nobody, on a new connection.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Answer, Failure> {
        self.ask_at(&self.place, ask).await
    }

    /// The same at another place.
    pub(super) async fn ask_at(&self, place: &Place, ask: &Ask) -> Result<Answer, Failure> {
        Connection::open(place, &self.tls).await?.ask(ask).await
    }

    /// Asks as the user, on a new connection.
    pub(super) async fn ask_as_user(&self, place: &Place, ask: &Ask) -> Result<(Answer, Means), Failure> {
        let mut connection = Connection::open(place, &self.tls).await?;
        sign_on::ask(&mut connection, ask, self.credentials).await
    }

    /// Asks as the user if IIS signs users on and this one is; else as nobody.
    pub(super) async fn ask_best(&self, ask: &Ask) -> Result<Answer, Failure> {
        match self.is_user() {
            true => self.ask_as_user(&self.place, ask).await.map(|(answer, _)| answer),
            false => self.ask(ask).await,
        }
    }

    /// Whether IIS signs users on.
    pub(super) fn signs_on(&self) -> bool {
        matches!(self.deployment.authentication, Authentication::Windows(_))
    }

    /// Whether pages are asked as a user that IIS signs on.
    pub(super) fn is_user(&self) -> bool {
        self.signs_on() && self.without_user.is_none()
    }

    /// Why a page of the application cannot be seen; `None` if it can.
    pub(super) fn why_no_page(&self) -> Option<&str> {
        self.without_user.as_deref().filter(|_| self.signs_on())
    }

    /// What the compiled configuration does with a request; `None` if it is not a request for this application.
    pub(super) fn route(&self, ask: &Ask) -> Option<Route> {
        let mut headers = ask.headers.clone();
        match ask.body {
            Payload::Nothing => {}
            Payload::Announced(bytes) => headers.push(("Content-Length".to_owned(), bytes.to_string())),
            Payload::Chunks(_) => headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned())),
        }
        let url = format!("{}{}", self.compiled_url, ask.below);
        let request = Request::new(&url, ask.method, headers).ok()?;
        let files = Files { host: &self.host_config, above: &[], web: self.web_config, is_web_utf16: false };
        route(files, self.deployment, &request).ok()
    }

    /// How a request is shown.
    pub(super) fn shown(&self, ask: &Ask) -> String {
        ask.shown(&self.place)
    }
}

/// A promise whose answer is not known yet.
pub(super) struct Question {
    key: &'static str,
    promise: String,
    asked: String,
    expected: String,
    explain: &'static str,
}

impl Question {
    /// A promise, by the key of the spec that makes it.
    pub(super) fn new(key: &'static str, promise: impl Into<String>) -> Self {
        let (asked, expected) = (String::new(), String::new());
        Self { key, promise: promise.into(), asked, expected, explain: "" }
    }

    /// What is asked, and the answer that keeps the promise.
    pub(super) fn asked(self, asked: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { asked: asked.into(), expected: expected.into(), ..self }
    }

    /// What `explain` knows about it if the promise is not kept.
    pub(super) fn explain(self, explain: &'static str) -> Self {
        Self { explain, ..self }
    }

    /// The line, when it is known whether the promise is kept.
    pub(super) fn is(self, kept: bool, seen: impl Into<String>) -> Line {
        let verdict = if kept { Verdict::Kept } else { Verdict::Broken };
        let explain = (!kept && !self.explain.is_empty()).then_some(self.explain);
        self.line(verdict, seen.into(), explain)
    }

    /// The line for a promise that was not looked at, with the reason.
    pub(super) fn unseen(self, why: impl Into<String>) -> Line {
        self.line(Verdict::Unseen, why.into(), None)
    }

    /// The line for an answer. `judge` says whether it keeps the promise, and what was seen.
    pub(super) fn judge(
        self,
        answer: Result<Answer, Failure>,
        judge: impl FnOnce(&Answer) -> (bool, String),
    ) -> Line {
        match answer {
            Ok(answer) => {
                let (kept, seen) = judge(&answer);
                self.is(kept, seen)
            }
            Err(failure @ (Failure::Broken(_) | Failure::Late)) => self.is(false, failure.to_string()),
            Err(failure) => {
                let why = format!("{}: {failure}", self.asked);
                self.unseen(why)
            }
        }
    }

    fn line(self, verdict: Verdict, seen: String, explain: Option<&'static str>) -> Line {
        let Self { key, promise, asked, expected, .. } = self;
        Line { key, promise, verdict, asked, expected, seen, explain }
    }
}
