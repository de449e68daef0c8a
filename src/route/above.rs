//! What the web.config files of the folders above an application do to it: IIS hands their sections down (page "Deep Dive into IIS
//! Configuration").
//!
//! What enters: those files, as far as they are known. What leaves: whether IIS can read them, whether they contradict the application's
//! own file, and whether a redirect or rules take the request. Absent: which folders these are.

use iis_config::check::{Beside, Level, LevelKind};
use iis_config::effective::REDIRECT;
use iis_config::markup::Document;
use iis_config::schema::Tables;

use super::front::REWRITE;
use super::server::ERRORS_PAGE;
use super::{Above, Broken, FileAbove, Stop, Way};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::lint::redirect::{redirected, turn_off};
use crate::lint::{Kind, Surroundings, lint_below};

const RULES: &str = "system.webServer/rewrite/rules";
const GLOBAL_RULES: &str = "system.webServer/rewrite/globalRules";

const REDIRECT_PAGE: &str = "iis/configuration/system.webserver/httpredirect/";

/// The status of each `httpResponseStatus`; the first is the default (schema section `system.webServer/httpRedirect`).
const STATUSES: [(&str, &str); 4] =
    [("Found", "302"), ("Permanent", "301"), ("Temporary", "307"), ("PermRedirect", "308")];

impl<'d, 'a> Way<'d, 'a> {
    /// If IIS cannot read a file above, it answers 500.19 below it too.
    pub(super) fn configuration_above(&mut self) -> Result<(), Stop> {
        for index in 0..self.above.len() {
            let FileAbove { name, path, .. } = self.above[index].file;
            if let Some(first) = self.refused_above(index).first() {
                let why = format!("{} ({})", first.message, first.code.id());
                return Err(("500.19", format!("IIS cannot read {name}, which is above: {why}")));
            }
            let says = format!("IIS can read {name}; it counts for the application");
            let rule = if path == "/" { "site's web.config" } else { "web.config above" };
            self.note(rule, ERRORS_PAGE, says);
        }
        Ok(())
    }

    /// What IIS refuses in a file above, alone and below the files above that one.
    fn refused_above(&self, index: usize) -> Vec<Diagnostic> {
        let Above { file, document } = self.above[index];
        // Without the server's own file it is not known what the server locks.
        let host = self.is_whole_server().then(|| self.host_level(file.path));
        let above = self.above[..index].iter().filter_map(|other| other.level(file.path));
        let levels: Vec<_> = host.into_iter().chain(above).collect();
        self.lint((file.text, file.is_utf16), document, &levels)
    }

    /// What IIS refuses in the application's web.config, alone and below the files above it.
    pub(super) fn refused(&self) -> Vec<Diagnostic> {
        let path = &self.deployment.application.path;
        let mut levels = vec![self.host_level(path)];
        levels.extend(self.above.iter().filter_map(|file| file.level(path)));
        self.lint((self.web.text, self.is_web_utf16), Some(self.web), &levels)
    }

    /// Everything that the files above break.
    pub(super) fn broken(&self) -> Vec<Broken> {
        let of_file = |index| {
            let mut found = self.refused_above(index);
            found.extend(self.redirect_in(index));
            Broken { file: Some(index), found }
        };
        let mut found: Vec<_> = (0..self.above.len()).map(of_file).collect();
        found.push(Broken { file: None, found: self.refused() });
        found.retain(|broken| !broken.found.is_empty());
        found
    }

    /// The redirect of a file above, if it takes every request of the application.
    fn redirect_in(&self, index: usize) -> Option<Diagnostic> {
        let effective = self.effective();
        let (level, section) = effective.redirect()?;
        let is_it = self.above[index].document.is_some_and(|own| std::ptr::eq(own, level.document));
        (is_it && !effective.is(REDIRECT, "", "childOnly"))
            .then(|| redirected(&effective, section, &self.deployment.location()))
    }

    /// The server's file, as a level above a path of the site.
    fn host_level(&self, path: &str) -> Level<'d, 'a> {
        Level {
            name: "applicationHost.config".to_owned(),
            document: self.host,
            below: self.deployment.location_of(path),
            kind: LevelKind::Host,
        }
    }

    /// What is wrong with a web.config below these files.
    fn lint(
        &self,
        (text, is_utf16): (&str, bool),
        document: Option<&Document<'_>>,
        levels: &[Level<'_, '_>],
    ) -> Vec<Diagnostic> {
        let unlocked: Vec<&str> = self.deployment.target.unlocked.iter().map(String::as_str).collect();
        let around = Surroundings {
            kind: Kind::WebConfig,
            version: self.deployment.target.version,
            tables: &Tables::own(),
            levels,
            unlocked: if self.is_whole_server() { &[] } else { &unlocked },
            is_utf16,
            beside: &|_| Beside::Unread,
        };
        let mut found = lint_below(text, document, &around);
        // A handler without its module concerns its own requests alone.
        found.retain(|found| found.severity() == Severity::Error && found.code != Code::ConfigHandler);
        found
    }

    /// A redirect of the site or the server, which its applications inherit.
    pub(super) fn redirect(&mut self) -> Result<(), Stop> {
        let effective = self.effective();
        let Some((level, _)) = effective.redirect() else { return Ok(()) };
        let to = effective.value(REDIRECT, "", "destination");
        if effective.is(REDIRECT, "", "childOnly") {
            let says =
                format!("httpRedirect leads to {to}, for some paths (childOnly); this was not followed");
            self.note("redirect", REDIRECT_PAGE, says);
            return Ok(());
        }
        let written = effective.value(REDIRECT, "", "httpResponseStatus");
        let status = STATUSES.iter().find(|(word, _)| *word == written).unwrap_or(&STATUSES[0]).1;
        let advice = match level.kind {
            LevelKind::Own => "turn it off in the application's web.config".to_owned(),
            LevelKind::Host | LevelKind::Web => turn_off(&self.deployment.location()),
        };
        Err((status, format!("httpRedirect sends the request to {to}; {advice}")))
    }

    /// Rules of URL Rewrite that count for the whole server, without the one with this name.
    pub(super) fn global_rules(&mut self, own: Option<&str>) {
        let parts: Vec<&str> = GLOBAL_RULES.split('/').collect();
        let all = self.host.descend(self.host.root(), &parts).into_iter();
        let rules = all.flat_map(|all| self.host.named(all, "rule"));
        let rules = rules.filter(|rule| !rule.says("enabled", "false"));
        let names = rules.filter_map(|rule| rule.value("name")).filter(|name| Some(*name) != own).collect();
        let which = ", which the server applies before everything of the site";
        self.not_followed(("global rules", "global rule"), which, names);
    }

    /// Rules of URL Rewrite that count for the application.
    pub(super) fn rewriting(&mut self) {
        let names = self.effective().names(RULES, "rule");
        self.not_followed(("rewrite", "rule"), " that count for the application", names);
    }

    /// Names the rules of URL Rewrite that nobody follows, if its module may run.
    fn not_followed(&mut self, (step, noun): (&'static str, &str), which: &str, names: Vec<&str>) {
        if names.is_empty() || !self.may_run("RewriteModule") {
            return;
        }
        let rules = counted(names.len(), noun);
        let says = format!("route does not follow {rules} of URL Rewrite{which}: {}", names.join(", "));
        self.note(step, REWRITE, says);
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("a {noun}") } else { format!("{count} {noun}s") }
}
