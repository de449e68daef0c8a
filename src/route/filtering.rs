//! Request filtering: what IIS refuses before it asks who the user is.

use kallithea_bridge_isapi::url;

use super::{Stop, Way};

const SECTION: &str = "system.webServer/security/requestFiltering";
const PAGE: &str = "iis/configuration/system.webserver/security/requestfiltering/";

/// What IIS answers to a body above maxAllowedContentLength. No version decides which of the two: page
/// `iis/configuration/system.webserver/security/requestfiltering/requestlimits` has 413.1 for 7.0 to 10.0 alike, page "HTTP status codes in
/// IIS" has 404.13, and IIS 10.0 was seen with 404.13 (<https://github.com/MicrosoftDocs/iis-docs/issues/269>). So updates changed it, and no
/// page names them.
pub(crate) const BODY_TOO_LARGE: &str = "404.13 or 413.1";

/// The same for a header above its limit: 431 on page `requestlimits/headerlimits`, 404.10 on "HTTP status codes in IIS".
pub(crate) const HEADER_TOO_LONG: &str = "404.10 or 431";

impl Way<'_, '_> {
    /// Every rule of request filtering, in IIS's order.
    pub(super) fn filtering(&mut self) -> Result<(), Stop> {
        let effective = self.effective();
        if !self.may_run("RequestFilteringModule") {
            self.note("request filtering", PAGE, "off: RequestFilteringModule does not run");
            return Ok(());
        }
        let path = self.read()?;
        let is_escaped_again =
            path.contains('%') && url::decode(path.as_bytes()) != Ok(path.clone().into_bytes());
        if !effective.is(SECTION, "", "allowDoubleEscaping") && (path.contains('+') || is_escaped_again) {
            let why = "the path changes when it is decoded a second time, as every `+` does: \
                allowDoubleEscaping is false";
            return Err(("404.11", why.into()));
        }
        if !effective.is(SECTION, "", "allowHighBitCharacters") && !path.is_ascii() {
            return Err(("404.12", "the path is not ASCII, and allowHighBitCharacters is false".into()));
        }
        self.note("escaping", PAGE, "allowed: double escaping, letters beyond ASCII");
        for entry in effective.entries(SECTION, "denyUrlSequences", "sequence") {
            let sequence = entry.value("sequence").unwrap_or_default();
            if !sequence.is_empty() && path.to_lowercase().contains(&sequence.to_lowercase()) {
                return Err(("404.5", format!("{sequence:?} in the path is denied (denyUrlSequences)")));
            }
        }
        self.extension(&path)?;
        self.segments(&path)?;
        self.verb()?;
        self.limits()?;
        if self.request.header("transfer-encoding").is_some()
            && self.request.header("content-length").is_none()
        {
            let says = "its size is unknown here, and no page says whether IIS counts it against \
                 maxAllowedContentLength later; the bridge counts a form (bridge.limits.formSize)";
            self.note("body in chunks", PAGE, says);
        }
        self.query_sequences()?;
        self.rules(&path)?;
        self.note(
            "request filtering",
            PAGE,
            "sequences, extensions, hidden segments, verbs, limits and rules allow it",
        );
        Ok(())
    }

    fn query_sequences(&self) -> Result<(), Stop> {
        let query = self.request.query().to_lowercase();
        for entry in self.effective().entries(SECTION, "denyQueryStringSequences", "sequence") {
            let sequence = entry.value("sequence").unwrap_or_default();
            if !sequence.is_empty() && query.contains(&sequence.to_lowercase()) {
                let why = format!("{sequence:?} in the query is denied (denyQueryStringSequences)");
                return Err(("404.18", why));
            }
        }
        Ok(())
    }

    /// The author's own rules: strings that a path, a query or a header must not contain (page "filteringRules").
    fn rules(&self, path: &str) -> Result<(), Stop> {
        let effective = self.effective();
        for rule in effective.entries(SECTION, "filteringRules", "name") {
            let Some(document) = effective.level_of(rule).map(|level| level.document) else { continue };
            let values = |list: &str, name: &'static str| -> Vec<&str> {
                let list = document.descend(rule, &[list]);
                let entries = list.into_iter().flat_map(|list| document.named(list, "add"));
                entries.filter_map(|entry| entry.value(name)).collect()
            };
            let extensions = values("appliesTo", "fileExtension");
            if !extensions.is_empty()
                && !extensions.iter().any(|own| path.to_lowercase().ends_with(&own.to_lowercase()))
            {
                continue;
            }
            let mut scanned: Vec<&str> = values("scanHeaders", "requestHeader")
                .iter()
                .filter_map(|name| self.request.header(name))
                .collect();
            scanned.extend(rule.says("scanUrl", "true").then_some(path));
            scanned.extend(rule.says("scanQueryString", "true").then_some(self.request.query()));
            let denied = values("denyStrings", "string").into_iter().find(|denied| {
                scanned.iter().any(|text| text.to_lowercase().contains(&denied.to_lowercase()))
            });
            if let Some(denied) = denied {
                let name = rule.value("name").unwrap_or_default();
                return Err(("404.19", format!("the rule {name:?} denies {denied:?} (filteringRules)")));
            }
        }
        Ok(())
    }

    fn extension(&self, path: &str) -> Result<(), Stop> {
        let last = path.rsplit('/').next().unwrap_or_default();
        let Some(dot) = last.rfind('.') else { return Ok(()) };
        let extension = &last[dot..];
        match self.is_allowed("fileExtensions", "fileExtension", extension) {
            true => Ok(()),
            false => Err(("404.7", format!("files that end with {extension} are denied (fileExtensions)"))),
        }
    }

    /// What a list of extensions or verbs says about an item: its own entry, or the rule for unlisted items.
    fn is_allowed(&self, list: &str, key: &str, value: &str) -> bool {
        let effective = self.effective();
        match effective.entries(SECTION, list, key).iter().find(|entry| entry.says(key, value)) {
            Some(entry) => !entry.says("allowed", "false"),
            None => effective.is(SECTION, list, "allowUnlisted"),
        }
    }

    fn segments(&self, path: &str) -> Result<(), Stop> {
        for entry in self.effective().entries(SECTION, "hiddenSegments", "segment") {
            let hidden = entry.value("segment").unwrap_or_default();
            if path.split('/').any(|segment| segment.eq_ignore_ascii_case(hidden)) {
                return Err(("404.8", format!("the segment {hidden:?} is hidden (hiddenSegments)")));
            }
        }
        Ok(())
    }

    fn verb(&self) -> Result<(), Stop> {
        match self.is_allowed("verbs", "verb", &self.request.method) {
            true => Ok(()),
            false => Err(("404.6", format!("{} is denied (verbs)", self.request.method))),
        }
    }

    fn limits(&self) -> Result<(), Stop> {
        let effective = self.effective();
        let most = |name| effective.number(SECTION, "requestLimits", name).unwrap_or(u64::MAX);
        let length =
            self.request.header("content-length").and_then(|length| length.trim().parse::<u64>().ok());
        let largest = most("maxAllowedContentLength");
        if let Some(length) = length.filter(|length| *length > largest) {
            let why = format!(
                "a body of {length} bytes is larger than {largest} bytes (maxAllowedContentLength, \
                 `requestLimits` of the spec); the updates of the server decide which of the two"
            );
            return Err((BODY_TOO_LARGE, why));
        }
        let (path, query) = (self.request.path().len() as u64, self.request.query().len() as u64);
        if path > most("maxUrl") {
            return Err((
                "404.14",
                format!("a URL of {path} bytes is longer than {} bytes (maxUrl)", most("maxUrl")),
            ));
        }
        if query > most("maxQueryString") {
            let why = format!(
                "a query of {query} bytes is longer than {} bytes (maxQueryString)",
                most("maxQueryString")
            );
            return Err(("404.15", why));
        }
        self.header_limits()
    }

    fn header_limits(&self) -> Result<(), Stop> {
        for limit in self.effective().entries(SECTION, "requestLimits/headerLimits", "header") {
            let name = limit.value("header").unwrap_or_default();
            let size =
                limit.value("sizeLimit").and_then(|size| size.parse::<usize>().ok()).unwrap_or(usize::MAX);
            if self.request.header(name).is_some_and(|value| value.len() > size) {
                let why = format!(
                    "the header {name} is longer than {size} bytes (headerLimits); the updates of the server \
                     decide which of the two"
                );
                return Err((HEADER_TOO_LONG, why));
            }
        }
        Ok(())
    }
}
