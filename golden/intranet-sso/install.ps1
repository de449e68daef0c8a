# Made by kallithea-iisc 0.1.0 from deploy.yaml. Change that file and build again; edits here are lost.

<#
.SYNOPSIS
Does the steps of RUNBOOK.md on this server, and takes them back where one fails.

.DESCRIPTION
Checks everything before it changes anything. Then it copies web.config and DLLs, puts the deployment into
applicationHost.config, gives the application pool's account its rights, binds certificates, brings Kallithea's ini file and
database to what the deployment needs, starts the pool and looks whether the site answers. A second run changes nothing but what differs.

Exit codes: 0 done; 1 a step failed, and what it says was rolled back; 2 a check failed, and nothing was changed.

.PARAMETER Compiler
kallithea-iisc.exe; by default the one beside this script, else the one on the PATH.

.PARAMETER Prober
A kallithea-iisc.exe of the bridge's bitness, for the probe; by default the compiler.

.PARAMETER Spec
The deployment spec; by default the one in this folder or beside it.

.PARAMETER HostConfig
applicationHost.config; by default this server's. Where the configuration is shared, the shared file.

.PARAMETER Backup
The folder for former files; by default a new one beside this server's own applicationHost.config.

.PARAMETER Administrator
Who is to administer Kallithea, where nobody whom IIS or the directory signs on does yet: the name as the account has it, without the
domain unless container.cleanUsername is false. Where it is that of Kallithea's only administrator so far, run once without it first.

.PARAMETER Prune
Delete from applicationHost.config what this deployment made and the spec no longer has. Without it, that is a problem of the check.

.PARAMETER SkipProbe
Do not look whether it runs.

.EXAMPLE
.\install.ps1 -WhatIf
#>

#Requires -Version 5.1
#Requires -PSEdition Desktop
#Requires -RunAsAdministrator

[CmdletBinding(SupportsShouldProcess)]
param(
    [string] $Compiler = '',
    [string] $Prober = '',
    [string] $Spec = '',
    [string] $HostConfig = '',
    [string] $Backup = '',
    [string] $Administrator = '',
    [switch] $Prune,
    [switch] $SkipProbe
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# What the deployment's spec says. Nothing below this table depends on it.
$Deployment = @{
    Name             = 'intranet-sso'
    Spec             = 'deploy.yaml'
    SpecHash         = 'e705020ceb768ee721d2c17e52bcbb27c1c44b495de76764bd8759944d242197'
    IisVersion       = '10.0'
    Bits             = '64'
    Site             = 'Kallithea'
    OwnSite          = $true
    Url              = 'https://kallithea.corp.example.com/'
    WindowsSignOn    = $true
    Pool             = 'Kallithea'
    OwnPool          = $true
    Identity         = 'SpecificUser'   # '' where the existing pool decides
    UserName         = 'CORP\svc-kallithea'
    PoolSid          = 'S-1-5-82-693684968-2486497289-2541135712-39219316-994887375'   # of the pool's own account; '' where Windows must be asked
    NeedsPassword    = $true
    WebFolder        = 'C:\inetpub\kallithea\iis'
    BridgeFolder     = 'C:\inetpub\kallithea\bridge'
    RootFolder       = ''   # of a site of its own
    LogFile          = 'D:\logs\kallithea\bridge.log'
    Ini              = 'C:\inetpub\kallithea\production.ini'
    PythonHome       = 'C:\Python311'
    Environment      = 'C:\inetpub\kallithea\venv'   # '' where Kallithea is in Python itself
    SitePackages     = 'C:\inetpub\kallithea\venv\Lib\site-packages'
    PythonLibrary    = 'C:\Python311\python311.dll'
    PythonExecutable = 'C:\inetpub\kallithea\venv\Scripts\python.exe'
    StyleSheet       = 'C:\inetpub\kallithea\venv\Lib\site-packages\kallithea\public\css\style.css'
    Distribution     = 'C:\inetpub\kallithea'
    Needed           = @(   # folders that somebody else makes
        'C:\inetpub\kallithea'
        'D:\repositories'
    )
    Folders          = @(
        'C:\inetpub\kallithea\iis'
        'C:\inetpub\kallithea\bridge'
        'D:\logs\kallithea'
    )
    Rights           = @(
        @{ Path = 'C:\inetpub\kallithea'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\Python311'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\venv'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\bridge'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\iis'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'D:\logs\kallithea'; Right = 'M'; Holder = 'pool'; Below = $true }
        @{ Path = 'D:\repositories'; Right = 'M'; Holder = 'pool'; Below = $true }
    )
    Certificates     = @(
        @{ Url = 'https://kallithea.corp.example.com:443'; Place = 'hostnameport=kallithea.corp.example.com:443'; Hash = '5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304'; Store = 'WebHosting' }
    )
    RoleServices     = @(
        @{
            Server   = 'Web-Server'
            OnServer = 'Install-WindowsFeature -Name Web-Server'
            Client   = 'IIS-WebServer'
            OnClient = 'Enable-WindowsOptionalFeature -Online -All -FeatureName IIS-WebServer'
        }
        @{
            Server   = 'Web-ISAPI-Ext'
            OnServer = 'Install-WindowsFeature -Name Web-ISAPI-Ext'
            Client   = 'IIS-ISAPIExtensions'
            OnClient = 'Enable-WindowsOptionalFeature -Online -All -FeatureName IIS-ISAPIExtensions'
        }
        @{
            Server   = 'Web-Filtering'
            OnServer = 'Install-WindowsFeature -Name Web-Filtering'
            Client   = 'IIS-RequestFiltering'
            OnClient = 'Enable-WindowsOptionalFeature -Online -All -FeatureName IIS-RequestFiltering'
        }
        @{
            Server   = 'Web-Windows-Auth'
            OnServer = 'Install-WindowsFeature -Name Web-Windows-Auth'
            Client   = 'IIS-WindowsAuthentication'
            OnClient = 'Enable-WindowsOptionalFeature -Online -All -FeatureName IIS-WindowsAuthentication'
        }
        @{
            Server   = 'Web-Basic-Auth'
            OnServer = 'Install-WindowsFeature -Name Web-Basic-Auth'
            Client   = 'IIS-BasicAuthentication'
            OnClient = 'Enable-WindowsOptionalFeature -Online -All -FeatureName IIS-BasicAuthentication'
        }
        @{
            Server   = 'Web-Http-Tracing'
            OnServer = 'Install-WindowsFeature -Name Web-Http-Tracing'
            Client   = 'IIS-HttpTracing'
            OnClient = 'Enable-WindowsOptionalFeature -Online -All -FeatureName IIS-HttpTracing'
        }
        @{
            Server   = 'Web-Scripting-Tools'
            OnServer = 'Install-WindowsFeature -Name Web-Scripting-Tools'
            Client   = 'IIS-ManagementScriptingTools'
            OnClient = 'Enable-WindowsOptionalFeature -Online -All -FeatureName IIS-ManagementScriptingTools'
        }
    )
}

# Windows' own folder as Windows tells it: a variable of the environment may be anybody's.
$System = [Environment]::SystemDirectory
$Appcmd = [IO.Path]::Combine($System, 'inetsrv\appcmd.exe')
$Icacls = [IO.Path]::Combine($System, 'icacls.exe')
$Netsh = [IO.Path]::Combine($System, 'netsh.exe')
# Modules come from Windows alone, as long as this script runs.
$FormerModulePath = $env:PSModulePath
$env:PSModulePath = [IO.Path]::Combine($PSHOME, 'Modules')
# Where programs look for programs, until the folders of the PATH have been looked at.
$TrustedPath = $System

# What can be taken back, the last change on top.
$Changes = New-Object Collections.Stack
# What keeps the script from its work.
$Problems = New-Object Collections.Generic.List[string]
# The hashes of applicationHost.config and of Kallithea's ini file as this script left them; '' before that.
$OwnHash = ''
$IniHash = ''

# Everything that changes this machine goes through here: it asks -WhatIf and -Confirm, and remembers the way back.
function Invoke-Change {
    param([string] $Target, [string] $Action, [hashtable] $With = @{}, [scriptblock] $Do, [scriptblock] $Undo)
    if (-not $PSCmdlet.ShouldProcess($Target, $Action)) { return }
    $ConfirmPreference = 'None'
    Write-Host "- ${Action}: $Target"
    if ($Undo) { $Changes.Push(@{ Target = $Target; Undo = $Undo; With = $With }) }
    & $Do $With
}

# Every program is run by this function, which looks at its exit code. It finds no other program in the folder that somebody
# happens to stand in, nor in one of the PATH that others may write to.
function Invoke-Program {
    param([string] $Program, [string[]] $Arguments, [int[]] $Codes = @(0), [switch] $Silent)
    # What a program writes to standard error is no error of PowerShell's; the exit code decides.
    $ErrorActionPreference = 'Continue'
    $formerPath = $env:Path
    Push-Location -LiteralPath $System
    try {
        $env:Path = $TrustedPath
        $said = @(& $Program @Arguments 2>&1)
        $code = $LASTEXITCODE
    } finally {
        $env:Path = $formerPath
        Pop-Location
    }
    $lines = @($said | ForEach-Object { "$_" })
    $failed = $Codes -notcontains $code
    if ($failed -or -not $Silent) { foreach ($line in $lines) { Write-Host "    $line" } }
    if ($failed) { throw ('{0} {1}: it ended with {2}' -f $Program, ($Arguments -join ' '), $code) }
    @{ Code = $code; Text = $lines -join "`n"; Answer = @($said | Where-Object { $_ -is [string] }) -join "`n" }
}

# Starting and stopping, and a password, stand in applicationHost.config: changes of this script's own, too.
function Invoke-OwnWrite {
    param([scriptblock] $Write)
    $mine = $OwnHash -and (Get-Hash $HostConfig) -eq $OwnHash
    & $Write | Out-Null
    if ($mine) { $script:OwnHash = Get-Hash $HostConfig }
}

function Confirm-Need {
    param([bool] $Met, [string] $Problem)
    if (-not $Met) { $Problems.Add($Problem) }
}

function Write-Problem {
    foreach ($problem in $Problems) { Write-Host "problem: $problem" -ForegroundColor Red }
    Write-Host 'Nothing was changed.'
}

function Get-Hash {
    param([string] $Path)
    (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash
}

# The hash of a text as the compiler takes it: without a byte-order mark, line feeds as line ends.
function Get-TextHash {
    param([string] $Path, [string] $Mark = '')
    $text = [Text.Encoding]::UTF8.GetString([IO.File]::ReadAllBytes($Path)).TrimStart([char] 0xFEFF).Replace("`r`n", "`n")
    $digest = [Security.Cryptography.SHA256]::Create().ComputeHash([Text.Encoding]::UTF8.GetBytes($Mark + $text))
    [BitConverter]::ToString($digest).Replace('-', '')
}

function Get-Manifest {
    Get-Content -LiteralPath ([IO.Path]::Combine($PSScriptRoot, 'manifest.json')) -Raw -Encoding UTF8 | ConvertFrom-Json
}

# The files that go to the server: where they lie, where they belong, and their hash by manifest.json.
function Get-DeployedFile {
    $manifest = Get-Manifest
    $web = [IO.Path]::Combine($PSScriptRoot, 'web.config')
    $hash = $manifest.files.PSObject.Properties['web.config'].Value
    @{ From = $web; To = [IO.Path]::Combine($Deployment.WebFolder, 'web.config'); Hash = $hash; IsText = $true }
    if (-not $manifest.PSObject.Properties['binaries']) { return }
    foreach ($library in $manifest.binaries.PSObject.Properties) {
        $name = [IO.Path]::GetFileName($library.Name)
        $from = [IO.Path]::Combine($PSScriptRoot, 'bin', $name)
        @{ From = $from; To = [IO.Path]::Combine($Deployment.BridgeFolder, $name); Hash = $library.Value; IsText = $false }
    }
}

# Whether a file is the one of the manifest. Line ends of a text do not count.
function Test-DeployedFile {
    param([string] $Path, [hashtable] $File)
    if (-not (Test-Path -LiteralPath $Path -PathType Leaf)) { return $false }
    if (-not $File.IsText) { return (Get-Hash $Path) -eq $File.Hash }
    # A script with letters that are not ASCII begins with a mark, which is a part of it.
    $File.Hash -in (Get-TextHash $Path), (Get-TextHash $Path ([char] 0xFEFF))
}

# Every file that is run or believed is there, and every other one that is there is as the compiler made it: a copy that went
# wrong, or was edited, is not run. Against people who may write here the rights of this folder stand, and not this.
function Test-Manifest {
    $listed = (Get-Manifest).files.PSObject.Properties | Where-Object { $_.Name -notlike 'dispatch/*' }
    foreach ($file in $listed) {
        $path = [IO.Path]::Combine($PSScriptRoot, $file.Name.Replace('/', '\'))
        $needed = $file.Name -eq 'web.config' -or $file.Name -like 'kallithea/*' -or $file.Name -like '*.ps1'
        if (-not $needed -and -not (Test-Path -LiteralPath $path)) { continue }
        $same = Test-DeployedFile $path @{ Hash = $file.Value; IsText = $true }
        Confirm-Need $same "$path is missing, or is not what manifest.json says: build again, and copy the whole folder"
    }
}

# 64 or 32, as a program or library says of itself in its PE header.
function Get-Bitness {
    param([string] $Path)
    $bytes = [IO.File]::ReadAllBytes($Path)
    $machine = [BitConverter]::ToUInt16($bytes, [BitConverter]::ToInt32($bytes, 0x3C) + 4)
    switch ($machine) {
        0x8664 { '64' }
        0x014C { '32' }
        default { 'another' }
    }
}

# Compiler, spec and configuration file, as full paths; what is missing is a problem.
function Resolve-Input {
    if ([Environment]::Is64BitOperatingSystem) {
        Confirm-Need ([Environment]::Is64BitProcess) 'this is a 32-bit PowerShell, which sees another System32: start the 64-bit one'
    }
    $beside = [IO.Path]::Combine($PSScriptRoot, 'kallithea-iisc.exe')
    $found = @(Get-Command -Name 'kallithea-iisc.exe' -CommandType Application -ErrorAction SilentlyContinue)
    if (-not $Compiler -and (Test-Path -LiteralPath $beside)) { $script:Compiler = $beside }
    elseif (-not $Compiler -and $found) { $script:Compiler = $found[0].Path }
    Confirm-Need ([bool] $Compiler) 'there is no kallithea-iisc.exe beside this script or on the PATH: name it with -Compiler'
    $places = @([IO.Path]::Combine($PSScriptRoot, $Deployment.Spec), [IO.Path]::Combine((Split-Path -Parent $PSScriptRoot), $Deployment.Spec))
    $specs = @($places | Where-Object { Test-Path -LiteralPath $_ -PathType Leaf })
    if (-not $Spec -and $specs) { $script:Spec = $specs[0] }
    Confirm-Need ([bool] $Spec) ('there is no {0} beside this folder or in it: name it with -Spec' -f $Deployment.Spec)
    if (-not $HostConfig) {
        $script:HostConfig = [IO.Path]::Combine($System, 'inetsrv\config\applicationHost.config')
    }
    $script:Compiler = Resolve-File $Compiler
    $script:Spec = Resolve-File $Spec
    $script:HostConfig = Resolve-File $HostConfig
    if ($Backup) { $script:Backup = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Backup) }
    Confirm-Need ($HostConfig -notlike '*\redirection.config') 'the configuration is shared: name the shared applicationHost.config itself with -HostConfig'
    Confirm-Need (Test-Path -LiteralPath $Appcmd) "there is no $Appcmd, which comes with IIS"
    if ($Problems.Count -gt 0) { return }
    Confirm-Need ((Get-TextHash $Spec) -eq $Deployment.SpecHash) "this folder was not made from $Spec as it is now: build again"
    if ([Environment]::Is64BitOperatingSystem) {
        Confirm-Need ((Get-Bitness $Compiler) -eq '64') "$Compiler is a 32-bit program, which sees another System32: name a 64-bit one with -Compiler"
    }
}

# A full path; a problem where there is no such file.
function Resolve-File {
    param([string] $Path)
    if (-not $Path) { return '' }
    $full = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
    Confirm-Need (Test-Path -LiteralPath $full -PathType Leaf) "there is no file $full"
    $full
}

# Started, Stopped, Starting, Stopping; '' where there is no such pool.
function Get-PoolState {
    $answer = Invoke-Program $Appcmd @('list', 'apppool', ('/apppool.name:' + $Deployment.Pool), '/text:state') -Codes 0, 1 -Silent
    if ($answer.Code -eq 0) { $answer.Text.Trim() } else { '' }
}

# Stops the pool, and waits until its worker processes have let go of the DLLs.
function Stop-Pool {
    if ((Get-PoolState) -eq 'Started') {
        Invoke-OwnWrite { Invoke-Program $Appcmd @('stop', 'apppool', ('/apppool.name:' + $Deployment.Pool)) }
    }
    for ($second = 0; (Get-PoolState) -eq 'Stopping'; $second++) {
        if ($second -ge 180) { throw ('the application pool {0} does not stop' -f $Deployment.Pool) }
        Start-Sleep -Seconds 1
    }
}

function Start-Pool {
    if ((Get-PoolState) -eq 'Stopped') {
        Invoke-OwnWrite { Invoke-Program $Appcmd @('start', 'apppool', ('/apppool.name:' + $Deployment.Pool)) }
    }
}

# The account of the worker process as a SID, which is the same in every language; $null while Windows does not know it.
function Get-PoolSid {
    $identity, $user = $Deployment.Identity, $Deployment.UserName
    if (-not $identity -and (Get-PoolState)) {
        $pool = '/apppool.name:' + $Deployment.Pool
        $identity = (Invoke-Program $Appcmd @('list', 'apppool', $pool, '/text:processModel.identityType') -Silent).Text.Trim()
        $user = (Invoke-Program $Appcmd @('list', 'apppool', $pool, '/text:processModel.userName') -Silent).Text.Trim()
    }
    switch ($identity) {
        'LocalSystem' { return 'S-1-5-18' }
        'LocalService' { return 'S-1-5-19' }
        'NetworkService' { return 'S-1-5-20' }
        'ApplicationPoolIdentity' { return $(if ($Deployment.PoolSid) { $Deployment.PoolSid } else { Get-Sid ('IIS AppPool\' + $Deployment.Pool) }) }
        'SpecificUser' { return Get-Sid ($user -replace '^\.\\', "$env:COMPUTERNAME\") }
    }
}

function Get-Sid {
    param([string] $Account)
    try {
        (New-Object Security.Principal.NTAccount($Account)).Translate([Security.Principal.SecurityIdentifier]).Value
    } catch [Security.Principal.IdentityNotMappedException] {
        $null
    }
}

# Who a right is for: the pool, or on the network the machine's own account, which is of the machine's domain. That of whoever
# runs this script may be another.
function Get-HolderSid {
    param([hashtable] $Right)
    if ($Right.Holder -ne 'machine') { return Get-PoolSid }
    Get-Sid ('{0}\{1}$' -f (Get-CimInstance -ClassName Win32_ComputerSystem).Domain, $env:COMPUTERNAME)
}

# What an account was given on a folder itself, not by a folder above.
function Get-Grant {
    param([string] $Path, [string] $Sid)
    $rules = (Get-Acl -LiteralPath $Path).GetAccessRules($true, $false, [Security.Principal.SecurityIdentifier])
    $rules | Where-Object { $_.IdentityReference.Value -eq $Sid -and $_.AccessControlType -eq 'Allow' }
}

# The folders that Kallithea's ini file has the worker process write in, as rights: with all that is below, or, where SQLite's
# file alone lies in one, its own files. The answer is ASCII, whatever the code page of the console.
function Get-WrittenFolder {
    $answer = Invoke-Program $Compiler @('ini', $Spec, '--config', $Deployment.Ini, '--folders', '--format', 'json') -Silent
    foreach ($folder in (ConvertFrom-Json -InputObject $answer.Answer)) {
        @{ Path = $folder.path; Right = 'M'; Holder = 'pool'; Below = $folder.subfolders }
    }
}

# The hash of the certificate that HTTP.sys holds for an address; '' where it holds none.
function Get-BoundCertificate {
    param([string] $Place)
    $answer = Invoke-Program $Netsh @('http', 'show', 'sslcert', $Place) -Codes 0, 1 -Silent
    # The words around it are in the language of Windows.
    if ($answer.Code -eq 0 -and $answer.Text -match '\b[0-9a-fA-F]{40}\b') { $Matches[0].ToUpperInvariant() } else { '' }
}

# Who may change what is run here. Whoever may, acts as the administrator who runs this script: so nothing is run from a place that
# anybody else may write to, no check either. This part reads, and neither changes nor runs anything.

# SYSTEM, the administrators, Windows' own installer, whoever owns a file (CREATOR OWNER, OWNER RIGHTS: the owner is looked at as
# well), and the account that runs this script. By SID, since names are in the language of Windows.
$Trusted = @('S-1-5-18', 'S-1-5-32-544', 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464', 'S-1-3-0', 'S-1-3-4') +
    @([Security.Principal.WindowsIdentity]::GetCurrent().User.Value)

# What changes a file, or what is in a folder: write, append, extended attributes, delete children, attributes (which make a folder
# a link), delete, rights, owner, and the generic rights that hold these.
$Writing = 0x500D0156
# What replaces something in a folder above: delete children, delete, rights, owner, all rights. That others may make folders in
# C:\ is Windows' default, and does no harm to a folder that is there.
$Replacing = 0x100D0040
# In the folder above Python others may make no file either: Python looks for a pyvenv.cfg there.
$ReplacingOrNew = 0x100D0042

# What has been looked at: a description of rights, and what was said of it.
$Judged = @{}

# Members of the administrators' group are administrators. None where Windows cannot list them: then they are strangers here.
function Get-AdministratorSid {
    try { foreach ($member in Get-LocalGroupMember -SID 'S-1-5-32-544') { $member.SID.Value } } catch { Write-Verbose "$_" }
}

# The strangers in a security descriptor, as SIDs: who owns it, or has some of these rights. An entry for what is made below counts
# in a folder whose own content is meant, and not in one above.
function Find-Stranger {
    param([string] $Sddl, [int] $Rights, [bool] $Inherited, [string[]] $Known)
    try {
        $descriptor = New-Object Security.AccessControl.RawSecurityDescriptor($Sddl)
    } catch {
        return 'S-1-1-0'   # nobody can tell who may write here, so everybody may
    }
    if (-not $descriptor.Owner) { 'S-1-1-0' } elseif ($Known -notcontains $descriptor.Owner.Value) { $descriptor.Owner.Value }
    # A file without a list of rights is everybody's.
    if ($Sddl -match 'NO_ACCESS_CONTROL' -or $null -eq $descriptor.DiscretionaryAcl) { 'S-1-1-0'; return }
    foreach ($entry in $descriptor.DiscretionaryAcl) {
        if ($entry -isnot [Security.AccessControl.KnownAce]) { 'S-1-1-0'; continue }
        if ($entry -is [Security.AccessControl.QualifiedAce] -and $entry.AceQualifier -ne 'AccessAllowed') { continue }
        if (-not $Inherited -and ($entry.AceFlags -band [Security.AccessControl.AceFlags]::InheritOnly)) { continue }
        if (($entry.AccessMask -band $Rights) -ne 0 -and $Known -notcontains $entry.SecurityIdentifier.Value) { $entry.SecurityIdentifier.Value }
    }
}

# The same of a file or folder on the disk; '' for what is nobody's but the administrators'.
function Find-StrangerOn {
    param([string] $Path, [bool] $IsFolder, [int] $Rights, [bool] $Inherited)
    try {
        $kind = if ($IsFolder) { [Security.AccessControl.DirectorySecurity] } else { [Security.AccessControl.FileSecurity] }
        $sddl = $kind::new($Path, 'Access, Owner').GetSecurityDescriptorSddlForm('Access, Owner')
    } catch {
        return "nobody can tell who may write to $Path ($($_.Exception.Message))"
    }
    $key = '{0} {1} {2}' -f $Rights, $Inherited, $sddl
    if (-not $Judged.ContainsKey($key)) {
        $sids = @(Find-Stranger $sddl $Rights $Inherited $Trusted | Select-Object -Unique)
        $Judged[$key] = @($sids | ForEach-Object { Get-AccountName $_ }) -join ', '
    }
    if ($Judged[$key]) { '{0} may change {1}' -f $Judged[$key], $Path }
}

function Get-AccountName {
    param([string] $Sid)
    try {
        '{0} ({1})' -f (New-Object Security.Principal.SecurityIdentifier($Sid)).Translate([Security.Principal.NTAccount]).Value, $Sid
    } catch {
        $Sid
    }
}

# The folders above a place, the drive first: once nobody else can change one, nobody can replace what is in it.
function Get-FolderAbove {
    param([string] $Path)
    $above = New-Object Collections.Generic.List[string]
    for ($folder = [IO.Path]::GetDirectoryName($Path); $folder; $folder = [IO.Path]::GetDirectoryName($folder)) { $above.Insert(0, $folder) }
    $above
}

# What is wrong on the way to a place, as sentences.
function Find-FlawAbove {
    param([string] $Path, [int] $Rights = $Replacing)
    if ($Path -notmatch '^[A-Za-z]:\\') { return "$Path is not on a disk of this machine, and whoever runs the other may change it" }
    $drive = New-Object IO.DriveInfo($Path.Substring(0, 3))
    if ($drive.DriveType -eq 'Network') { return "$Path is not on a disk of this machine, and whoever runs the other may change it" }
    $above = @(Get-FolderAbove $Path)
    for ($place = 0; $place -lt $above.Count; $place++) {
        if (-not (Test-Path -LiteralPath $above[$place])) { return }
        if ($place -gt 0 -and (Test-Link $above[$place])) { "$($above[$place]) is a link, and leads to who knows where"; return }
        $next = if ($place -eq $above.Count - 1) { $Rights } else { $Replacing }
        Find-StrangerOn $above[$place] $true $next $false
    }
}

function Test-Link {
    param([string] $Path)
    [bool] ([IO.File]::GetAttributes($Path) -band [IO.FileAttributes]::ReparsePoint)
}

# What is wrong with a file or folder itself.
function Find-FlawIn {
    param([string] $Path, [bool] $IsFolder)
    if (Test-Link $Path) { "$Path is a link, and leads to who knows where"; return }
    Find-StrangerOn $Path $IsFolder $Writing $true
}

# What is wrong with a place: with itself and all above it; for Files with the files of a folder, for All with everything in it,
# but for the folders that are somebody else's business.
function Find-Flaw {
    param([string] $Path, [string] $Depth, [string[]] $Except = @(), [int] $Above = $Replacing)
    Find-FlawAbove $Path $Above
    if (-not (Test-Path -LiteralPath $Path)) { return }
    $isFolder = Test-Path -LiteralPath $Path -PathType Container
    Find-FlawIn $Path $isFolder
    if (-not $isFolder -or $Depth -eq 'Itself' -or (Test-Link $Path)) { return }
    $waiting = New-Object Collections.Stack
    $waiting.Push((New-Object IO.DirectoryInfo($Path)))
    while ($waiting.Count -gt 0) {
        try {
            $entries = $waiting.Pop().GetFileSystemInfos()
        } catch {
            "nobody can tell what is in $Path ($($_.Exception.Message))"
            continue
        }
        foreach ($entry in $entries) {
            $isFolder = $entry -is [IO.DirectoryInfo]
            if ($isFolder -and ($Depth -eq 'Files' -or (Test-Within $entry.FullName $Except))) { continue }
            Find-FlawIn $entry.FullName $isFolder
            if ($isFolder -and -not ($entry.Attributes -band [IO.FileAttributes]::ReparsePoint)) { $waiting.Push($entry) }
        }
    }
}

# A path in the one spelling that Windows gives it: C:\a\\b, C:/a/b, C:\a\.\b and C:\a\x\..\b are one place.
function Get-PlainPath {
    param([string] $Path)
    $plain = $Path -replace '^\\\\[?.]\\(?=[A-Za-z]:)', ''
    if ($plain -match '^[A-Za-z]:[\\/]|^\\\\') { $plain = [IO.Path]::GetFullPath($plain) }
    $plain.TrimEnd('\')
}

# Whether a place is one of these folders or in one of them.
function Test-Within {
    param([string] $Path, [string[]] $Folders)
    $place = (Get-PlainPath $Path) + '\'
    foreach ($folder in $Folders) {
        if ($place.StartsWith((Get-PlainPath $folder) + '\', [StringComparison]::OrdinalIgnoreCase)) { return $true }
    }
    $false
}

# Whoever may write to a folder may empty it and make a link of it, and rights on a link are rights on what it leads to. So of a folder
# that the account of the pool writes to neither it nor one above, as far as that account writes there, may be a link.
function Find-LeadingLink {
    param([string] $Path, [string[]] $Open)
    $plain = Get-PlainPath $Path
    foreach ($place in @(Get-FolderAbove $plain | Where-Object { Test-Within $_ $Open }) + @($plain)) {
        if (-not (Test-Path -LiteralPath $place) -or -not (Test-Link $place)) { continue }
        return "$place is a link, and whoever may write there chooses where it leads: no right is given on it or taken from it. Name the folder that is meant"
    }
}

# A path as a person types it: within single quotes, of which PowerShell has five kinds.
function Get-Literal {
    param([string] $Path)
    "'" + ($Path -replace "(['\u2018-\u201b])", '$1$1') + "'"
}

# What a person types to make a place the administrators' own: of a folder that is a program's alone the Whole, of others Only the folder,
# of one that holds secrets (Secret) without a right for users to read. Move is for a place that may be anybody's.
function Get-Cure {
    param([string] $Path, [string] $Cure)
    $move = '    move it to a folder of its own that only administrators may write to, such as one below {0}' -f [Environment]::GetFolderPath('ProgramFiles')
    $shared = @($System) + @(Get-FolderAbove $System) + @([Environment]::GetFolderPath('ProgramFiles'), [Environment]::GetFolderPath('UserProfile'))
    if ($Cure -eq 'Move' -or $shared -contains $Path -or $Path -notmatch '^[A-Za-z]:\\.' -or -not (Test-Path -LiteralPath $Path)) { return $move }
    $literal = Get-Literal $Path
    if ($Cure -eq 'Whole') {
        "    icacls $literal /setowner '*S-1-5-32-544' /T /C /Q"
        "    icacls $literal /reset /T /C /Q"
    } else {
        "    icacls $literal /setowner '*S-1-5-32-544' /Q"
    }
    $users = if ($Cure -eq 'Secret') { '' } else { " '*S-1-5-32-545:(OI)(CI)(RX)'" }
    $inherit = if (Test-Path -LiteralPath $Path -PathType Container) { '(OI)(CI)' } else { '' }
    if (-not $inherit) { $users = '' }
    "    icacls $literal /inheritance:r /grant:r '*S-1-5-18:$inherit(F)' '*S-1-5-32-544:$inherit(F)'$users"
    if ($Cure -ne 'Whole') { "    and, with its own name, what is named above and lies in it: icacls NAME /setowner '*S-1-5-32-544', then icacls NAME /reset" }
    '  Who could write there may have left something: put anew what was there. A folder above that is named is mended as well, or you choose another place.'
}

# Makes a problem of a place that others may change.
function Confirm-Trust {
    param([string] $What, [string] $Path, [string] $Depth = 'All', [string] $Cure = 'Whole', [string[]] $Except = @(), [int] $Above = $Replacing)
    $flaws = @(Find-Flaw $Path $Depth $Except $Above | Select-Object -Unique)
    if ($flaws.Count -eq 0) { return }
    $lines = @("others may change ${What}, $Path, which is run or believed with your rights. So nothing is run:")
    $lines += @($flaws | Select-Object -First 5 | ForEach-Object { "    $_" })
    if ($flaws.Count -gt 5) { $lines += '    and {0} more' -f ($flaws.Count - 5) }
    $lines += '  Make it the administrators'' own, in Windows PowerShell as administrator:'
    $lines += @(Get-Cure $Path $Cure)
    $Problems.Add($lines -join "`n")
}

# This folder, and each program's with the libraries beside it, which Windows loads first; the spec; and where former files go, from
# which they may come back.
function Test-OwnFolder {
    param([string[]] $Program)
    $script:Trusted += @(Get-AdministratorSid)
    Confirm-Trust 'the folder of this script' $PSScriptRoot -Cure 'Whole'
    foreach ($file in @($Program | Where-Object { $_ -and -not (Test-Within $_ @($PSScriptRoot)) } | Select-Object -Unique)) {
        Confirm-Trust 'the folder of a program' ([IO.Path]::GetDirectoryName($file)) -Depth 'Files' -Cure 'Move'
    }
    if ($Spec -and -not (Test-Within $Spec @($PSScriptRoot))) { Confirm-Trust 'the spec' $Spec -Depth 'Itself' -Cure 'Move' }
    if ($Backup) { Confirm-Trust 'the folder for former files' $Backup -Depth 'Itself' -Cure 'Secret' }
    $script:TrustedPath = Get-TrustedPath
}

# The folders of the PATH to which nobody else may write, in which alone a program may look for another, such as Kallithea for git.
function Get-TrustedPath {
    $kept = foreach ($folder in $env:Path.Split(';')) {
        if (-not $folder -or $folder -notmatch '^[A-Za-z]:\\' -or -not (Test-Path -LiteralPath $folder -PathType Container)) { continue }
        # Of Windows' own folders there are thousands of files.
        $depth = if (Test-Within $folder @([IO.Path]::GetDirectoryName($System))) { 'Itself' } else { 'Files' }
        $flaws = @(Find-Flaw $folder.TrimEnd('\') $depth)
        if ($flaws.Count -eq 0) { $folder } else { Write-Warning "no program is looked for in ${folder}, which is on the PATH: $($flaws[0])" }
    }
    @($kept) -join ';'
}

# The checks: each names what it finds wrong, and none changes anything.

function Test-Iis {
    $iis = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\InetStp' -ErrorAction SilentlyContinue
    if (-not $iis) { return }   # the role services say what is missing
    $version = [version] ('{0}.{1}' -f $iis.MajorVersion, $iis.MinorVersion)
    Confirm-Need ($version -ge [version] $Deployment.IisVersion) ('this is IIS {0}, and the spec is for {1}: change target.iisVersion, and build again' -f $version, $Deployment.IisVersion)
}

function Test-RoleService {
    # 1 is a workstation; servers alone have role services, workstations optional features.
    $workstation = (Get-CimInstance -ClassName Win32_OperatingSystem).ProductType -eq 1
    foreach ($service in $Deployment.RoleServices) {
        if ($workstation -and (Get-Command -Name 'Get-WindowsOptionalFeature' -ErrorAction SilentlyContinue)) {
            $there = (Get-WindowsOptionalFeature -Online -FeatureName $service.Client).State -eq 'Enabled'
            Confirm-Need $there ('{0} is missing. Add it: {1}' -f $service.Client, $service.OnClient)
        } elseif ($workstation) {
            Write-Warning ('look yourself whether {0} is there' -f $service.Client)
        } else {
            $there = (Get-WindowsFeature -Name $service.Server).Installed
            Confirm-Need $there ('{0} is missing. Add it: {1}' -f $service.Server, $service.OnServer)
        }
    }
}

function Test-Python {
    $library, $python = $Deployment.PythonLibrary, $Deployment.PythonExecutable
    if (-not (Test-Path -LiteralPath $library -PathType Leaf)) {
        $Problems.Add("there is no $library")
    } else {
        $bits = Get-Bitness $library
        Confirm-Need ($bits -eq $Deployment.Bits) ('{0} is {1}-bit, and the application pool {2}-bit' -f $library, $bits, $Deployment.Bits)
    }
    Confirm-Need (Test-Path -LiteralPath $Deployment.Ini -PathType Leaf) ('there is no {0}' -f $Deployment.Ini)
    Confirm-Need (Test-Path -LiteralPath $python -PathType Leaf) "there is no $python"
    if ($Problems.Count -gt 0) { return }
    Test-PythonPath
    if ($Problems.Count -gt 0) { return }
    try {
        # It ends with 1 where something is to be done, and with 2 where Kallithea does not come up.
        Invoke-Program $python @('-I', $Settings, '-c', $Deployment.Ini, '--check') -Codes 0, 1 | Out-Null
    } catch {
        $Problems.Add("Kallithea does not come up with its own Python: $_")
    }
}

# Where Python takes its modules from, and Kallithea, as it says itself: what lies elsewhere than was looked at.
function Test-PythonPath {
    $words = 'import importlib.util, json, sys; spec = importlib.util.find_spec(''kallithea''); print(json.dumps([sys.base_prefix, sys.prefix] + sys.path + list(spec and spec.submodule_search_locations or [])))'
    $answer = Invoke-Program $Deployment.PythonExecutable @('-I', '-c', $words) -Silent
    $known = @($Deployment.PythonHome, $Deployment.Environment | Where-Object { $_ })
    foreach ($place in (ConvertFrom-Json -InputObject $answer.Answer)) {
        if (-not (Test-Within $place $known)) { Confirm-Trust 'a folder that Python takes modules from' $place -Cure 'Only' -Except ($known + @(Get-OpenFolder)) }
    }
}

# The folders that the account of the pool is to write to. What it writes is data, and nothing that is run may lie there.
function Get-OpenFolder {
    $Deployment.Rights | Where-Object { $_.Right -eq 'M' } | ForEach-Object { $_.Path }
    $Written | ForEach-Object { $_.Path }
}

# What runs Python and Kallithea, before either is run.
function Test-Program {
    if ($Problems.Count -eq 0 -and (Test-Path -LiteralPath $Deployment.Ini -PathType Leaf)) {
        try { $script:Written = @(Get-WrittenFolder) } catch { $Problems.Add("$($Deployment.Ini) does not say where Kallithea writes: $_") }
    }
    $python, $environment, $open = $Deployment.PythonHome, $Deployment.Environment, @(Get-OpenFolder)
    $packages = [IO.Path]::Combine($Deployment.SitePackages, 'kallithea\front-end\node_modules')   # Python runs nothing of node.js
    Test-OpenFolder $open
    Confirm-Trust 'Python' $python -Above $ReplacingOrNew -Except $packages
    if ($environment) { Confirm-Trust 'the virtual environment' $environment -Except $packages }
    foreach ($folder in @(Get-NamedFolder | Where-Object { -not (Test-Within $_ @($python, $environment | Where-Object { $_ })) })) {
        Confirm-Trust 'a folder that the virtual environment or a .pth file names' $folder -Cure 'Only' -Except $open
    }
    foreach ($folder in @($Deployment.BridgeFolder, $Deployment.WebFolder)) { Confirm-Trust 'a folder of what IIS runs' $folder }
    if ($Deployment.RootFolder) {
        # The application inherits what a web.config there says.
        $root = [Environment]::ExpandEnvironmentVariables($Deployment.RootFolder)
        foreach ($place in $root, [IO.Path]::Combine($root, 'web.config')) { Confirm-Trust 'the root of the site' $place -Depth 'Itself' -Cure 'Only' }
    }
    $except = @($open) + @($python, $environment, $Deployment.BridgeFolder, $Deployment.WebFolder | Where-Object { $_ })
    Confirm-Trust 'the folder of Kallithea' $Deployment.Distribution -Cure 'Secret' -Except $except
    Test-IniFolder $except
}

# Kallithea takes code from beside its ini file, and the ini file itself names code.
function Test-IniFolder {
    param([string[]] $Except)
    $folder = [IO.Path]::GetDirectoryName($Deployment.Ini)
    if ((Test-Within $folder @($Deployment.Distribution)) -and -not (Test-Within $folder $Except)) { return }
    Confirm-Trust "the folder of Kallithea's ini file" $folder -Depth 'Itself' -Cure 'Secret'
    Confirm-Trust "Kallithea's ini file" $Deployment.Ini -Depth 'Itself' -Cure 'Secret'
    foreach ($name in 'extensions.py', 'rcextensions', '__pycache__') {
        Confirm-Trust "what Kallithea runs from beside its ini file" ([IO.Path]::Combine($folder, $name)) -Cure 'Secret'
    }
}

function Test-OpenFolder {
    param([string[]] $Open)
    foreach ($link in @($Open | ForEach-Object { Find-LeadingLink $_ $Open } | Select-Object -Unique)) { $Problems.Add($link) }
    $run = @($PSScriptRoot, $Compiler, $Deployment.Ini, $Deployment.PythonHome, $Deployment.Environment, $Deployment.BridgeFolder, $Deployment.WebFolder, $Deployment.Distribution)
    foreach ($folder in @($Open | Select-Object -Unique)) {
        $lost = @($run | Where-Object { $_ -and (Test-Within $_ @($folder)) })
        if ($lost.Count -eq 0) { continue }
        $words = "the account of the application pool is to write to {0}, and {1} lies there, which you run or believe as an administrator: Kallithea " +
            'runs an extensions.py that lies beside its ini file, for instance. Let Kallithea write to a folder of its own: stop the application pool, ' +
            "move the file of SQLite into the folder 'data' beside the ini file, and name its new place in sqlalchemy.url, sqlite:///%(here)s/data/kallithea.db?timeout=60"
        $Problems.Add(($words -f $folder, $lost[0]))
    }
}

# The Python that a virtual environment was made from, and the folders that .pth files add, as Python reads them.
function Get-NamedFolder {
    $file = if ($Deployment.Environment) { [IO.Path]::Combine($Deployment.Environment, 'pyvenv.cfg') }
    if ($file -and (Test-Path -LiteralPath $file)) {
        foreach ($line in [IO.File]::ReadAllLines($file)) { if ($line -match '^\s*home\s*=\s*(.*\S)\s*$') { $Matches[1] } }
    }
    foreach ($packages in @($Deployment.SitePackages, [IO.Path]::Combine($Deployment.PythonHome, 'Lib\site-packages') | Select-Object -Unique)) {
        if (-not (Test-Path -LiteralPath $packages -PathType Container)) { continue }
        foreach ($file in (New-Object IO.DirectoryInfo($packages)).GetFiles('*.pth')) {
            foreach ($line in [IO.File]::ReadAllLines($file.FullName)) {
                if ($line -notmatch '^(\s*$|#|import[ \t])') { [IO.Path]::GetFullPath([IO.Path]::Combine($packages, $line.TrimEnd())) }
            }
        }
    }
}

function Test-NeededFolder {
    foreach ($folder in $Deployment.Needed) {
        Confirm-Need (Test-Path -LiteralPath $folder -PathType Container) "there is no folder $folder, or this account does not see it: step 2 of RUNBOOK.md"
    }
}

# What IIS shows without them looks broken, and is not.
function Test-FrontEnd {
    if (Test-Path -LiteralPath $Deployment.StyleSheet -PathType Leaf) { return }
    Write-Warning ('there is no {0}: unless Kallithea is installed elsewhere, its pages will look bare. Step 2 of RUNBOOK.md builds the front end' -f $Deployment.StyleSheet)
}

# Whether Everyone, Authenticated Users, INTERACTIVE or Users were given a right, by a folder above as well.
function Test-OpenToAll {
    param([string] $Path, [int] $Rights)
    $rules = (Get-Acl -LiteralPath $Path).GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier])
    $all = 'S-1-1-0', 'S-1-5-11', 'S-1-5-4', 'S-1-5-32-545'
    $open = $rules | Where-Object { $_.AccessControlType -eq 'Allow' -and $_.IdentityReference.Value -in $all -and ([int] $_.FileSystemRights -band $Rights) -ne 0 }
    [bool] $open
}

# Who may write is refused elsewhere; who may read is the administrator's decision.
function Test-Reader {
    $reading = 0x10000001   # reading, and all rights at once
    if ((Test-Path -LiteralPath $Deployment.Ini) -and (Test-OpenToAll $Deployment.Ini $reading)) {
        Write-Warning ('users who are no administrators may read the secrets in {0}: step 2 of RUNBOOK.md' -f $Deployment.Ini)
    }
}

function Test-Ini {
    if ($Problems.Count -gt 0) { return }
    try {
        Invoke-Program $Compiler @('ini', $Spec, '--config', $Deployment.Ini, '--check') -Codes 0, 1 | Out-Null
    } catch {
        $Problems.Add("Kallithea's ini file cannot take the deployment's keys: $_")
    }
}

function Test-Certificate {
    foreach ($certificate in $Deployment.Certificates) {
        $place = 'Cert:\LocalMachine\{0}\{1}' -f $certificate.Store, $certificate.Hash
        $there = Get-Item -LiteralPath $place -ErrorAction SilentlyContinue
        Confirm-Need ($there -and $there.HasPrivateKey) "there is no certificate with a private key at $place"
        $bound = Get-BoundCertificate $certificate.Place
        Confirm-Need ($bound -in '', $certificate.Hash) ('{0} has another certificate, {1}. If it is to be replaced: netsh http delete sslcert {2}' -f $certificate.Url, $bound, $certificate.Place)
    }
}

function Test-DeployedFolder {
    $files = @(Get-DeployedFile)
    Confirm-Need ($files.Count -eq 3) 'this folder has no DLLs: build without --no-dll'
    foreach ($file in $files) {
        Confirm-Need (Test-DeployedFile $file.From $file) ('{0} is missing, or is not what manifest.json says: build again' -f $file.From)
    }
}

function Test-Plan {
    if ($Problems.Count -gt 0) { return }
    try {
        $told = @(if ($Prune) { '--prune' })
        Invoke-Program $Compiler (@('plan', $Spec, '--host-config', $HostConfig) + $told) -Codes 0, 1 | Out-Null
    } catch {
        $Problems.Add("applicationHost.config cannot take the deployment: $_")
    }
}

function Resolve-Prober {
    if ($Prober) { $script:Prober = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Prober) } else { $script:Prober = $Compiler }
    Confirm-Need ($Prober -and (Test-Path -LiteralPath $Prober -PathType Leaf)) 'there is no kallithea-iisc.exe to probe with'
}

# DLLs that a worker process holds cannot be replaced. Whatever else is taken back, in the end the pool runs if it ran.
function Suspend-Pool {
    $state = Get-PoolState
    $Changes.Push(@{ Target = $Deployment.Pool; With = @{ State = $state }; Undo = {
        param($it)
        if ($it.State -eq 'Started' -and (Get-PoolState) -eq 'Stopped') { Start-Pool; 'the application pool runs again' }
    } })
    $held = @(Get-DeployedFile | Where-Object { -not $_.IsText -and (Test-Path -LiteralPath $_.To) -and -not (Test-DeployedFile $_.To $_) })
    if ($state -ne 'Started' -or $held.Count -eq 0) { return }
    $shared = if ($Deployment.OwnPool) { '' } else { ', which others use as well' }
    Invoke-Change $Deployment.Pool "stop the application pool$shared" -Do { Stop-Pool }
}

# A new folder is Windows' and the administrators' from its first moment: what is put into it later, nobody else can have put there.
# Users may read what IIS runs, and nothing else.
function New-Folder {
    param([string] $Path)
    if (Test-Path -LiteralPath $Path -PathType Container) { return }
    $readers = if (Test-Within $Path (@($Backup) + @(Get-OpenFolder))) { '' } else { '(A;OICI;0x1200a9;;;BU)' }
    $with = @{ Path = $Path; Rights = 'O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)' + $readers }
    Invoke-Change $Path 'make the folder, for administrators alone to write to' -With $with -Do {
        param($it)
        $security = New-Object Security.AccessControl.DirectorySecurity
        $security.SetSecurityDescriptorSddlForm($it.Rights)
        [IO.Directory]::CreateDirectory($it.Path, $security) | Out-Null
        $flaws = @(Find-Flaw $it.Path 'All')
        if ($flaws.Count -gt 0) { throw $flaws[0] }
    } -Undo {
        param($it)
        if ((Test-Path -LiteralPath $it.Path) -and -not (Get-ChildItem -LiteralPath $it.Path -Force)) {
            [IO.Directory]::Delete($it.Path)
            "the folder $($it.Path) is away"
        }
    }
}

function Copy-DeployedFile {
    param([hashtable] $File)
    if (Test-DeployedFile $File.To $File) { return }
    $former = [IO.Path]::Combine($Backup, [IO.Path]::GetFileName($File.To))
    $with = @{ From = $File.From; To = $File.To; Former = $former; Existed = Test-Path -LiteralPath $File.To }
    if ($with.Existed) { New-Folder $Backup }
    Invoke-Change $File.To 'copy the file' -With $with -Do {
        param($it)
        if ($it.Existed) { [IO.File]::Copy($it.To, $it.Former) }
        [IO.File]::Copy($it.From, $it.To, $true)
    } -Undo {
        param($it)
        if ($it.Existed -and (Test-Path -LiteralPath $it.Former)) {
            [IO.File]::Copy($it.Former, $it.To, $true)
            "$($it.To) is the former file"
        } elseif (-not $it.Existed -and (Test-Path -LiteralPath $it.To)) {
            [IO.File]::Delete($it.To)
            "$($it.To) is away"
        }
    }
}

# Puts back a file as it was before this script, unless somebody else has changed it since. The compiler has kept it, under
# the beginning of its hash.
function Restore-Former {
    param([string] $Path, [string] $Before, [string] $Own)
    $former = [IO.Path]::Combine($Backup, ('{0}.{1}.backup' -f [IO.Path]::GetFileName($Path), $Before.Substring(0, 16).ToLowerInvariant()))
    $now = Get-Hash $Path
    if ($now -eq $Before) { return }
    if ($now -ne $Own) { throw "somebody else has changed $Path since, so it stays; the file before this script is $former" }
    # Nobody knows the name beforehand.
    $new = '{0}.{1}' -f $Path, [IO.Path]::GetRandomFileName()
    [IO.File]::Copy($former, $new)
    [IO.File]::Replace($new, $Path, [NullString]::Value)
    "$Path is what it was"
}

function Install-Configuration {
    Invoke-Change $HostConfig 'put the deployment into the configuration' -With @{ Before = Get-Hash $HostConfig } -Do {
        param($it)
        $told = @(if ($Prune) { '--prune' })
        Invoke-Program $Compiler (@('apply', $Spec, '--host-config', $HostConfig, '--backup', $Backup) + $told) | Out-Null
        $script:OwnHash = Get-Hash $HostConfig
    } -Undo {
        param($it)
        # Files can come back only where no worker process holds them. In the end the pool runs if it ran before.
        Stop-Pool
        Restore-Former $HostConfig $it.Before $OwnHash
    }
}

function Test-PoolPassword {
    $document = New-Object Xml.XmlDocument
    $document.Load($HostConfig)
    $pool = $document.SelectNodes('/configuration/system.applicationHost/applicationPools/add') | Where-Object { $_.GetAttribute('name') -eq $Deployment.Pool }
    $model = if ($pool) { $pool.SelectSingleNode('processModel') }
    [bool] ($model -and $model.GetAttribute('password'))
}

# Asked for here and stored encrypted by IIS; it goes through no command line.
function Set-PoolPassword {
    if (-not $Deployment.NeedsPassword -or (Test-PoolPassword)) { return }
    Invoke-Change $Deployment.Pool ('ask for the password of {0}' -f $Deployment.UserName) -Do {
        $credential = Get-Credential -UserName $Deployment.UserName -Message ('The account of the application pool {0}' -f $Deployment.Pool)
        if (-not $credential) { throw 'no password was given' }
        Import-Module -Name WebAdministration
        Invoke-OwnWrite {
            $value = $credential.GetNetworkCredential().Password
            Set-ItemProperty -LiteralPath ('IIS:\AppPools\' + $Deployment.Pool) -Name processModel.password -Value $value
        }
    }
}

# The pool's own account is known to Windows soon after the pool is there.
function Wait-PoolAccount {
    for ($second = 0; $second -lt 15 -and -not $WhatIfPreference -and -not (Get-PoolSid); $second++) { Start-Sleep -Seconds 1 }
}

function Assert-NoLink {
    param([string] $Path)
    $link = Find-LeadingLink $Path @(Get-OpenFolder)
    if ($link) { throw $link }
}

function Grant-Right {
    param([hashtable] $Right)
    $sid = Get-HolderSid $Right
    $rights = @{ RX = 'ReadAndExecute, Synchronize'; M = 'Modify, Synchronize' }
    $wanted = [Security.AccessControl.FileSystemRights] $rights[$Right.Right]
    $flags = @('ContainerInherit, ObjectInherit')
    if (-not $Right.Below) { $flags += 'ObjectInherit' }
    Assert-NoLink $Right.Path
    $there = Test-Path -LiteralPath $Right.Path
    $grants = @(if ($sid -and $there) { Get-Grant $Right.Path $sid })
    $enough = $grants | Where-Object { ($_.FileSystemRights -band $wanted) -eq $wanted -and $flags -contains $_.InheritanceFlags }
    if ($enough) { return }
    $letters = if ($Right.Below) { '(OI)(CI)' } else { '(OI)(NP)' }
    $before = if ($there) { (Get-Acl -LiteralPath $Right.Path).GetSecurityDescriptorSddlForm('Access') } else { '' }
    $with = @{ Path = $Right.Path; Sid = $sid; Grant = '{0}({1})' -f $letters, $Right.Right; Before = $before }
    Invoke-Change $Right.Path ('grant {0} to the account of the application pool' -f $Right.Right) -With $with -Do {
        param($it)
        if (-not $it.Sid) { throw "Windows does not know the account of the application pool, or of this machine: no right on $($it.Path)" }
        Assert-NoLink $it.Path
        Invoke-Program $Icacls @($it.Path, '/grant', ('*{0}:{1}' -f $it.Sid, $it.Grant), '/Q') | Out-Null
    } -Undo {
        param($it)
        if (-not $it.Before -or -not (Test-Path -LiteralPath $it.Path)) { return }
        Assert-NoLink $it.Path
        # Only the list of rights was changed here, and so only that is written.
        $acl = Get-Acl -LiteralPath $it.Path
        $acl.SetSecurityDescriptorSddlForm($it.Before, 'Access')
        [IO.Directory]::SetAccessControl($it.Path, $acl)
        "the rights on $($it.Path) are what they were"
    }
}

# Before anybody asks for a page: without these Kallithea answers 500 to everything.
function Grant-WrittenFolder {
    $script:Written = @(if ($WhatIfPreference) { $Written } else { Get-WrittenFolder })
    # The keys of the deployment stand in the ini file by now.
    Test-OpenFolder @(Get-OpenFolder)
    if ($Problems.Count -gt 0) { throw $Problems[0] }
    foreach ($folder in $Written) {
        New-Folder $folder.Path
        Grant-Right $folder
        if (-not $folder.Below) {
            Write-Warning ('Kallithea may change every file in {0}, since the file of SQLite lies there: a folder of its own would be better, as in step 2 of RUNBOOK.md' -f $folder.Path)
        }
    }
}

function Add-Certificate {
    param([hashtable] $Certificate)
    if (Get-BoundCertificate $Certificate.Place) { return }
    Invoke-Change $Certificate.Url 'bind the certificate' -With $Certificate -Do {
        param($it)
        # The application id is IIS's own.
        $arguments = 'http', 'add', 'sslcert', $it.Place, ('certhash=' + $it.Hash), ('certstorename=' + $it.Store), 'appid={4dc3e181-e14b-4a21-b022-59fc669b0914}'
        Invoke-Program $Netsh $arguments | Out-Null
    } -Undo {
        param($it)
        if (Get-BoundCertificate $it.Place) {
            Invoke-Program $Netsh @('http', 'delete', 'sslcert', $it.Place) | Out-Null
            "the certificate of $($it.Url) is no longer bound"
        }
    }
}

function Set-KallitheaIni {
    Invoke-Change $Deployment.Ini "bring the deployment's keys into Kallithea's ini file" -With @{ Before = Get-Hash $Deployment.Ini } -Do {
        param($it)
        Invoke-Program $Compiler @('ini', $Spec, '--config', $Deployment.Ini, '--backup', $Backup) | Out-Null
        $script:IniHash = Get-Hash $Deployment.Ini
    } -Undo {
        param($it)
        Restore-Former $Deployment.Ini $it.Before $IniHash
    }
}

# What was replaced is recorded, where there was something to do: in a file of this run's own, which alone may be undone, and
# beside the ini file, since a 32-bit Python is shown another System32 than this script. No secret is in it.
function Set-KallitheaSetting {
    param([string] $What, [string[]] $Arguments = @())
    $record = '{0}.settings-{1:yyyyMMdd-HHmmss-fff}.json' -f $Deployment.Ini, (Get-Date)
    Invoke-Change $Deployment.Ini $What -With @{ What = $What; Record = $record; Arguments = $Arguments } -Do {
        param($it)
        Invoke-Program $Deployment.PythonExecutable (@('-I', $Settings, '-c', $Deployment.Ini, '--record', $it.Record) + $it.Arguments) | Out-Null
    } -Undo {
        param($it)
        if (-not (Test-Path -LiteralPath $it.Record)) { return }
        Invoke-Program $Deployment.PythonExecutable @('-I', $Settings, '-c', $Deployment.Ini, '--undo', $it.Record, '--record', ($it.Record + '.undone')) | Out-Null
        "Kallithea's database is as it was before: $($it.What)"
    }
}

# Before the settings, which refuse to lock the last administrator out.
function Set-KallitheaAdministrator {
    if (-not $Administrator) { return }
    Set-KallitheaSetting "let $Administrator administer Kallithea" '--user', $Administrator, '--administrator'
}

function Resume-Pool {
    Invoke-Change $Deployment.Pool 'start the application pool, or recycle it' -Do {
        if ((Get-PoolState) -eq 'Started') {
            Invoke-OwnWrite { Invoke-Program $Appcmd @('recycle', 'apppool', ('/apppool.name:' + $Deployment.Pool)) }
        } else {
            Start-Pool
        }
    }
}

function Start-OwnSite {
    if (-not $Deployment.OwnSite) { return }
    Invoke-Change $Deployment.Site 'start the site' -Do {
        $site = '/site.name:' + $Deployment.Site
        $state = (Invoke-Program $Appcmd @('list', 'site', $site, '/text:state') -Silent).Text.Trim()
        if ($state -ne 'Started') { Invoke-OwnWrite { Invoke-Program $Appcmd @('start', 'site', $site) } }
    }
}

# The bridge in a process of its own. It has this account's rights, not the pool's.
function Test-Bridge {
    if ((Get-Bitness $Prober) -ne $Deployment.Bits) {
        Write-Warning ('the bridge is not probed: name a {0}-bit kallithea-iisc.exe with -Prober' -f $Deployment.Bits)
        return
    }
    Invoke-Program $Prober @('probe', $PSScriptRoot) | Out-Null
}

# The site itself. The first request waits for Kallithea to start, which answers 503 meanwhile.
function Test-Site {
    if (-not $Deployment.Url) {
        Write-Warning 'no request was made: the spec does not say the URL of the site'
        return
    }
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    for ($try = 1; ; $try++) {
        $status = Get-Status
        if ($status -ne 503 -or $try -ge 20) { break }
        Start-Sleep -Seconds 3
    }
    if ($status -eq 0) {
        Write-Warning "no request was made: this machine does not know the name in $($Deployment.Url)"
        return
    }
    Write-Host "    $($Deployment.Url) answers $status"
    if ($status -eq 401 -and $Deployment.WindowsSignOn) {
        Write-Warning 'IIS asks who this is, and this machine does not say: it trusts no other name of its own (the registry value BackConnectionHostNames). Try it from another machine.'
    } elseif ($status -ne 403 -and $status -ge 400) {
        throw "$($Deployment.Url) answers $status; RUNBOOK.md has a table of what that means, and $($Deployment.LogFile) may say more: where it says PermissionError or 'unable to open database file', the application pool lacks a right of step 5"
    }
}

# The status of the first page; 0 where nobody could be asked.
function Get-Status {
    $request = @{ Uri = $Deployment.Url; UseBasicParsing = $true; UseDefaultCredentials = $Deployment.WindowsSignOn; TimeoutSec = 120 }
    try {
        [int] (Invoke-WebRequest @request).StatusCode
    } catch [Net.WebException] {
        if ($_.Exception.Status -eq 'NameResolutionFailure') { return 0 }
        if (-not $_.Exception.Response) { throw "$($Deployment.Url): $($_.Exception.Message)" }
        [int] $_.Exception.Response.StatusCode
    }
}

function Test-Everything {
    # Whatever runs a program comes after these: none is run from a place that others may write to.
    Resolve-Input
    Resolve-Prober
    Test-OwnFolder $Compiler, $Prober
    Test-Manifest
    Test-DeployedFolder
    Test-Program
    Test-Iis
    Test-RoleService
    Test-NeededFolder
    Test-FrontEnd
    Test-Reader
    Test-Ini
    Test-Certificate
    Test-Python
    Test-Plan
}

function Install-Everything {
    Suspend-Pool
    foreach ($folder in $Deployment.Folders) { New-Folder ([Environment]::ExpandEnvironmentVariables($folder)) }
    foreach ($file in Get-DeployedFile) { Copy-DeployedFile $file }
    Install-Configuration
    Set-PoolPassword
    Wait-PoolAccount
    foreach ($right in $Deployment.Rights) { Grant-Right $right }
    foreach ($certificate in $Deployment.Certificates) { Add-Certificate $certificate }
    Set-KallitheaIni
    Grant-WrittenFolder
    Set-KallitheaAdministrator
    Set-KallitheaSetting 'bring the database to settings.json'
    Resume-Pool
    Start-OwnSite
    if ($SkipProbe -or $WhatIfPreference) { return }
    Test-Bridge
    Test-Site
}

# Everything that was changed, the last first. Gives back how much could not be taken back.
function Undo-Everything {
    $ConfirmPreference = 'None'
    $left = 0
    while ($Changes.Count -gt 0) {
        $change = $Changes.Pop()
        try {
            $lines = @(& $change.Undo $change.With)
            foreach ($line in $lines) { Write-Host "rolled back: $line" }
        } catch {
            $left++
            Write-Host "not rolled back: $($change.Target): $_" -ForegroundColor Red
        }
    }
    $left
}

function Invoke-Installation {
    try {
        Test-Everything
    } catch {
        $Problems.Add("$_")
    }
    if ($Problems.Count -gt 0) {
        Write-Problem
        return
    }
    $script:Code = 1
    if (-not $Backup) {
        $folder = 'kallithea-iisc\{0}-{1:yyyyMMdd-HHmmss}' -f $Deployment.Name, (Get-Date)
        # Beside this server's own applicationHost.config: a shared one may lie where others can write.
        $script:Backup = [IO.Path]::Combine($System, 'inetsrv\config', $folder)
    }
    try {
        Install-Everything
    } catch {
        Write-Host "failed: $_" -ForegroundColor Red
        $left = Undo-Everything
        if ($left -eq 0) { Write-Host 'Everything that can be is as it was before.' }
        return
    }
    $script:Code = 0
    if (-not $WhatIfPreference) { Write-Host "Done. Former files are in $Backup, if there were any." }
}

$Settings = [IO.Path]::Combine($PSScriptRoot, 'kallithea\apply_settings.py')
# The folders that Kallithea's ini file has it write to, once they are known.
$Written = @()
$Code = 2
try {
    Invoke-Installation
} finally {
    $env:PSModulePath = $FormerModulePath
}
exit $Code
