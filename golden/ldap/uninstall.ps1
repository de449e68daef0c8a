# Made by kallithea-iisc 0.1.0 from deploy.yaml. Change that file and build again; edits here are lost.

<#
.SYNOPSIS
Takes away from this server what install.ps1 put there.

.DESCRIPTION
Looks first whether everything can be done, and changes nothing where it cannot. Then it stops the application pool, takes the
deployment out of applicationHost.config, deletes web.config and DLLs where they are those of manifest.json, and takes the rights
and the certificates away. It never touches repositories, database, ini file, logs, Python and Kallithea. It can be run again.

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
    Name             = 'code'
    Spec             = 'deploy.yaml'
    SpecHash         = 'a7deddf62998d691f0275441c963a5a6cd64cbcf74636e0e01334005bad058bf'
    IisVersion       = '10.0'
    Bits             = '64'
    Site             = 'Kallithea'
    OwnSite          = $true
    Url              = 'https://code.corp.example.com/'
    WindowsSignOn    = $false
    Pool             = 'code'
    OwnPool          = $true
    Identity         = 'ApplicationPoolIdentity'   # '' where the existing pool decides
    UserName         = ''
    PoolSid          = 'S-1-5-82-1642373728-1226656460-3043465753-2199023393-3429092889'   # of the pool's own account; '' where Windows must be asked
    NeedsPassword    = $false
    WebFolder        = 'C:\inetpub\kallithea\iis'
    BridgeFolder     = 'C:\inetpub\kallithea\bridge'
    RootFolder       = ''   # of a site of its own
    LogFile          = 'C:\inetpub\kallithea\logs\bridge.log'
    Ini              = 'C:\inetpub\kallithea\my.ini'
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
        'C:\inetpub\kallithea\logs'
    )
    Rights           = @(
        @{ Path = 'C:\inetpub\kallithea'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\Python311'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\venv'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\bridge'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\iis'; Right = 'RX'; Holder = 'pool'; Below = $true }
        @{ Path = 'C:\inetpub\kallithea\logs'; Right = 'M'; Holder = 'pool'; Below = $true }
        @{ Path = 'D:\repositories'; Right = 'M'; Holder = 'pool'; Below = $true }
    )
    Certificates     = @(
        @{ Url = 'https://code.corp.example.com:443'; Place = 'ipport=0.0.0.0:443'; Hash = '5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304'; Store = 'MY' }
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

# The rights that go, each with its holder. Those of the pool's own account are nobody else's business; those of another may be.
# Whose they are is found out while the pool is there, and Windows knows it.
function Get-LostRight {
    $lost = @($Deployment.Rights) + @(Get-LastWrittenFolder)
    $script:Open = @($lost | Where-Object { $_.Right -eq 'M' } | ForEach-Object { $_.Path })
    foreach ($right in $lost) {
        $sid, $link = (Get-HolderSid $right), (Find-LeadingLink $right.Path $Open)
        if ($link) {
            Write-Warning $link
        } elseif (-not $sid) {
            Write-Warning ('the right on {0} stays: Windows does not know the account any more. icacls shows it as a number' -f $right.Path)
        } elseif ((Test-Path -LiteralPath $right.Path) -and (Get-Grant $right.Path $sid)) {
            if ($Deployment.Identity -eq 'ApplicationPoolIdentity' -and $right.Holder -eq 'pool') {
                @{ Path = $right.Path; Sid = $sid }
            } else {
                $words = "the right on {0} stays, since others may need it. If not: icacls {1} /remove:g '*{2}'"
                Write-Warning ($words -f $right.Path, (Get-Literal $right.Path), $sid)
            }
        }
    }
}

# By its SID, since Windows forgets the account's name with the pool.
function Remove-Right {
    param([hashtable] $Right)
    Invoke-Change $Right.Path 'take the right of the application pool away' -With $Right -Do {
        param($it)
        $link = Find-LeadingLink $it.Path $Open
        if ($link) { throw $link }
        Invoke-Program $Icacls @($it.Path, '/remove:g', ('*' + $it.Sid), '/Q') | Out-Null
    }
}

# What `remove` refuses, it refuses before anything is changed.
function Test-Removal {
    if ($Problems.Count -gt 0) { return }
    try {
        Invoke-Program $Compiler @('remove', $Spec, '--host-config', $HostConfig, '--check') -Codes 0, 1 | Out-Null
    } catch {
        $Problems.Add("the deployment cannot be taken out of applicationHost.config: $_")
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
        if ($Backup) { $arguments += '--backup', $Backup }
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

function Test-Everything {
    Resolve-Input
    Test-OwnFolder $Compiler
    Test-Manifest
    Test-Removal
}

function Uninstall-Everything {
    param([hashtable[]] $Files, [hashtable[]] $Rights)
    Suspend-Pool
    try {
        Uninstall-Configuration
        foreach ($file in $Files) { Remove-DeployedFile $file }
    } finally {
        Resume-Pool
    }
    foreach ($right in $Rights) { Remove-Right $right }
    foreach ($folder in $Deployment.WebFolder, $Deployment.BridgeFolder) { Remove-EmptyFolder $folder }
    foreach ($certificate in $Deployment.Certificates) { Remove-Certificate $certificate }
}

function Invoke-Removal {
    try {
        Test-Everything
        if ($Problems.Count -eq 0) { $files, $rights = @(Get-DeployedFile), @(Get-LostRight) }
    } catch {
        $Problems.Add("$_")
    }
    if ($Problems.Count -gt 0) {
        Write-Problem
        return
    }
    $script:Code = 1
    try {
        Uninstall-Everything $files $rights
    } catch {
        Write-Host "failed: $_" -ForegroundColor Red
        Write-Host 'What was done before stays done. Run this script again when the cause is gone.'
        return
    }
    $script:Code = 0
    if (-not $WhatIfPreference) { Write-Host ('Done. Repositories, database, {0}, logs, Python and Kallithea are as they were.' -f $Deployment.Ini) }
}

# The folders that the account of the pool writes to.
$Open = @()
$Code = 2
try {
    Invoke-Removal
} finally {
    $env:PSModulePath = $FormerModulePath
}
exit $Code
