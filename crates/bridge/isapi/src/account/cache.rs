//! What has been asked already, for a while.
//!
//! What enters: keys, and how to find out what belongs to one. What leaves: what was found, or what is found now. Absent: a
//! lock that is held while somebody asks, which may take seconds; two who ask for the same at once both ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long something that was found is believed.
const FOUND: Duration = Duration::from_secs(600);

/// How long it is believed that there is nothing.
const MISSED: Duration = Duration::from_secs(30);

/// So many answers are kept.
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

    /// What belongs to a key at this time; it is asked for where that is not known, or no longer.
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
            // Whoever signs on under ever new spellings of one name fills no memory, and costs others a question.
            if answers.len() >= MOST {
                answers.clear();
            }
            answers.insert(key, Answer { value: value.clone(), until });
        });
        value
    }

    /// How many answers are kept at present.
    pub fn count(&self) -> usize {
        self.with(|answers| answers.len())
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<K, Answer<V>>) -> T) -> T {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        work(answers.get_or_insert_default())
    }
}
