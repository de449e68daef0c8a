# Made by kallithea-iisc 0.1.0 from deploy.yaml. Change that file and build again; edits here are lost.

<#
.SYNOPSIS
Takes away from this server what install.ps1 put there.

.DESCRIPTION
Stops the application pool, takes the deployment out of applicationHost.config, deletes web.config and DLLs where they are
those of manifest.json, and takes the certificates and the rights away. It never touches repositories, database, ini file,
logs, Python and Kallithea. It can be run again.

Exit codes: 0 done; 1 a step failed, and the steps before it stay done; 2 a check failed, and nothing was changed.

.PARAMETER Compiler
kallithea-iisc.exe; by default the one beside this script, else the one on the PATH.

.PARAMETER Spec
The deployment spec; by default the one in this folder or beside it.

.PARAMETER HostConfig
applicationHost.config; by default this server's. Where the configuration is shared, the shared file.

.PARAMETER Backup
The folder for the former applicationHost.config; by default beside it.

.EXAMPLE
.\uninstall.ps1 -WhatIf
#>

#Requires -Version 5.1
#Requires -PSEdition Desktop
#Requires -RunAsAdministrator

[CmdletBinding(SupportsShouldProcess)]
param(
    [string] $Compiler = '',
    [string] $Spec = '',
    [string] $HostConfig = '',
    [string] $Backup = ''
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
    NeedsPassword    = $true
    WebFolder        = 'C:\inetpub\kallithea\iis'
    BridgeFolder     = 'C:\inetpub\kallithea\bridge'
    LogFile          = 'D:\logs\kallithea\bridge.log'
    Ini              = 'C:\inetpub\kallithea\production.ini'
    PythonLibrary    = 'C:\Python311\python311.dll'
    PythonExecutable = 'C:\inetpub\kallithea\venv\Scripts\python.exe'
    StyleSheet       = 'C:\inetpub\kallithea\venv\Lib\site-packages\kallithea\public\css\style.css'
    Needed           = @(   # folders that somebody else makes
        'C:\inetpub\kallithea'
        'D:\repositories'
    )
    Programs         = @(   # folders of what IIS runs
        'C:\inetpub\kallithea'
        'C:\Python311'
        'C:\inetpub\kallithea\venv'
        'C:\inetpub\kallithea\bridge'
        'C:\inetpub\kallithea\iis'
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

$Appcmd = [IO.Path]::Combine($env:windir, 'System32\inetsrv\appcmd.exe')
$Icacls = [IO.Path]::Combine($env:windir, 'System32\icacls.exe')
$Netsh = [IO.Path]::Combine($env:windir, 'System32\netsh.exe')

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

# Every program is run by this function, which looks at its exit code.
function Invoke-Program {
    param([string] $Program, [string[]] $Arguments, [int[]] $Codes = @(0), [switch] $Silent)
    # What a program writes to standard error is no error of PowerShell's; the exit code decides.
    $ErrorActionPreference = 'Continue'
    $said = @(& $Program @Arguments 2>&1)
    $code = $LASTEXITCODE
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
    param([string] $Path)
    $text = [Text.Encoding]::UTF8.GetString([IO.File]::ReadAllBytes($Path)).TrimStart([char] 0xFEFF).Replace("`r`n", "`n")
    $digest = [Security.Cryptography.SHA256]::Create().ComputeHash([Text.Encoding]::UTF8.GetBytes($text))
    [BitConverter]::ToString($digest).Replace('-', '')
}

# The files that go to the server: where they lie, where they belong, and their hash by manifest.json.
function Get-DeployedFile {
    $manifest = Get-Content -LiteralPath ([IO.Path]::Combine($PSScriptRoot, 'manifest.json')) -Raw -Encoding UTF8 | ConvertFrom-Json
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
    $hash = if ($File.IsText) { Get-TextHash $Path } else { Get-Hash $Path }
    $hash -eq $File.Hash
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
        $script:HostConfig = [IO.Path]::Combine($env:windir, 'System32\inetsrv\config\applicationHost.config')
    }
    $script:Compiler = Resolve-File $Compiler
    $script:Spec = Resolve-File $Spec
    $script:HostConfig = Resolve-File $HostConfig
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
        'ApplicationPoolIdentity' { return Get-Sid ('IIS AppPool\' + $Deployment.Pool) }
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

# Rights of the pool's own account are nobody else's business. Those of another account may be.
function Remove-Right {
    param([hashtable] $Right)
    $sid = Get-HolderSid $Right
    if (-not $sid -or -not (Test-Path -LiteralPath $Right.Path) -or -not (Get-Grant $Right.Path $sid)) { return }
    if ($Deployment.Identity -ne 'ApplicationPoolIdentity' -or $Right.Holder -ne 'pool') {
        Write-Warning ('the right on {0} stays, since others may need it. If not: icacls "{0}" /remove:g *{1}' -f $Right.Path, $sid)
        return
    }
    Invoke-Change $Right.Path 'take the right of the application pool away' -With @{ Path = $Right.Path; Sid = $sid } -Do {
        param($it)
        Invoke-Program $Icacls @($it.Path, '/remove:g', ('*' + $it.Sid), '/Q') | Out-Null
    }
}

# An ini file that is gone or broken keeps nothing else here.
function Get-LastWrittenFolder {
    try {
        Get-WrittenFolder
    } catch {
        Write-Warning ('rights on the folders that {0} has Kallithea write in stay: {1}' -f $Deployment.Ini, $_)
    }
}

function Suspend-Pool {
    if ((Get-PoolState) -ne 'Started') { return }
    $shared = if ($Deployment.OwnPool) { '' } else { ', which others use as well' }
    Invoke-Change $Deployment.Pool "stop the application pool$shared" -Do { Stop-Pool }
}

function Resume-Pool {
    if ((Get-PoolState) -ne 'Stopped') { return }
    Invoke-Change $Deployment.Pool 'start the application pool again' -Do { Start-Pool }
}

function Uninstall-Configuration {
    Invoke-Change $HostConfig 'take the deployment out of the configuration' -Do {
        $arguments = @('remove', $Spec, '--host-config', $HostConfig)
        if ($Backup) { $arguments += '--backup', $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Backup) }
        Invoke-Program $Compiler $arguments | Out-Null
    }
}

function Remove-DeployedFile {
    param([hashtable] $File)
    if (-not (Test-Path -LiteralPath $File.To)) { return }
    if (-not (Test-DeployedFile $File.To $File)) {
        Write-Warning ('{0} is not the file of manifest.json, so it stays' -f $File.To)
        return
    }
    Invoke-Change $File.To 'delete the file' -With $File -Do {
        param($it)
        [IO.File]::Delete($it.To)
    }
}

function Remove-EmptyFolder {
    param([string] $Path)
    if (-not (Test-Path -LiteralPath $Path) -or (Get-ChildItem -LiteralPath $Path -Force)) { return }
    Invoke-Change $Path 'delete the empty folder' -With @{ Path = $Path } -Do {
        param($it)
        [IO.Directory]::Delete($it.Path)
    }
}

# Whether another site still listens by https at an address and port, and so shows the same certificate. That of 0.0.0.0 is
# shown at every address that has none of its own.
function Test-OtherSite {
    param([string] $Place)
    if ($Place -notmatch '^ipport=(?<address>.*):(?<port>\d+)$') { return $false }
    $address, $port = $Matches['address'], $Matches['port']
    $document = New-Object Xml.XmlDocument
    $document.Load($HostConfig)
    foreach ($binding in $document.SelectNodes('/configuration/system.applicationHost/sites/site/bindings/binding')) {
        $site = $binding.ParentNode.ParentNode.GetAttribute('name')
        if ($binding.GetAttribute('protocol') -ne 'https' -or $site -eq $Deployment.Site) { continue }
        if ($binding.GetAttribute('bindingInformation') -notmatch '^(?<address>.*):(?<port>\d+):[^:]*$') { continue }
        if ($Matches['port'] -eq $port -and $address -in '0.0.0.0', $Matches['address']) { return $true }
    }
    $false
}

function Remove-Certificate {
    param([hashtable] $Certificate)
    if ((Get-BoundCertificate $Certificate.Place) -ne $Certificate.Hash) { return }
    if (Test-OtherSite $Certificate.Place) {
        Write-Warning ('the certificate of {0} stays bound, since another site listens there' -f $Certificate.Url)
        return
    }
    Invoke-Change $Certificate.Url 'unbind the certificate' -With $Certificate -Do {
        param($it)
        Invoke-Program $Netsh @('http', 'delete', 'sslcert', $it.Place) | Out-Null
    }
}

try {
    Resolve-Input
    $Files = @(Get-DeployedFile)
} catch {
    $Problems.Add("$_")
}
if ($Problems.Count -gt 0) {
    Write-Problem
    exit 2
}
try {
    # While the pool is there, Windows knows its account.
    foreach ($right in $Deployment.Rights + @(Get-LastWrittenFolder)) { Remove-Right $right }
    Suspend-Pool
    try {
        Uninstall-Configuration
        foreach ($file in $Files) { Remove-DeployedFile $file }
    } finally {
        Resume-Pool
    }
    foreach ($folder in $Deployment.WebFolder, $Deployment.BridgeFolder) { Remove-EmptyFolder $folder }
    foreach ($certificate in $Deployment.Certificates) { Remove-Certificate $certificate }
} catch {
    Write-Host "failed: $_" -ForegroundColor Red
    Write-Host 'What was done before stays done. Run this script again when the cause is gone.'
    exit 1
}
if ($WhatIfPreference) { exit 0 }
Write-Host ('Done. Repositories, database, {0}, logs, Python and Kallithea are as they were.' -f $Deployment.Ini)
exit 0
