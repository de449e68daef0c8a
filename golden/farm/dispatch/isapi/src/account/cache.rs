//! Keeps answers for a limited time.
//!
//! What enters: keys, and a function that looks up a key's value. What leaves: the kept value, or the one that is found
//! now. Absent: a lock during the look-up, which may take seconds; two threads that need the same key at once both look it
//! up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a value that was found is kept.
const FOUND: Duration = Duration::from_secs(600);

/// How long it is remembered that nothing was found.
const MISSED: Duration = Duration::from_secs(30);

/// The largest number of answers that are kept.
const MOST: usize = 1024;

/// Answers by their questions.
#[derive(Debug)]
pub struct Cache<K, V> {
    answers: Mutex<Option<HashMap<K, Answer<V>>>>,
}

#[derive(Debug)]
struct Answer<V> {
    value: Option<V>,
    until: Instant,
}

impl<K: Eq + Hash, V: Clone> Default for Cache<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// A cache with nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self { answers: Mutex::new(None) }
    }

    /// The value of a key at this time. It is looked up if no answer is kept or the answer has expired.
    pub fn get(&self, key: K, now: Instant, ask: impl FnOnce(&K) -> Option<V>) -> Option<V> {
        let known = self.with(|answers| {
            answers.get(&key).filter(|answer| now < answer.until).map(|answer| answer.value.clone())
        });
        if let Some(value) = known {
            return value;
        }
        let value = ask(&key);
        let until = now + if value.is_some() { FOUND } else { MISSED };
        self.with(|answers| {
            if answers.len() >= MOST {
                answers.retain(|_, answer| now < answer.until);
            }
            // A user who signs on with ever new spellings of a name fills no memory; it only costs other users a new
            // look-up.
            if answers.len() >= MOST {
                answers.clear();
            }
            answers.insert(key, Answer { value: value.clone(), until });
        });
        value
    }

    /// How many answers are kept now.
    pub fn count(&self) -> usize {
        self.with(|answers| answers.len())
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<K, Answer<V>>) -> T) -> T {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        work(answers.get_or_insert_default())
    }
}
