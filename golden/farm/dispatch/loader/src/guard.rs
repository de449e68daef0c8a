//! Runs work whose panic must not end the call that requested it.
//!
//! What enters: work. What leaves: its result, or nothing if it panicked. Absent: the caller's thread, on which IIS may
//! impersonate the signed-on user: libraries loaded there would be opened with the user's rights.

use std::thread::Builder;

use kallithea_bridge_isapi::log;

/// Runs `work` on a separate thread, and waits for it.
pub fn on_a_thread_of_its_own<T: Send + 'static>(work: fn() -> Option<T>) -> Option<T> {
    let thread = match Builder::new().name("load".into()).spawn(work) {
        Ok(thread) => thread,
        Err(error) => {
            log::error(&format!("the bridge could not be loaded: cannot start a thread: {error}"));
            return None;
        }
    };
    thread.join().unwrap_or_else(|_| {
        log::error("the bridge panicked at its start; report this as an error of the bridge");
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_panic_is_nothing_found() {
        fn panics() -> Option<u32> {
            panic!("as it should")
        }
        assert_eq!(on_a_thread_of_its_own(panics), None);
        assert_eq!(on_a_thread_of_its_own(|| Some(1)), Some(1));
    }

    #[test]
    fn the_thread_of_the_call_loads_nothing() {
        let other = on_a_thread_of_its_own(|| Some(thread::current().id()));
        assert!(other.is_some_and(|other| other != thread::current().id()));
    }
}
