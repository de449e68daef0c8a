//! One request while the bridge has it: its control block, and what the bridge has done to it so far.
//!
//! In: a request and its peer, then the bridge's calls through `callbacks` and `support`. Out: an [`Outcome`].
//! Absent: raw pointers, except those in the control block.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::abilities::{Abilities, Pending};
use super::block::{self, ControlBlock};
use super::blocks::{self, Block};
use super::completion::Completion;
use super::habits::Server;
use super::outcome::{Outcome, TraceEvent};
use super::peer::{HangUp, Lent, Peer};
use super::prepared::Prepared;
use super::response;
use super::table::{self, Journal};
use super::token;
use super::watch::Watch;

/// The settings that the exchanges of one host share.
pub(super) struct Terms {
    pub abilities: Abilities,
    pub journal: Journal,
    /// How long a request may take before it counts as never completed.
    pub patience: Duration,
    /// How long a thread waits for completion without giving up the processor.
    pub spinning: Duration,
}

impl Default for Terms {
    /// No spinning: with as many busy threads as processors, spinning made every request cost more and none end
    /// earlier.
    fn default() -> Self {
        Self {
            abilities: Abilities::default(),
            journal: Journal::default(),
            patience: Duration::from_secs(120),
            spinning: Duration::ZERO,
        }
    }
}

/// A request, its control block, and everything that the block points to.
pub(super) struct Exchange {
    pub number: usize,
    pub request: Arc<Prepared>,
    pub terms: Arc<Terms>,
    block: &'static Block,
    /// The part of the body that was read before the call of the bridge.
    ahead: Vec<u8>,
    state: Mutex<State>,
    completion: Completion,
    /// Closes the client's connection.
    hang_up: Option<HangUp>,
    /// Whether CLOSE_CONNECTION was called.
    closed: AtomicBool,
}

/// What the bridge has done.
struct State {
    /// `None` once the request is complete.
    peer: Option<Lent>,
    outcome: Outcome,
    watch: Watch,
    /// Whether the bridge has this process's token, which it must leave open.
    has_token: bool,
    /// The control block as it was at completion.
    sealed: Option<ControlBlock>,
    input: Input,
    begun: Instant,
}

/// The state of the client's body. `Ended` and `Broken` are final here: a peer may forget what it has reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    /// The whole body has arrived.
    Ended,
    /// The client stopped before the end of the body, or what it sent is not a body.
    Broken,
}

/// A bridge's call on a request that is not complete. A call from another thread has to wait, and is a violation.
pub(super) struct Call<'a> {
    exchange: &'a Exchange,
    state: MutexGuard<'a, State>,
}

impl Exchange {
    /// Reads the first bytes of the body, and fills a control block.
    ///
    /// # Safety
    /// [`Exchange::end`] must be called before the borrow of `peer` ends.
    pub(super) unsafe fn begin(
        request: &Arc<Prepared>,
        peer: &mut dyn Peer,
        terms: &Arc<Terms>,
    ) -> Arc<Self> {
        let mut outcome = Outcome::new();
        let (ahead, input) = read_ahead(request, peer, &mut outcome);
        let number = table::new_number();
        let hang_up = peer.hang_up();
        // SAFETY: `end` drops what is lent here.
        let peer = unsafe { Lent::new(peer) };
        let state = State {
            peer: Some(peer),
            outcome,
            watch: Watch::default(),
            has_token: false,
            sealed: None,
            input,
            begun: Instant::now(),
        };
        let exchange = Arc::new(Self {
            block: Block::take(contents(number, request, terms, &ahead)),
            number,
            request: Arc::clone(request),
            terms: Arc::clone(terms),
            ahead,
            state: Mutex::new(state),
            completion: Completion::new(),
            hang_up,
            closed: AtomicBool::new(false),
        });
        table::enter(&exchange);
        exchange
    }

    pub(super) fn block(&self) -> *mut ControlBlock {
        self.block.pointer()
    }

    /// Handles the return value of `HttpExtensionProc`, and waits for the completion if it has not happened yet.
    pub(super) fn end(&self, status: u32) -> Outcome {
        let pending = status == block::STATUS_PENDING;
        let supported = self.terms.abilities.pending == Pending::Supported;
        let timely = !pending || !supported || self.completion.wait(self.terms.spinning, self.terms.patience);
        let mut state = self.lock();
        if pending && !supported {
            state.outcome.violation("HSE_STATUS_PENDING was returned to a host that does not support it");
        }
        match (pending && supported, state.sealed.is_some()) {
            (false, true) => {
                let what = "completed twice: by DONE_WITH_SESSION and by the return value";
                state.outcome.violation(what);
            }
            (false, false) => self.complete(&mut state, status),
            (true, false) if !timely => state.outcome.violation("never completed"),
            (true, _) => {}
        }
        state.peer = None;
        let State { outcome, watch, .. } = &mut *state;
        watch.end(outcome);
        std::mem::replace(outcome, Outcome::new())
    }

    /// Begins a call of the bridge. Returns `Err` if the request is complete, and notes that as a violation.
    pub(super) fn call(&self, name: &str) -> Result<Call<'_>, u32> {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                let mut state = self.lock();
                let what = format!("{name} while another call of the same request was running");
                self.note(&mut state, what);
                state
            }
        };
        if state.peer.is_none() {
            self.note(&mut state, format!("{name} after completion"));
            return Err(block::ERROR_INVALID_PARAMETER);
        }
        Ok(Call { exchange: self, state })
    }

    /// Handles CLOSE_CONNECTION. It is the only call allowed while another call of the same request runs, and it ends
    /// that call.
    pub(super) fn close(&self) {
        let state = self.state.try_lock();
        let is_over = state.as_ref().is_ok_and(|state| state.peer.is_none());
        drop(state);
        if is_over {
            return self.late("CLOSE_CONNECTION after completion");
        }
        self.closed.store(true, Ordering::Relaxed);
        if let Some(hang_up) = &self.hang_up {
            hang_up();
        }
    }

    /// Checks whether the block was changed after completion.
    pub(super) fn inspect(&self) {
        let mut state = self.lock();
        let Some(sealed) = &mut state.sealed else { return };
        let found = self.block.copy();
        let mut touched = blocks::differences(sealed, &found);
        touched.extend(blocks::differences_of_answers(sealed, &found));
        *sealed = found;
        for field in touched {
            self.late(&format!("{field} of the control block written after completion"));
        }
    }

    /// Releases the control block for another request, unless the bridge may still be working on this one.
    pub(super) fn leave_quarantine(&self) {
        self.inspect();
        if self.lock().sealed.is_some() {
            self.block.give_back();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a finding in the outcome, or in the host's journal if the outcome has already been returned.
    fn note(&self, state: &mut State, what: String) {
        if state.peer.is_some() { state.outcome.violation(what) } else { self.late(&what) }
    }

    fn late(&self, what: &str) {
        let (method, url) = (self.request.method(), self.request.url());
        self.terms.journal.note(format!("{what}, on connection #{} ({method} {url})", self.number));
    }

    /// Keeps a copy of the control block, and takes from it what the bridge wrote there.
    fn complete(&self, state: &mut State, status: u32) {
        let found = self.block.copy();
        for field in
            blocks::differences(&contents(self.number, &self.request, &self.terms, &self.ahead), &found)
        {
            state.outcome.violation(format!("{field} of the control block was written"));
        }
        if !(block::STATUS_SUCCESS..=block::STATUS_ERROR).contains(&status) {
            state.outcome.violation(format!("completed with {status}, which is not a valid status"));
        }
        if state.has_token && !token::is_open() {
            state.outcome.violation("the impersonation token was closed, which belongs to the server");
        }
        state.outcome.log_status = Some(status);
        state.outcome.http_status_code = found.http_status_code;
        state.outcome.notes.log_data = text_of(&found.log_data);
        state.outcome.notes.closed = self.closed.load(Ordering::Relaxed);
        state.outcome.duration = state.begun.elapsed();
        state.sealed = Some(found);
        state.peer = None;
    }
}

impl Call<'_> {
    /// Reads the next bytes of the request's body. Returns `Err` if the client has disconnected, now or earlier.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, u32> {
        let request = &self.exchange.request;
        let State { peer, outcome, input, .. } = &mut *self.state;
        let peer = peer.as_mut().ok_or(block::ERROR_INVALID_PARAMETER)?.get();
        let room = buffer.len().min(request.read_size);
        let read = take(request, peer, &mut buffer[..room], outcome, input);
        if *input == Input::Broken { self.gone() } else { Ok(read) }
    }

    /// Receives status and headers.
    pub(super) fn head(&mut self, status: &[u8], headers: &[u8], keep: bool) -> Result<(), u32> {
        if self.exchange.terms.abilities.server == Server::ModIsapi && response::code(status) == Some(500) {
            // mod_isapi takes this for a head that it cannot read, and answers with a page of its own.
            return Err(block::ERROR_INVALID_PARAMETER);
        }
        let State { watch, outcome, .. } = &mut *self.state;
        if !watch.head(&self.exchange.request, (status, headers), keep, outcome) {
            return Err(block::ERROR_INVALID_PARAMETER);
        }
        self.send(|peer| peer.head(status, headers, keep))
    }

    /// Receives bytes of the response's body.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), u32> {
        let State { watch, outcome, .. } = &mut *self.state;
        watch.body(bytes, outcome);
        self.send(|peer| peer.write(bytes))?;
        self.state.outcome.bytes_sent += bytes.len() as u64;
        Ok(())
    }

    /// Ends a call that sent something.
    pub(super) fn flush(&mut self) -> Result<(), u32> {
        self.state.outcome.sends += 1;
        self.send(|peer| peer.flush())
    }

    /// Counts written bytes that came from a file.
    pub(super) fn count_file(&mut self, bytes: usize) {
        self.state.outcome.file_bytes += bytes as u64;
    }

    /// Handles DONE_WITH_SESSION.
    pub(super) fn done(mut self, status: u32) {
        if status == block::STATUS_PENDING {
            self.violation("DONE_WITH_SESSION with HSE_STATUS_PENDING");
        }
        self.exchange.complete(&mut self.state, status);
        drop(self.state);
        self.exchange.completion.signal();
    }

    /// Whether the client is still connected.
    pub(super) fn is_connected(&mut self) -> bool {
        let State { peer, outcome, .. } = &mut *self.state;
        let found = peer.as_mut().is_some_and(|peer| peer.get().is_connected());
        outcome.client_gone |= !found;
        !outcome.client_gone
    }

    /// Handles HSE_IO_FINAL_SEND and HSE_IO_DISCONNECT_AFTER_SEND.
    pub(super) fn take_flags(&mut self, flags: u32) {
        if flags & block::IO_FINAL_SEND != 0 {
            self.state.watch.final_send();
        }
        if flags & block::IO_DISCONNECT_AFTER_SEND != 0 {
            self.state.watch.disconnect();
        }
    }

    /// Handles GET_IMPERSONATION_TOKEN.
    pub(super) fn lend_token(&mut self) {
        self.state.has_token = true;
    }

    /// Notes something that IIS would not forgive.
    pub(super) fn violation(&mut self, what: impl Into<String>) {
        self.state.outcome.violation(what);
    }

    /// The notes that the bridge leaves for the server, for adding to them.
    pub(super) fn notes(&mut self) -> &mut super::Notes {
        &mut self.state.outcome.notes
    }

    /// Handles RAISE_TRACE_EVENT.
    pub(super) fn trace(&mut self, event: TraceEvent) {
        self.notes().trace_events.push(event);
    }

    fn send(&mut self, send: impl FnOnce(&mut dyn Peer) -> io::Result<()>) -> Result<(), u32> {
        let peer = self.state.peer.as_mut().ok_or(block::ERROR_INVALID_PARAMETER)?;
        if send(peer.get()).is_err() {
            return self.gone();
        }
        Ok(())
    }

    fn gone<T>(&mut self) -> Result<T, u32> {
        self.state.outcome.client_gone = true;
        Err(block::ERROR_CONNECTION_INVALID)
    }
}

/// The first bytes of the body, as IIS reads them before it calls an extension.
fn read_ahead(request: &Prepared, peer: &mut dyn Peer, outcome: &mut Outcome) -> (Vec<u8>, Input) {
    let length = request.length.unwrap_or(u64::MAX);
    let mut ahead = vec![0; request.read_ahead.min(usize::try_from(length).unwrap_or(usize::MAX))];
    let (mut filled, mut input) = (0, Input::Open);
    while filled < ahead.len() && input == Input::Open {
        filled += take(request, peer, &mut ahead[filled..], outcome, &mut input);
    }
    ahead.truncate(filled);
    (ahead, input)
}

/// Reads bytes of the body from the peer, as long as more of them are to come.
fn take(
    request: &Prepared,
    peer: &mut dyn Peer,
    buffer: &mut [u8],
    outcome: &mut Outcome,
    input: &mut Input,
) -> usize {
    let left = request.length.map_or(u64::MAX, |length| length - outcome.bytes_received);
    let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
    if room == 0 || *input != Input::Open {
        return 0;
    }
    match peer.read(&mut buffer[..room]) {
        Ok(0) if request.length.is_none() => *input = Input::Ended,
        Ok(0) | Err(_) => {
            outcome.client_gone = true;
            *input = Input::Broken;
        }
        Ok(size) => {
            outcome.bytes_received += size as u64;
            return size;
        }
    }
    0
}

/// The control block of a request.
fn contents(number: usize, request: &Prepared, terms: &Terms, ahead: &[u8]) -> ControlBlock {
    let texts = request.texts();
    terms.abilities.block.apply(ControlBlock {
        connection: std::ptr::without_provenance_mut(number),
        method: texts.method,
        query_string: texts.query_string,
        path_info: texts.path_info,
        path_translated: texts.path_translated,
        content_type: texts.content_type,
        total_bytes: request.total_bytes(),
        available_bytes: ahead.len() as u32,
        available: ahead.as_ptr(),
        ..blocks::empty()
    })
}

fn text_of(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
