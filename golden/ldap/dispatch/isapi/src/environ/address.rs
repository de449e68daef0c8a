//! Where in the application a request goes: SCRIPT_NAME and PATH_INFO, from whatever a server knows of the URL.
//!
//! What enters: server variables. What leaves: the two parts, or what to do with the request without them. [`url`] reads
//! every source in the same way. Absent: what the parts are used for.

use std::ffi::CStr;

use super::{Arrival, Environ, native};
use crate::client::Client;
use crate::fallback;
use crate::url::{self, Unreadable};

const UNICODE_PATH_INFO: &str = "UNICODE_PATH_INFO";
const URL: &str = "URL";
const BOTH: &str = "SCRIPT_NAME with PATH_INFO";

/// Where servers keep the path that they decoded, in the order in which the bridge tries them. IIS has the whole path in
/// each of them. Apache's mod_isapi has it only in URL; its PATH_INFO begins below SCRIPT_NAME.
const DECODED: [&str; 4] = [UNICODE_PATH_INFO, URL, BOTH, "PATH_INFO"];

impl Environ {
    /// The path as the client sent it; where no variable holds that, the path that the server decoded.
    pub(super) fn read_path(&mut self, client: &impl Client) {
        self.path.clear();
        let raw = self.ask(client, c"UNENCODED_URL").or_else(|| {
            fallback::note("UNENCODED_URL", "HTTP_URL");
            self.ask(client, c"HTTP_URL")
        });
        self.is_path_encoded = raw.is_some();
        if let Some(range) = raw {
            return self.path.extend_from_slice(url::path_of(&self.text[range]));
        }
        let mut missing = "HTTP_URL";
        for name in DECODED {
            fallback::note(missing, name);
            if let Some(path) = self.decoded(client, name) {
                return self.path.extend_from_slice(&path);
            }
            missing = name;
        }
    }

    /// The application's part of the path and the part below it, from the URL as the client sent it; where that does not
    /// match, or is in a code page that only the server knows, from the path that the server decoded.
    pub(super) fn split(
        &mut self,
        client: &impl Client,
        application: &str,
    ) -> Result<(Vec<u8>, Vec<u8>), Arrival> {
        let parts = match self.split_what_was_sent(application) {
            Ok(parts) => parts,
            Err(astray @ (Arrival::NotFound | Arrival::Unreadable(Unreadable::Coding))) => {
                let mut fitting = DECODED.iter().filter_map(|name| {
                    let path = url::settle(self.decoded(client, name)?).ok()?;
                    url::split(path, application)
                });
                fitting.next().ok_or(astray)?
            }
            Err(refused) => return Err(refused),
        };
        if url::is_elsewhere(&parts.1) { Err(Arrival::Elsewhere) } else { Ok(parts) }
    }

    fn split_what_was_sent(&self, application: &str) -> Result<(Vec<u8>, Vec<u8>), Arrival> {
        if self.path.is_empty() {
            return Err(Arrival::NotFound);
        }
        let read = if self.is_path_encoded { url::read(&self.path) } else { url::settle(self.path.clone()) };
        url::split(read.map_err(Arrival::Unreadable)?, application).ok_or(Arrival::NotFound)
    }

    /// The path that the server decoded, from one of the sources in [`DECODED`].
    fn decoded(&mut self, client: &impl Client, name: &str) -> Option<Vec<u8>> {
        let path_info = || client.path_info().map(native).filter(|path| !path.is_empty());
        let path = match name {
            UNICODE_PATH_INFO => self.ask_wide(client, c"UNICODE_PATH_INFO")?,
            URL => self.ask_native(client, c"URL")?,
            BOTH => {
                let (script_name, path_info) = (self.ask_native(client, c"SCRIPT_NAME")?, path_info()?);
                // Where one extension handles every URL, servers give the whole path in both variables.
                if script_name == path_info { path_info } else { script_name + &path_info }
            }
            _ => path_info()?,
        };
        Some(path.into_bytes())
    }

    /// A variable as text, which is not kept in `self.text`.
    fn ask_native(&mut self, client: &impl Client, name: &CStr) -> Option<String> {
        let begin = self.text.len();
        let text = self.ask(client, name).map(|range| native(&self.text[range]));
        self.text.truncate(begin);
        text
    }
}
