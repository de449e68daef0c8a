//! Who must sign on, by what, and that each request is signed on for itself.
//!
//! Pages `system.webserver/security/authentication/` and RFC 9110, section 11.6.1 (WWW-Authenticate).

use super::super::client::{Answer, Ask, Connection};
use super::super::place::Place;
use super::super::report::Line;
use super::super::sign_on::{self, Means};
use super::super::visit::{Question, Visit};
use super::transport::place;
use crate::model::{Authentication, Protocol};

const MODE: &str = "authentication.mode";
const WINDOWS: &str = "authentication.windowsAuthentication";
const BASIC: &str = "authentication.basicAuthentication";

/// What strangers are offered, at every address of the site.
pub(in super::super) async fn check_offers(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let mut places = vec![visit.place.clone()];
    let is_served = |protocol| protocol == Protocol::Https || !visit.deployment.tls.required;
    let bindings = visit.deployment.public_bindings().iter();
    for other in bindings.filter(|binding| is_served(binding.protocol)).map(|binding| place(visit, binding)) {
        let is_same = |known: &Place| {
            (known.secure, known.port, &known.host) == (other.secure, other.port, &other.host)
        };
        if !places.iter().any(is_same) {
            places.push(other);
        }
    }
    let ask = Ask::get("/");
    let offers = visit.route(&ask).map(|route| route.offers).unwrap_or_default();
    let wanted: Vec<String> = offers.iter().map(|offer| scheme(offer).to_owned()).collect();
    for place in places {
        let answer = visit.ask_at(&place, &ask).await;
        let shown = ask.shown(&place);
        lines.push(if wanted.is_empty() {
            let question = Question::new(MODE, "IIS does not ask for a sign-on, because Kallithea does");
            question
                .asked(shown, "no 401")
                .explain("password-asked")
                .judge(answer, |answer| (answer.code != 401, with_offers(answer)))
        } else {
            let expected = format!("401, and WWW-Authenticate: {}", wanted.join(", "));
            let question = Question::new(key(visit), "strangers must sign on, in the ways of the spec");
            question.asked(shown, expected).explain("password-asked").judge(answer, |answer| {
                (answer.code == 401 && same(&wanted, &offered(answer)), with_offers(answer))
            })
        });
    }
    check_realm(visit, lines).await;
}

fn key(visit: &Visit<'_>) -> &'static str {
    match &visit.deployment.authentication {
        Authentication::Windows(windows) if windows.basic.is_none() => WINDOWS,
        _ => MODE,
    }
}

async fn check_realm(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let Authentication::Windows(windows) = &visit.deployment.authentication else { return };
    let Some(basic) = windows.basic.as_ref().filter(|basic| !basic.realm.is_empty()) else { return };
    let ask = Ask::get("/");
    let wanted = format!("realm=\"{}\"", basic.realm);
    let question = Question::new(BASIC, "the password is asked for the realm of the spec");
    lines.push(question.asked(visit.shown(&ask), &*wanted).judge(visit.ask(&ask).await, |answer| {
        let offers = answer.all("www-authenticate");
        let basic = offers.into_iter().find(|offer| scheme(offer).eq_ignore_ascii_case("Basic"));
        (basic.is_some_and(|offer| offer.contains(&wanted)), basic.unwrap_or("no Basic").to_owned())
    }));
}

/// The word that a client reads: `Negotiate` of `Negotiate:Kerberos`, which only names the package on the server.
fn scheme(offer: &str) -> &str {
    offer.split([' ', ':']).next().unwrap_or(offer)
}

fn offered(answer: &Answer) -> Vec<String> {
    answer.all("www-authenticate").into_iter().map(|offer| scheme(offer).to_owned()).collect()
}

/// In any order: IIS decides it by its modules, too.
fn same(wanted: &[String], seen: &[String]) -> bool {
    let sorted = |list: &[String]| {
        let mut list: Vec<String> = list.iter().map(|word| word.to_ascii_lowercase()).collect();
        list.sort();
        list.dedup();
        list
    };
    sorted(wanted) == sorted(seen)
}

fn with_offers(answer: &Answer) -> String {
    match offered(answer) {
        offers if offers.is_empty() => answer.status(),
        offers => format!("{}, and WWW-Authenticate: {}", answer.status(), offers.join(", ")),
    }
}

/// That the user is signed on. Without it, every later check asks as nobody.
pub(in super::super) async fn check_user(visit: &mut Visit<'_>, lines: &mut Vec<Line>) {
    if !visit.signs_on() {
        return;
    }
    let (ask, name) = (Ask::get("/"), visit.credentials.name());
    let question = Question::new(MODE, "IIS signs the user on, and Kallithea knows the name")
        .asked(visit.shown(&ask), "a page with the user's name in it");
    let Some(name) = name else {
        let why = "nobody signs on; name a user with --user";
        visit.without_user = Some(why.to_owned());
        return lines.push(question.unseen(why));
    };
    let line = match visit.ask_as_user(&visit.place, &ask).await {
        Ok((answer, _)) if answer.code == 401 => {
            visit.without_user = Some(format!("the server does not accept {}", visit.credentials.who()));
            question.explain("401.1").is(false, answer.status())
        }
        Ok((answer, _)) if answer.code >= 500 => question.unseen(format!("the page is {}", answer.status())),
        Ok((answer, _)) => {
            let has_name = answer.text().to_lowercase().contains(&name.to_lowercase());
            let seen = format!("{}, {} {name}", answer.status(), if has_name { "with" } else { "without" });
            question.explain("login-page").is(has_name && answer.code < 400, seen)
        }
        Err(failure) => {
            visit.without_user = Some(failure.to_string());
            question.unseen(failure.to_string())
        }
    };
    lines.push(line);
}

/// That a second request on the connection of a signed-on one must sign on again, unless NTLM signed on the connection.
pub(in super::super) async fn check_each_request(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    if !visit.signs_on() {
        return;
    }
    let ask = Ask::get("/");
    let question = Question::new(WINDOWS, "a sign-on counts for one request, not for the whole connection")
        .asked(
            format!("{} as the user, and again on the same connection as nobody", visit.shown(&ask)),
            "401 to the second",
        )
        .explain("wrong-user");
    if let Some(why) = visit.why_no_page() {
        return lines.push(question.unseen(why));
    }
    let mut connection = match Connection::open(&visit.place, &visit.tls).await {
        Ok(connection) => connection,
        Err(failure) => return lines.push(question.unseen(failure.to_string())),
    };
    let first = sign_on::ask(&mut connection, &ask, visit.credentials).await;
    lines.push(match first {
        Err(failure) => question.unseen(failure.to_string()),
        Ok((answer, _)) if !answer.keeps => {
            question.unseen("the server closed the connection after the first")
        }
        Ok((_, means)) if is_of_connection(means) => {
            question.unseen("NTLM signed on, which counts for the connection by design")
        }
        Ok(_) => question.judge(connection.ask(&ask).await, |answer| (answer.code == 401, answer.status())),
    });
}

fn is_of_connection(means: Means) -> bool {
    match means {
        Means::Basic => false,
        #[cfg(windows)]
        Means::Negotiate => false,
        #[cfg(windows)]
        Means::Ntlm => true,
    }
}
