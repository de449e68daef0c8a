//! The result of one run of the host.
//!
//! In: the host's report, and the bridge's log. Out: answers to a test's questions. Absent: running it.

use serde_json::{Value, json};

use crate::host;

/// The result of one run of the host.
pub struct Run {
    pub code: Option<i32>,
    pub report: Value,
    pub log: String,
    pub errors: String,
}

impl Run {
    /// The response with this number, in the order of the requests, life after life.
    pub fn response(&self, number: usize) -> &Value {
        &self.report["responses"][number]
    }

    pub fn body(&self, number: usize) -> &str {
        self.response(number)["body"].as_str().unwrap_or_default()
    }

    /// The body of a page that answers in JSON.
    pub fn page(&self, number: usize) -> Value {
        serde_json::from_str(self.body(number)).unwrap_or_else(|_| panic!("not JSON: {}", self.body(number)))
    }

    pub fn status(&self, number: usize) -> &str {
        self.response(number)["status"].as_str().unwrap_or_default()
    }

    /// How many calls the bridge needed for the response.
    pub fn sends(&self, number: usize) -> u64 {
        self.response(number)["sends"].as_u64().unwrap_or_default()
    }

    pub fn header(&self, number: usize, name: &str) -> Option<&str> {
        let headers = self.response(number)["headers"].as_array()?;
        let found =
            headers.iter().find(|pair| pair[0].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
        found[1].as_str()
    }

    /// Whether Wine ended the host, which then runs again.
    pub fn was_ended(&self) -> bool {
        host::was_ended(self.code, &self.report, &self.errors, &self.log)
    }

    /// Fails the test unless the host found no fault.
    pub fn clean(self) -> Self {
        assert_eq!(
            self.report["violations"],
            json!([]),
            "exit {:?}: {}\n{}",
            self.code,
            self.errors,
            self.log
        );
        assert_eq!(self.code, Some(0), "{}\n{}", self.errors, self.log);
        self
    }

    /// Fails the test unless the log contains all of these words.
    pub fn logged(&self, words: &[&str]) {
        for words in words {
            assert!(self.log.contains(words), "the log lacks {words:?}:\n{}", self.log);
        }
    }
}
