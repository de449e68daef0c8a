//! URLs that IIS refuses by default, and those that it must refuse.
//!
//! What is expected is what [`route`](crate::route) says of the compiled configuration: the bridge is reached, users must sign on, or
//! IIS refuses. So each line compares the running server with the configuration, rule by rule.

use super::super::client::{Answer, Ask};
use super::super::payload::Payload;
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use crate::route::{BODY_TOO_LARGE, HEADER_TOO_LONG, Outcome, Route};

const FILTERING: &str = "virtualDirectory.path";

/// Bytes of headers that are worth saying.
const MANY: usize = 1000;

/// Below it is nothing.
pub(super) const NOWHERE: &str = "/kallithea-iisc-verify";

/// The end of a URL, what it stands for, and the status that IIS has for it if its configuration is another.
const ODD: [(&str, &str, &str); 23] = [
    ("/c++", "a plus sign", "404.11"),
    ("/c%2B%2B", "an escaped plus sign", "404.11"),
    ("/100%25", "an escaped percent sign", "404.11"),
    ("/a%2525", "a percent sign that is escaped twice", "404.11"),
    ("/web.config", "a file web.config in a repository", "404.8"),
    ("/bin/a", "a folder bin in a repository", "404.8"),
    ("/App_Data/a", "a folder App_Data in a repository", "404.8"),
    ("/a.cs", "a source file", "404.7"),
    ("/a.config", "a configuration file", "404.7"),
    ("/a..b", "two dots in a name", "404.5"),
    ("/caf%C3%A9", "a letter beyond ASCII", "404.12"),
    ("/a%20b", "a space", "404.0"),
    ("//a", "two slashes", "404.0"),
    ("/a%5Cb", "an escaped backslash", "404.0"),
    ("/a.", "a dot at the end", "404.0"),
    ("/a:b", "a colon", "404.0"),
    ("/a::$DATA", "::$DATA", "404.0"),
    ("/a%2Fb", "an escaped slash", "404.0"),
    ("/a%3Fb", "an escaped question mark", "404.0"),
    ("/a%23b", "an escaped number sign", "404.0"),
    ("/a;b", "a semicolon", "404.0"),
    ("/a[b]", "square brackets", "404.0"),
    ("/%zz", "a percent sign without a number", "400"),
];

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    for (end, what, explain) in ODD {
        let promise = format!("a URL with {what} is read as compiled");
        lines.push(one(visit, FILTERING, &promise, &Ask::get(&format!("{NOWHERE}{end}")), explain).await);
    }
    // The bridge refuses what Windows would read as a drive, wherever the application is.
    let drive = Ask::get("/c:/a");
    lines.push(
        one(visit, FILTERING, "a URL with the letter of a drive is read as compiled", &drive, "404.0").await,
    );
}

/// What the compiled configuration does.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    /// IIS asks the stranger to sign on, after it has accepted the URL.
    SignOn,
    /// The application answers.
    Application,
    /// IIS or the bridge refuses with one of these codes.
    Refused(&'static str, Vec<u16>),
}

/// Asks, and compares with what the compiled configuration does.
pub(super) async fn one(
    visit: &Visit<'_>,
    key: &'static str,
    promise: &str,
    ask: &Ask,
    explain: &'static str,
) -> Line {
    as_for(visit, Question::new(key, promise).explain(explain), ask, ask).await
}

/// Asks, and compares with what the compiled configuration does with another request.
pub(super) async fn as_for(visit: &Visit<'_>, question: Question, ask: &Ask, like: &Ask) -> Line {
    let Some(expected) = visit.route(like).and_then(|route| expected(&route, visit.is_user())) else {
        return question.unseen("the compiled configuration does not decide it");
    };
    let question = question.asked(asked(visit, ask), expected.shown());
    question.judge(visit.ask_best(ask).await, |answer| (expected.fits(answer), seen(answer)))
}

fn asked(visit: &Visit<'_>, ask: &Ask) -> String {
    let headers: usize = ask.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    match ask.body {
        Payload::Announced(bytes) => {
            format!("{} with Content-Length: {bytes} and Expect: 100-continue", visit.shown(ask))
        }
        Payload::Chunks(bytes) => format!("{} with a form of {bytes} bytes, in chunks", visit.shown(ask)),
        Payload::Nothing if headers > MANY => format!("{} with {headers} bytes of headers", visit.shown(ask)),
        Payload::Nothing => visit.shown(ask),
    }
}

fn expected(route: &Route, is_user: bool) -> Option<Expected> {
    // Whatever comes after the sign-on, a stranger does not see.
    if !route.offers.is_empty() && !is_user {
        return Some(Expected::SignOn);
    }
    match &route.outcome {
        Outcome::Bridge { .. } => Some(Expected::Application),
        Outcome::Answered { status: "-", .. } => None,
        Outcome::Answered { status, .. } => Some(Expected::Refused(status, codes(status))),
    }
}

/// The codes of a status, which are two if the updates of the server decide.
fn codes(status: &str) -> Vec<u16> {
    let code = status.split('.').next().and_then(|code| code.parse().ok());
    match status {
        BODY_TOO_LARGE => vec![404, 413],
        HEADER_TOO_LONG => vec![404, 431],
        _ => code.into_iter().collect(),
    }
}

impl Expected {
    fn shown(&self) -> String {
        match self {
            Self::SignOn => "IIS accepts it, and then wants a sign-on: 401".to_owned(),
            Self::Application => "an answer of the application that is not a failure".to_owned(),
            Self::Refused(status, _) => format!("refused: {status}"),
        }
    }

    fn fits(&self, answer: &Answer) -> bool {
        match self {
            Self::SignOn => answer.code == 401,
            // A server that wants the announced body has accepted its size.
            Self::Application => answer.code != 401 && answer.code < 500 && !is_of_iis(answer),
            // A page that does not exist is a 404 of the application: it has not refused anything.
            Self::Refused(_, codes) => {
                codes.contains(&answer.code)
                    && (answer.code != 404 || is_of_iis(answer) || is_of_bridge(answer))
            }
        }
    }
}

fn seen(answer: &Answer) -> String {
    match answer.code {
        100 => "100 Continue: the server wants the body".to_owned(),
        _ if is_of_iis(answer) => format!("{}, from IIS itself", answer.status()),
        _ if is_of_bridge(answer) => format!("{}, from the bridge", answer.status()),
        404 => format!("{}, from the application", answer.status()),
        _ => answer.status(),
    }
}

/// Whether IIS or HTTP.sys refused, and not the application. With `existingResponse="PassThrough"` IIS's own errors have no body; the
/// application's have one. Otherwise they are one of IIS's pages.
fn is_of_iis(answer: &Answer) -> bool {
    let text = answer.text();
    let is_page = ["<h1>Server Error</h1>", "Detailed Error", "HTTP Error", "The page cannot be displayed"];
    let from_driver = answer.header("server").is_some_and(|server| server.starts_with("Microsoft-HTTPAPI"));
    answer.code >= 400 && (text.is_empty() || from_driver || is_page.iter().any(|words| text.contains(words)))
}

/// Whether the bridge itself refused: its pages are plain text, and the application's are not.
fn is_of_bridge(answer: &Answer) -> bool {
    answer.code >= 400 && answer.header("content-type").is_some_and(|kind| kind.starts_with("text/plain"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_cannot_see_is_a_sign_on() {
        let route = |status| Route {
            steps: Vec::new(),
            offers: vec!["Negotiate".to_owned()],
            outcome: Outcome::Answered { status, why: String::new() },
        };
        assert_eq!(expected(&route("404.0"), false), Some(Expected::SignOn));
        let refused = Some(Expected::Refused(BODY_TOO_LARGE, vec![404, 413]));
        assert_eq!(expected(&route(BODY_TOO_LARGE), true), refused);
        assert_eq!(expected(&route("-"), true), None);
    }
}
