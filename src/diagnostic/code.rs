//! The codes: stable names of the kinds of problem. A code is never given a second meaning.
//!
//! `KI1xx` the file and its YAML, `KI2xx` the schema, `KI3xx` the rules across keys, `KI4xx` a deployment in a
//! server's configuration, `KI5xx` a single configuration file, `KI6xx` Kallithea's ini file.

use super::Severity;

macro_rules! codes {
    ($($name:ident = $number:literal $severity:ident $summary:literal,)*) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $name,)*
        }

        impl Code {
            /// Every code, in the order of their numbers.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable name, such as `KI201`.
            pub fn id(self) -> &'static str {
                match self { $(Code::$name => concat!("KI", $number),)* }
            }

            /// How bad a problem of this kind is.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// What the kind of problem is, in one line.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$name => $summary,)* }
            }

            /// Its explanation, as in `explanations/`: a code without one does not compile.
            pub(super) fn explanation(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("explanations/KI", $number, ".md")),)* }
            }
        }
    };
}

codes! {
    YamlSyntax = "101" Error "The file is not valid YAML.",
    NotText = "102" Error "The file is not UTF-8 text.",
    TooLarge = "103" Error "The file is too large for a spec.",
    TooDeep = "104" Error "The file is nested too deeply for a spec.",
    TooManyValues = "105" Error "The file expands to too many values for a spec.",
    SeveralDocuments = "106" Error "The file contains more than one YAML document.",
    EmptySpec = "107" Error "The file is empty.",
    DuplicateKey = "108" Error "A key occurs twice in one mapping.",
    UnsupportedYaml = "109" Error "The file uses a feature of YAML that specs do not support.",
    FileName = "110" Error "The file's name cannot be written into the outputs.",
    BadExtends = "111" Error "The path of the file that a spec extends is not valid.",
    BaseUnreadable = "112" Error "The file that a spec extends cannot be read.",
    ExtendsTooDeep = "113" Error "Specs extend each other in a circle, or too many extend each other.",
    NothingToUnset = "114" Error "A key that is to be taken out of the base is not there.",

    UnknownKey = "201" Error "The spec has no such key.",
    MissingKey = "202" Error "A required key is missing.",
    WrongType = "203" Error "A value has the wrong type.",
    UnknownValue = "204" Error "A value is not one of the allowed values.",
    OutOfRange = "205" Error "A number, a text or a list is too small or too large.",
    BadForm = "206" Error "A text does not have the form that its key requires.",
    RepeatedItem = "207" Error "A list contains the same value twice.",
    WrongApiVersion = "208" Error "The spec has an unsupported `apiVersion`.",
    LeftOpen = "209" Error "A value is still to be filled in.",
    OtherVersionRequired = "210" Error "The spec requires another version of kallithea-iisc.",

    BasicWithoutTls = "301" Error "Basic authentication without TLS sends passwords in clear text.",
    AnonymousWithAuthentication = "302" Error "IIS prefers anonymous authentication, so no user is ever \
        signed on.",
    BitnessMismatch = "303" Error "Python, the bridge and the application pool do not have the same bitness.",
    HttpsWithoutCertificate = "304" Error "An https binding has no certificate.",
    CertificateWithoutHttps = "305" Error "A binding that is not https has a certificate or SNI.",
    TlsWithoutHttps = "306" Error "TLS is required, but the site has no https binding.",
    SameAddress = "307" Error "Two bindings listen on the same address.",
    SpoofableHeader = "308" Error "The user's name comes from a header that any client can send.",
    BadVirtualDirectory = "309" Error "The virtual directory's path is not valid in IIS.",
    BadSiteName = "310" Error "The site's name is not valid in IIS.",
    BadPoolName = "311" Error "The application pool's name is not valid in IIS.",
    BadPath = "312" Error "A path is not an absolute Windows path.",
    PythonVersion = "313" Error "The bridge or Kallithea does not run on this version of Python.",
    TooNewForTarget = "314" Error "The target's IIS does not have this feature yet.",
    Iis6 = "315" Error "IIS 6 cannot run a supported Python.",
    BodyLimitTooLarge = "316" Error "The body limit is larger than IIS can store.",
    BodyLimitTooSmall = "317" Warning "The body limit is below IIS's own default, so pushes will fail.",
    SecretInSpec = "318" Error "The spec contains a secret.",
    Interpolation = "319" Error "A spec has no variables.",
    ExistingPool = "320" Error "A key would change an application pool that this deployment does not own.",
    ExistingSite = "321" Error "The keys of the site do not fit a site that exists, or one that does not.",
    UnknownSection = "322" Error "The section cannot be unlocked for a web.config.",
    IdentityUserName = "323" Error "The pool's identity type and its account do not match.",
    ModeMismatch = "324" Error "The section belongs to another authentication mode.",
    StrictTransportWithoutTls = "325" Error "A site without TLS sends Strict-Transport-Security.",
    LostOnTarget = "326" Warning "The target's IIS lacks a feature that the outputs would use.",
    SniWithoutHostName = "327" Error "A binding has Server Name Indication but no host name.",
    BadEnvironmentVariable = "328" Error "The name or value of an environment variable is not valid.",
    PlainLdap = "329" Warning "Passwords cross the network to the directory in clear text.",
    PublicFolder = "330" Error "A folder that IIS serves contains files that it must not serve.",
    BadAddress = "332" Error "A binding's address is not an IP address.",
    UnsetIdentityKey = "333" Error "The user's name comes from an environ key that the bridge never sets.",
    ControlCharacter = "334" Error "A text contains a line break or another invisible character.",
    TooOldForPython = "335" Warning "The target's Windows cannot run a Python that the bridge supports.",
    BadProxy = "336" Error "A trusted proxy is not a valid address, or matches every client.",
    ManyThreads = "337" Warning "More requests can run at once than Kallithea has database connections.",
    FarmNodes = "338" Error "A farm has fewer than two nodes, or two with the same name or address.",
    FarmDatabase = "339" Error "The nodes of a farm do not share one database.",
    FarmRepositories = "340" Error "The repositories of a farm are on a drive that the nodes do not share.",
    FarmHostName = "341" Error "The front of a farm has no host name of its own.",
    FarmIdentity = "342" Error "The nodes of a farm with Windows authentication have no account in common.",
    WindowsThroughProxy = "343" Error "A front server or another proxy breaks this way of signing on by \
        Windows.",
    FarmProxy = "344" Error "The nodes of a farm do not trust its front.",
    FarmAddress = "345" Error "The nodes do not listen where the front of the farm connects.",
    FarmMixedFront = "346" Error "The front of a farm accepts both https and http, and Kallithea cannot tell \
        them apart.",
    BadDomain = "347" Error "The name is not a valid Windows domain name.",
    OneAccountForSeveral = "348" Warning "Users of several domains share accounts in Kallithea.",
    PasswordsWithoutTls = "350" Warning "Kallithea asks for passwords on a connection without TLS.",
    WritableProgram = "351" Error "A folder that Kallithea writes to contains a part of the program.",
    DatabaseDriver = "352" Error "The database has no driver for this Python.",
    OutdatedPython = "353" Warning "This version of Python has known holes that no installer for Windows closes.",
    UntriedPython = "354" Warning "This version of Python was not tried with Kallithea on Windows.",
    PythonOfOneUser = "355" Error "Python is in a user's profile, or comes from the Microsoft Store.",
    LongDomain = "370" Warning "A domain is not written as user names carry it.",
    KerberosInKernelMode = "375" Error "IIS has no Kerberos-only provider with kernel-mode authentication.",
    ExtendedProtection = "376" Error "Extended protection checks nothing, or refuses every client.",
    SameName = "383" Warning "Two specs have the same deployment name.",
    SamePool = "384" Warning "Two specs run in the same application pool.",
    NoPlainFile = "386" Error "A link, a folder or a pipe is where a file must be written.",
    ForeignFile = "387" Error "A file, a folder or a link of another user is in the way.",

    OpenFolder = "388" Error "Other users may write to a folder whose files they must not change.",
    AnotherRun = "389" Error "Another run is writing the same file or folder.",

    MalformedConfig = "401" Error "The server's configuration is not XML that IIS can read.",
    NotOurs = "402" Error "This deployment did not create this node of the server's configuration.",
    BindingTaken = "403" Error "Another site already listens on a binding of the spec.",
    SiteIdTaken = "404" Error "The site has another number on the server, or another site has its number.",
    PoolMissing = "405" Error "The application pool that the spec expects does not exist.",
    SiteMissing = "406" Error "The site or application does not exist on the server.",
    SectionTaken = "407" Error "Another <location> contains the same section for the same path.",
    ModuleMissing = "408" Error "A role service of IIS that the deployment needs is not installed.",
    SectionLocked = "409" Error "The server locks a section that the compiled web.config contains.",
    SectionUnlocked = "410" Warning "The server has unlocked a section that the spec expects to be locked.",
    ForeignContent = "411" Error "A node of this deployment contains something that it did not create.",
    NotHostConfig = "412" Error "The file is not a server's applicationHost.config.",
    NameTaken = "413" Error "Another deployment on the server has the same name.",
    OrphanComment = "414" Warning "A comment of this deployment is not in front of its node.",
    PoolTaken = "415" Error "Another deployment runs in the same application pool.",
    NotPruned = "416" Error "A node of this deployment is no longer in the spec; --prune deletes it.",
    UnmarkedTwin = "417" Error "Something looks like this deployment, but no comment says that the \
        deployment created it.",
    SectionElsewhere = "418" Error "A section that the deployment needs is in another file, or encrypted.",
    PoolAsleep = "419" Warning "The application pool does not start together with IIS.",
    SiteAsleep = "420" Warning "The site does not start together with IIS.",
    PoolBitness = "421" Error "The application pool that exists has another bitness than Python.",
    ModuleOff = "422" Error "A module of IIS that the deployment needs is installed, but not enabled.",
    ServerSetting = "423" Error "A setting of the whole server differs from what the farm's front needs.",
    Redirected = "424" Warning "A redirect of IIS takes the requests of the application.",

    ConfigSyntax = "501" Error "A configuration file is not XML that IIS can read.",
    ConfigRoot = "502" Error "The root element is not `<configuration>`.",
    ConfigUnknownSection = "503" Error "IIS does not know the section.",
    ConfigTooNew = "504" Error "A section, an element or an attribute needs a later version of IIS.",
    ConfigRepeated = "505" Error "A section, an element or an attribute occurs twice where only one is \
        allowed.",
    ConfigLocked = "506" Error "A web.config contains something that a level above locks: 500.19.",
    ConfigServerOnly = "507" Error "Only applicationHost.config may contain the section, only for the \
        whole server, or only an application.",
    ConfigUnknownElement = "508" Error "The section has no such element.",
    ConfigUnknownAttribute = "509" Error "The element has no such attribute.",
    ConfigStrayText = "510" Error "Text is in a place where only elements are allowed.",
    ConfigMissingAttribute = "511" Error "A required attribute is missing.",
    ConfigBadValue = "512" Error "The attribute does not accept the value.",
    ConfigOutOfRange = "513" Error "A number or a time span is out of its attribute's range.",
    ConfigRepeatedKey = "514" Error "Two entries of a collection have the same key.",
    ConfigLocation = "515" Error "A `<location>` is in the wrong place, or has a path that is not allowed.",
    ConfigPerhapsLocked = "516" Warning "A web.config contains a section that a new installation locks.",
    ConfigDeclaration = "517" Error "A section is declared twice, or `<configSections>` is in the wrong place.",
    ConfigSource = "518" Error "A section is in another file where IIS does not accept that.",
    ConfigSite = "519" Error "A site, an application or an application pool is not complete.",
    ConfigNoEffect = "520" Warning "IIS accepts it, but it does not do what it says.",
    ConfigTransformation = "521" Warning "The file is a transformation, which IIS does not read.",
    ConfigEncoding = "522" Error "The file is not in the encoding that it declares.",
    ConfigHandler = "523" Error "A handler needs a module or a program that the server does not have.",
    ConfigDotNet = "524" Warning "A section of .NET is not as the schema files of IIS have it.",

    IniSyntax = "601" Error "Python cannot read a line of the ini file.",
    IniNotKallithea = "602" Error "The ini file has no section `[app:main]`.",
    IniRepeated = "603" Error "A section or a key occurs twice in the ini file.",
    IniOverruled = "604" Error "Another place in the ini file overrides a key of the deployment.",
    IniPercent = "605" Error "Python cannot read a percent sign in the ini file.",
    IniEncoding = "606" Error "Python cannot read the encoding of the ini file.",
    IniCase = "607" Error "A key of the deployment is in the ini file, but in different case.",
    IniNotAscii = "608" Warning "The ini file contains letters that its two readers read differently.",
    IniDatabasePercent = "609" Error "The database address in the ini file contains a percent sign, so \
        Kallithea does not start.",
    IniDatabase = "610" Error "A database address in the ini file is missing, or is not the deployment's.",
    IniAmbiguous = "611" Error "The ini file has two sections that PasteDeploy reads as the application.",
    IniLogging = "612" Warning "Kallithea's log does not reach the bridge's log as plain text.",
    IniShortSecret = "613" Warning "A secret in the ini file is too short.",
}
