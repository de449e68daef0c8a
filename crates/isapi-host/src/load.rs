//! Plays a script with so many requests that the host cannot keep all responses.
//!
//! In: a host and a script that asks for a summary. Out: counts, and violations up to a limit. Absent: anything that grows with
//! the number of requests, except one byte each, which shows lost and duplicate responses.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::error::BodyError;
use super::play::{Requests, in_parallel};
use super::protocol::{Report, Script, Summary};
use super::{Client, Host, Prepared, Response, lock};

/// How many violations a report contains.
const MOST_FINDINGS: usize = 100;

/// How many bytes of the response a client takes before it disconnects; the clients use these in turn.
const PATIENCE: [u64; 3] = [0, 1000, 100_000];

/// The results of one load so far.
struct Load<'a> {
    host: &'a Host,
    script: &'a Script,
    requests: &'a Requests<'a>,
    /// How often each request's number was returned.
    seen: Vec<AtomicU8>,
    findings: Mutex<(Summary, Vec<String>)>,
}

/// Plays one life of the bridge.
pub(super) fn play(host: &Host, script: &Script, requests: &Requests<'_>, life: usize, report: &mut Report) {
    let count = script.repeat * requests.len();
    let seen = std::iter::repeat_with(AtomicU8::default).take(count).collect();
    let findings = Mutex::new((report.summary.take().unwrap_or_default(), Vec::new()));
    let load = Load { host, script, requests, seen, findings };
    let begun = Instant::now();
    in_parallel(host, script, |number| load.serve(number));
    let doubled = load.seen.iter().filter(|seen| seen.load(Ordering::Relaxed) > 1).count();
    let (mut summary, violations) = load.findings.into_inner().unwrap_or_else(PoisonError::into_inner);
    summary.seconds += begun.elapsed().as_secs_f64();
    summary.doubled += doubled as u64;
    report.violations.extend(violations.into_iter().map(|what| format!("life {life}, {what}")));
    if doubled > 0 {
        report.violations.push(format!("life {life}: {doubled} requests were answered more than once"));
    }
    report.summary = Some(summary);
}

impl Load<'_> {
    fn serve(&self, number: usize) {
        let due = |every: Option<usize>| {
            every.is_some_and(|every| number > 0 && number.is_multiple_of(every.max(1)))
        };
        if due(self.script.restart_every) {
            self.recycle();
        }
        let vanishing = due(self.script.vanish_every);
        match self.exchange(number, vanishing) {
            Ok(response) => self.count(number, vanishing, response),
            Err(why) => self.note(number, why.to_string()),
        }
    }

    fn recycle(&self) {
        let begun = self.host.recycle();
        let (summary, violations) = &mut *lock(&self.findings);
        summary.restarts += 1;
        if let Err(error) = begun {
            violations.push(format!("restart {}: {error}", summary.restarts));
        }
    }

    fn exchange(&self, number: usize, vanishing: bool) -> Result<Response, BodyError> {
        let (request, prepared) = &self.requests[number % self.requests.len()];
        let mut numbered = (*request).clone();
        let mut prepared = Arc::clone(prepared);
        if self.script.expect_echo.is_some() {
            numbered.headers.push((self.script.number_header.clone(), number.to_string()));
            prepared = Arc::new(Prepared::new(&numbered)?);
        }
        let mut client = Client::new(&numbered)?;
        if vanishing {
            client = client.vanishing_after(PATIENCE[number % PATIENCE.len()]);
        }
        let outcome = self.host.exchange(&prepared, &mut client);
        Ok(client.response(outcome))
    }

    fn count(&self, number: usize, vanishing: bool, response: Response) {
        let code = response.code().unwrap_or(0);
        let expected = self.script.expect_statuses.contains(&code);
        let lost = code == 0 && !vanishing;
        let fault = (code == 200).then(|| self.check_echo(number, &response)).flatten();
        {
            let summary = &mut lock(&self.findings).0;
            summary.requests += 1;
            *summary.statuses.entry(code).or_default() += 1;
            summary.vanished += u64::from(response.client_gone);
            summary.lost += u64::from(lost);
            summary.mismatched += u64::from(fault.is_some());
            summary.echoed += u64::from(code == 200 && self.script.expect_echo.is_some() && fault.is_none());
            summary.bytes_received += response.bytes_received;
            summary.bytes_sent += response.bytes_sent;
        }
        if lost {
            self.note(number, "no response".into());
        } else if !expected && !vanishing {
            self.note(number, format!("the status was {:?}", response.status));
        }
        response.violations.into_iter().chain(fault).for_each(|what| self.note(number, what));
    }

    /// What is wrong with the number in a response, if anything.
    fn check_echo(&self, number: usize, response: &Response) -> Option<String> {
        let name = self.script.expect_echo.as_ref()?;
        let Some(echo) = response.header(name) else { return Some(format!("a response without {name}")) };
        let echoed = echo.parse::<usize>().ok();
        if let Some(seen) = echoed.and_then(|echoed| self.seen.get(echoed)) {
            let more = |seen: u8| Some(seen.saturating_add(1));
            let _ = seen.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        }
        (echoed != Some(number)).then(|| format!("a response with {name}: {echo}, of another request"))
    }

    fn note(&self, number: usize, what: String) {
        let violations = &mut lock(&self.findings).1;
        if violations.len() < MOST_FINDINGS {
            violations.push(format!("request {number}: {what}"));
        }
    }
}
