//! What the server itself needs: a readable configuration, an application pool that runs and has the DLL's bitness, and
//! no WebDAV in the way.

use iis_config::hosting::of_pool;

use super::{Stop, Way};
use crate::lint::global_modules;
use crate::model::Architecture;

const MODULES: &str = "system.webServer/modules";

pub(super) const ERRORS_PAGE: &str =
    "troubleshoot/developer/webapps/iis/health-diagnostic-performance/http-error-500-19-webpage";
const POOLS_PAGE: &str = "iis/configuration/system.applicationhost/applicationpools/add/";
const WEBDAV_PAGE: &str = "iis/configuration/system.webserver/webdav/";

/// The methods that WebDAV's module handles.
const WEBDAV_METHODS: [&str; 9] =
    ["PROPFIND", "PROPPATCH", "MKCOL", "PUT", "COPY", "DELETE", "MOVE", "LOCK", "UNLOCK"];

impl Way<'_, '_> {
    /// If IIS refuses the web.config, it answers every request with 500.19.
    pub(super) fn configuration(&mut self) -> Result<(), Stop> {
        if let Some(first) = self.refused().first() {
            return Err((
                "500.19",
                format!("IIS cannot read the web.config: {} ({})", first.message, first.code.id()),
            ));
        }
        self.note("web.config", ERRORS_PAGE, "IIS can read it, and no section in it is locked");
        Ok(())
    }

    /// The application pool of the request.
    pub(super) fn pool(&mut self) -> Result<(), Stop> {
        let name = &self.deployment.pool.name;
        let pools = self.host.descend(self.host.root(), &["system.applicationHost", "applicationPools"]);
        let Some(pools) = pools else {
            let says = format!("unknown; assuming that the pool {name} exists; use --host-config to check");
            self.note("application pool", POOLS_PAGE, says);
            return Ok(());
        };
        if !self.host.named(pools, "add").any(|pool| pool.says("name", name)) {
            return Err(("503", format!("the application pool {name:?} does not exist")));
        }
        if let Some(stopped) = of_pool(self.host, name, "autoStart").filter(|start| start.says("false")) {
            let place = if stopped.is_default { "autoStart of applicationPoolDefaults" } else { "autoStart" };
            let why = format!("the application pool {name:?} does not start together with IIS ({place})");
            return Err(("503", why));
        }
        let bits = if self.is_32_bit_pool() { "32" } else { "64" };
        self.note("application pool", POOLS_PAGE, format!("{name}, {bits}-bit"));
        Ok(())
    }

    /// WebDAV's module answers its methods itself, if it is installed and not removed for the application.
    pub(super) fn webdav(&mut self) -> Result<(), Stop> {
        let is_installed = global_modules(self.host)
            .is_some_and(|all| self.host.named(all, "add").any(|module| module.says("name", "WebDAVModule")));
        let effective = self.effective();
        let is_on = || {
            effective.entries(MODULES, "", "name").iter().any(|module| module.says("name", "WebDAVModule"))
        };
        let is_its_method = WEBDAV_METHODS.contains(&self.request.method.as_str());
        if is_installed && is_its_method && is_on() {
            let why = format!(
                "WebDAVModule answers {} before any handler: remove it for the application (modules)",
                self.request.method
            );
            return Err(("405", why));
        }
        self.note("WebDAV", WEBDAV_PAGE, "does not interfere");
        Ok(())
    }

    /// A DLL of the other bitness cannot be loaded.
    pub(super) fn bitness(&self) -> Result<(), Stop> {
        match self.has_bitness_of_pool() {
            true => Ok(()),
            false => Err((
                "500",
                "0x800700c1: the DLL and the application pool do not have the same bitness".into(),
            )),
        }
    }

    /// Whether the application pool has the DLL's bitness.
    pub(super) fn has_bitness_of_pool(&self) -> bool {
        self.is_32_bit_pool() == (self.deployment.target.architecture == Architecture::X86)
    }

    /// The value of the pool, of the defaults of all pools, or, if there is neither, of the spec.
    pub(super) fn is_32_bit_pool(&self) -> bool {
        const NAME: &str = "enable32BitAppOnWin64";
        let pools = self.host.descend(self.host.root(), &["system.applicationHost", "applicationPools"]);
        if pools.is_none() {
            return self.deployment.target.architecture == Architecture::X86;
        }
        of_pool(self.host, &self.deployment.pool.name, NAME).is_some_and(|written| written.says("true"))
    }

    /// Whether the file is a server's own, and not only the compiled parts.
    pub(super) fn is_whole_server(&self) -> bool {
        self.host.descend(self.host.root(), &["configSections"]).is_some()
    }
}
