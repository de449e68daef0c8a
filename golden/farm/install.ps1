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
The folder for former files; by default a new one beside applicationHost.config.

.PARAMETER Administrator
Who is to administer Kallithea, where nobody whom IIS or the directory signs on does yet: the name as the account has it, without the
domain unless container.cleanUsername is false. Where it is that of Kallithea's only administrator so far, run once without it first.

.PARAMETER Node
Which node of the farm this is: node1, node2.

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
    [string] $Node = '',
    [switch] $Prune,
    [switch] $SkipProbe
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# What the deployment's spec says. Nothing below this table depends on it.
$Deployment = @{
    Name             = 'intranet-farm'
    Spec             = 'deploy.yaml'
    SpecHash         = '556a47f1e974ed2ad27d67381630d6ae2647f681a4d60e53d99df477da4dfc1d'
    IisVersion       = '10.0'
    Bits             = '64'
    Site             = 'Kallithea'
    OwnSite          = $true
    Url              = 'http://localhost:80/images/kallithea-logo.svg'
    WindowsSignOn    = $true
    Pool             = 'intranet-farm'
    OwnPool          = $true
    Identity         = 'SpecificUser'   # '' where the existing pool decides
    UserName         = 'CORP\kallithea$'
    NeedsPassword    = $false
    WebFolder        = 'C:\inetpub\kallithea\iis'
    BridgeFolder     = 'C:\inetpub\kallithea\bridge'
    LogFile          = 'C:\inetpub\kallithea\logs\bridge.log'
    Ini              = 'C:\inetpub\kallithea\my.ini'
    PythonLibrary    = 'C:\Python311\python311.dll'
    PythonExecutable = 'C:\inetpub\kallithea\venv\Scripts\python.exe'
    StyleSheet       = 'C:\inetpub\kallithea\venv\Lib\site-packages\kallithea\public\css\style.css'
    Needed           = @(   # folders that somebody else makes
        'C:\inetpub\kallithea'
        '\\files.corp.example.com\kallithea'
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
        'C:\inetpub\kallithea\logs'
    )
    Rights           = @(
        @{ Path = 'C:\inetpub\kallithea'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\Python311'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\venv'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\bridge'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\iis'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\logs'; Right = 'M'; Holder = 'pool'; Below = $true }
        @{ Path = '\\files.corp.example.com\kallithea'; Right = 'M'; Holder = 'pool'; Below = $true }
    )
    Certificates     = @(
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
    try {
        # It ends with 1 where something is to be done, and with 2 where Kallithea does not come up.
        Invoke-Program $python @($Settings, '-c', $Deployment.Ini, '--check') -Codes 0, 1 | Out-Null
    } catch {
        $Problems.Add("Kallithea does not come up with its own Python: $_")
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

# What was handed down may be others' as well, so this script does not take it away: step 5 of RUNBOOK.md does.
function Test-OtherUser {
    # Writing of any kind, deleting, changing rights and owner; and all rights at once.
    $writing, $reading = 0x500D0056, 0x10000001
    foreach ($folder in $Deployment.Programs) {
        if ((Test-Path -LiteralPath $folder) -and (Test-OpenToAll $folder $writing)) {
            Write-Warning ('users who are no administrators may change {0}, and so what IIS runs: step 5 of RUNBOOK.md' -f $folder)
        }
    }
    if ((Test-Path -LiteralPath $Deployment.Ini) -and (Test-OpenToAll $Deployment.Ini $reading)) {
        Write-Warning ('users who are no administrators may read the secrets in {0}: step 5 of RUNBOOK.md' -f $Deployment.Ini)
    }
}

function Test-Ini {
    Confirm-Need ([bool] $Node) 'this is a farm: say which node this is, -Node with one of node1, node2'
    if ($Problems.Count -gt 0) { return }
    try {
        Invoke-Program $Compiler @('ini', $Spec, '--config', $Deployment.Ini, '--check', '--node', $Node) -Codes 0, 1 | Out-Null
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

function New-Folder {
    param([string] $Path)
    if (Test-Path -LiteralPath $Path -PathType Container) { return }
    Invoke-Change $Path 'make the folder' -With @{ Path = $Path } -Do {
        param($it)
        [IO.Directory]::CreateDirectory($it.Path) | Out-Null
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
    Invoke-Change $File.To 'copy the file' -With $with -Do {
        param($it)
        [IO.Directory]::CreateDirectory($Backup) | Out-Null
        if ($it.Existed) { [IO.File]::Copy($it.To, $it.Former, $true) }
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
    $new = "$Path.rollback"
    [IO.File]::Copy($former, $new, $true)
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

function Grant-Right {
    param([hashtable] $Right)
    $sid = Get-HolderSid $Right
    $rights = @{ RX = 'ReadAndExecute, Synchronize'; M = 'Modify, Synchronize' }
    $wanted = [Security.AccessControl.FileSystemRights] $rights[$Right.Right]
    $flags = @('ContainerInherit, ObjectInherit')
    if (-not $Right.Below) { $flags += 'ObjectInherit' }
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
        Invoke-Program $Icacls @($it.Path, '/grant', ('*{0}:{1}' -f $it.Sid, $it.Grant), '/Q') | Out-Null
    } -Undo {
        param($it)
        if (-not $it.Before -or -not (Test-Path -LiteralPath $it.Path)) { return }
        # Only the list of rights was changed here, and so only that is written.
        $acl = Get-Acl -LiteralPath $it.Path
        $acl.SetSecurityDescriptorSddlForm($it.Before, 'Access')
        [IO.Directory]::SetAccessControl($it.Path, $acl)
        "the rights on $($it.Path) are what they were"
    }
}

# Before anybody asks for a page: without these Kallithea answers 500 to everything.
function Grant-WrittenFolder {
    foreach ($folder in Get-WrittenFolder) {
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
        Invoke-Program $Compiler @('ini', $Spec, '--config', $Deployment.Ini, '--backup', $Backup, '--node', $Node) | Out-Null
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
        Invoke-Program $Deployment.PythonExecutable (@($Settings, '-c', $Deployment.Ini, '--record', $it.Record) + $it.Arguments) | Out-Null
    } -Undo {
        param($it)
        if (-not (Test-Path -LiteralPath $it.Record)) { return }
        Invoke-Program $Deployment.PythonExecutable @($Settings, '-c', $Deployment.Ini, '--undo', $it.Record, '--record', ($it.Record + '.undone')) | Out-Null
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
    Resolve-Input
    Resolve-Prober
    Test-Iis
    Test-RoleService
    Test-DeployedFolder
    Test-NeededFolder
    Test-FrontEnd
    Test-OtherUser
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

$Settings = [IO.Path]::Combine($PSScriptRoot, 'kallithea\apply_settings.py')
try {
    Test-Everything
} catch {
    $Problems.Add("$_")
}
if ($Problems.Count -gt 0) {
    Write-Problem
    exit 2
}
if (-not $Backup) {
    $folder = 'kallithea-iisc\{0}-{1:yyyyMMdd-HHmmss}' -f $Deployment.Name, (Get-Date)
    $Backup = [IO.Path]::Combine((Split-Path -Parent $HostConfig), $folder)
}
$Backup = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Backup)
try {
    Install-Everything
} catch {
    Write-Host "failed: $_" -ForegroundColor Red
    $left = Undo-Everything
    if ($left -eq 0) { Write-Host 'Everything that can be is as it was before.' }
    exit 1
}
if ($WhatIfPreference) { exit 0 }
Write-Host "Done. Former files are in $Backup, if there were any."
exit 0
