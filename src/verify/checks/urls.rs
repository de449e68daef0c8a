//! URLs and sizes that IIS refuses by default, and those that it must refuse.
//!
//! What is expected is what [`route`](crate::route) says of the compiled configuration: the bridge is reached, users must sign on, or
//! IIS refuses. So each line compares the running server with the configuration, rule by rule.

use super::super::client::{Answer, Ask};
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use crate::route::{BODY_TOO_LARGE, HEADER_TOO_LONG, Outcome, Route};

const FILTERING: &str = "virtualDirectory.path";
const BODY: &str = "requestLimits.maxAllowedContentLength";
const URL: &str = "requestLimits.maxUrl";
const QUERY: &str = "requestLimits.maxQueryString";

/// Below it is nothing.
const NOWHERE: &str = "/kallithea-iisc-verify";

/// The end of a URL, what it stands for, and the status that IIS has for it if its configuration is another.
const ODD: [(&str, &str, &str); 16] = [
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
    ("/%zz", "a percent sign without a number", "400"),
];

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    for (end, what, explain) in ODD {
        let promise = format!("a URL with {what} is read as compiled");
        lines.push(one(visit, FILTERING, &promise, &Ask::get(&format!("{NOWHERE}{end}")), explain).await);
    }
    let limits = &visit.deployment.limits;
    let own = visit.place.path.len() as u64;
    let most = u64::from(limits.max_allowed_content_length);
    let body = |bytes| Ask::get("/").method("POST").announcing(bytes);
    let query = |bytes: u32| Ask::get(&format!("/?{}", "q".repeat(bytes as usize)));
    let path = |bytes: u64| Ask::get(&long(bytes.saturating_sub(own)));
    let (longest, url) = (limits.max_query_string, u64::from(limits.max_url));
    let sizes = [
        (BODY, format!("a body of {most} bytes is allowed"), body(most), "413.1"),
        (BODY, format!("a body of {} bytes is refused", most + 1), body(most + 1), "413.1"),
        (QUERY, format!("a query of {longest} bytes is allowed"), query(longest), "404.15"),
        (QUERY, format!("a query of {} bytes is refused", longest + 1), query(longest + 1), "404.15"),
        (URL, format!("a URL of {url} bytes is allowed"), path(url), "404.14"),
        (URL, format!("a URL of {} bytes is refused", url + 1), path(url + 1), "404.14"),
    ];
    for (key, promise, ask, explain) in &sizes {
        lines.push(one(visit, key, promise, ask, explain).await);
    }
}

/// A path of this many bytes, in segments that HTTP.sys allows.
fn long(bytes: u64) -> String {
    const SEGMENT: usize = 200;
    let path = (0..bytes as usize).map(|at| if at % SEGMENT == 0 { '/' } else { 'u' });
    path.collect()
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

async fn one(visit: &Visit<'_>, key: &'static str, promise: &str, ask: &Ask, explain: &'static str) -> Line {
    let question = Question::new(key, promise).explain(explain);
    let Some(expected) = visit.route(ask).and_then(|route| expected(&route, visit.is_user())) else {
        return question.unseen("the compiled configuration does not decide it");
    };
    let question = question.asked(asked(visit, ask), expected.shown());
    question.judge(visit.ask_best(ask).await, |answer| (expected.fits(answer), seen(answer)))
}

fn asked(visit: &Visit<'_>, ask: &Ask) -> String {
    match ask.announced {
        0 => visit.shown(ask),
        bytes => format!("{} with Content-Length: {bytes} and Expect: 100-continue", visit.shown(ask)),
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
            Self::Application => "an answer of the application, whatever it is".to_owned(),
            Self::Refused(status, _) => format!("refused: {status}"),
        }
    }

    fn fits(&self, answer: &Answer) -> bool {
        match self {
            Self::SignOn => answer.code == 401,
            // A server that wants the announced body has accepted its size.
            Self::Application => answer.code != 401 && !is_of_iis(answer),
            Self::Refused(_, codes) => codes.contains(&answer.code),
        }
    }
}

fn seen(answer: &Answer) -> String {
    match answer.code {
        100 => "100 Continue: the server wants the body".to_owned(),
        _ if is_of_iis(answer) => format!("{}, from IIS itself", answer.status()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_has_its_length_and_short_segments() {
        for bytes in [1, 200, 201, 8192] {
            let path = long(bytes);
            assert_eq!(path.len() as u64, bytes);
            assert!(path.split('/').all(|segment| segment.len() < 260) && path.starts_with('/'));
        }
    }

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
