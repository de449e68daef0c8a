# A server that keeps state: application pools, sites, worker processes, rights, certificates, role services, Kallithea's database.
#
# In: the table $Stand, which every runspace of one run shares. Out: what programs.ps1 and windows.ps1 say and change. It is written
# from Microsoft's pages, named beside each behaviour, and not from the scripts. Windows PowerShell 5.1 can run it as well.
# Absent: IIS, HTTP.sys, NTFS. A worker process is an open file here, and rights are a table.

# Runs a block that no other runspace interrupts.
function Use-Stand {
    param([scriptblock] $Do)
    [Threading.Monitor]::Enter($Stand.SyncRoot)
    try { & $Do } finally { [Threading.Monitor]::Exit($Stand.SyncRoot) }
}

function Read-HostConfig {
    $document = New-Object Xml.XmlDocument
    $document.PreserveWhitespace = $true
    $document.LoadXml([IO.File]::ReadAllText($Stand.Config))
    $document
}

function Get-PoolNode {
    param([string] $Name)
    (Read-HostConfig).SelectNodes('/configuration/system.applicationHost/applicationPools/add') | Where-Object { $_.GetAttribute('name') -eq $Name }
}

# WAS reads applicationHost.config when it changes. A new pool starts if its autoStart is not false, a new site if its
# serverAutoStart is not false ("Adding Application Pools <add>", "Site <site>": both are true by default). One that was removed
# ends with its worker processes.
function Sync-Server {
    $text = [IO.File]::ReadAllText($Stand.Config)
    if ($text -ceq $Stand.Read) { return }
    $document = Read-HostConfig
    $Stand.Read = $text
    $pools, $sites = @{}, @{}
    foreach ($node in $document.SelectNodes('/configuration/system.applicationHost/applicationPools/add')) { $pools[$node.GetAttribute('name')] = $node.GetAttribute('autoStart') -ne 'false' }
    foreach ($node in $document.SelectNodes('/configuration/system.applicationHost/sites/site')) { $sites[$node.GetAttribute('name')] = $node.GetAttribute('serverAutoStart') -ne 'false' }
    foreach ($name in @($Stand.Pools.Keys)) { if (-not $pools.ContainsKey($name)) { Stop-Worker $name; $Stand.Pools.Remove($name) } }
    foreach ($name in @($Stand.Sites.Keys)) { if (-not $sites.ContainsKey($name)) { $Stand.Sites.Remove($name) } }
    foreach ($name in $pools.Keys) {
        if ($Stand.Pools.ContainsKey($name)) { continue }
        $Stand.Pools[$name] = 'Stopped'
        if ($pools[$name]) { Start-StandPool $name }
    }
    foreach ($name in $sites.Keys) {
        if (-not $Stand.Sites.ContainsKey($name)) { $Stand.Sites[$name] = if ($sites[$name]) { 'Started' } else { 'Stopped' } }
    }
}

# A pool whose startMode is AlwaysRunning has its worker process at once, every other one with the first request ("Adding Application
# Pools <add>", startMode).
function Start-StandPool {
    param([string] $Name)
    $Stand.Pools[$Name] = 'Started'
    if ((Get-PoolNode $Name).GetAttribute('startMode') -eq 'AlwaysRunning') { Start-Worker $Name }
}

# A worker process holds the DLLs that it has loaded. Without its account's password it does not start, and WAS disables the pool
# (events 5021 and 5059 of WAS, "IIS Application Pool Availability"). A group managed service account has none.
function Start-Worker {
    param([string] $Name)
    if ($Stand.Workers.ContainsKey($Name)) { return }
    $node = Get-PoolNode $Name
    $model = $node.SelectSingleNode('processModel')
    if ($model -and $model.GetAttribute('identityType') -eq 'SpecificUser' -and -not $model.GetAttribute('userName').EndsWith('$') -and -not $model.GetAttribute('password')) {
        $Stand.Pools[$Name] = 'Stopped'
        [void] $Stand.Events.Add("5059: the pool $Name was disabled, because its account has no password")
        return
    }
    $held = New-Object Collections.ArrayList
    $bridge = [IO.Path]::Combine($Stand.Bridge, '_dispatch.dll')
    if ($Name -eq $Stand.Pool -and $Stand.Read.Contains($bridge)) {
        # Windows refuses to write over a loaded DLL or to delete it; it would let it be renamed, and nothing here relies on that.
        # The last line of this _dispatch.dll is the engine that it loads.
        if (-not [IO.File]::Exists($bridge)) {
            [void] $Stand.Events.Add("the pool $Name started without $bridge")
        } else {
            $engine = [IO.Path]::Combine($Stand.Bridge, [IO.File]::ReadAllText($bridge).Split("`n")[-1])
            if (-not [IO.File]::Exists($engine)) { [void] $Stand.Events.Add("the pool $Name started without $engine") }
            foreach ($file in $bridge, $engine) { if ([IO.File]::Exists($file)) { [void] $held.Add((New-Object IO.FileStream($file, 'Open', 'Read', 'Read'))) } }
        }
    }
    $Stand.Workers[$Name] = $held
}

function Stop-Worker {
    param([string] $Name)
    if (-not $Stand.Workers.ContainsKey($Name)) { return }
    foreach ($stream in $Stand.Workers[$Name]) { $stream.Dispose() }
    $Stand.Workers.Remove($Name)
}

# A pool that is told to stop is Stopping until its worker process has ended ("Process Model Settings for an Application Pool
# <processModel>", shutdownTimeLimit): here for as many questions as Lag says.
function Step-Server {
    foreach ($name in @($Stand.Ending.Keys)) {
        if ($Stand.Ending[$name] -gt 0) { $Stand.Ending[$name]--; continue }
        $Stand.Ending.Remove($name)
        Stop-Worker $name
        if ($Stand.Pools[$name] -eq 'Stopping') { $Stand.Pools[$name] = 'Stopped' }
    }
}

# What of this server a script can change, one thing a line: every file with its hash, every folder, and what the tables say.
function Get-Shape {
    $lines = New-Object Collections.Generic.List[string]
    $hash = [Security.Cryptography.SHA256]::Create()
    foreach ($top in $Stand.Tops) {
        foreach ($path in [IO.Directory]::GetDirectories($top, '*', 'AllDirectories')) { $lines.Add("folder $path") }
        foreach ($path in [IO.Directory]::GetFiles($top, '*', 'AllDirectories')) {
            if ($path -eq $Stand.Log) { continue }
            $bytes = Get-Bytes $path
            $lines.Add("file $path = " + [BitConverter]::ToString($hash.ComputeHash($bytes), 0, 8).Replace('-', ''))
        }
    }
    foreach ($table in 'Pools', 'Sites', 'Certificates', 'Settings', 'Backups') {
        foreach ($key in $Stand[$table].Keys) { $lines.Add("$table $key = $($Stand[$table][$key])") }
    }
    foreach ($path in $Stand.Rights.Keys) {
        if ($Stand.Rights[$path] -ne $Stand.NoRights -and [IO.Directory]::Exists($path)) { $lines.Add("rights $path = $($Stand.Rights[$path])") }
    }
    $lines.Sort([StringComparer]::Ordinal)
    $lines
}

# A file that a worker process holds can be read.
function Get-Bytes {
    param([string] $Path)
    $stream = New-Object IO.FileStream($Path, 'Open', 'Read', 'ReadWrite, Delete')
    try {
        $bytes = New-Object byte[] $stream.Length
        [void] $stream.Read($bytes, 0, $bytes.Length)
        , $bytes
    } finally { $stream.Dispose() }
}

# What one shape has, and the other does not.
function Compare-Shape {
    param([string[]] $Before, [string[]] $After)
    $was, $is = (New-Object Collections.Generic.HashSet[string](, $Before)), (New-Object Collections.Generic.HashSet[string](, $After))
    foreach ($line in $Before) { if (-not $is.Contains($line)) { "- $line" } }
    foreach ($line in $After) { if (-not $was.Contains($line)) { "+ $line" } }
}

$Tables = 'Pools', 'Sites', 'Certificates', 'Settings', 'Backups', 'Rights'

# The whole server, to begin again from.
function Save-Server {
    $saved = @{ Files = @{}; Folders = @(); Read = $Stand.Read; Workers = @($Stand.Workers.Keys); Log = [IO.File]::Exists($Stand.Log) }
    foreach ($top in $Stand.Tops) {
        $saved.Folders += @([IO.Directory]::GetDirectories($top, '*', 'AllDirectories'))
        foreach ($path in [IO.Directory]::GetFiles($top, '*', 'AllDirectories')) { $saved.Files[$path] = Get-Bytes $path }
    }
    foreach ($table in $Tables) { $saved[$table] = $Stand[$table].Clone() }
    $saved
}

function Restore-Server {
    param([hashtable] $Saved)
    foreach ($name in @($Stand.Workers.Keys)) { Stop-Worker $name }
    $Stand.Ending.Clear()
    foreach ($top in $Stand.Tops) {
        foreach ($path in [IO.Directory]::GetFiles($top, '*', 'AllDirectories')) { if (-not $Saved.Files.ContainsKey($path)) { [IO.File]::Delete($path) } }
        $folders = [IO.Directory]::GetDirectories($top, '*', 'AllDirectories')
        [Array]::Sort($folders)
        [Array]::Reverse($folders)
        foreach ($path in $folders) { if ($Saved.Folders -notcontains $path) { [IO.Directory]::Delete($path) } }
    }
    foreach ($path in $Saved.Folders) { [void] [IO.Directory]::CreateDirectory($path) }
    foreach ($path in $Saved.Files.Keys) {
        $now = if ([IO.File]::Exists($path)) { Get-Bytes $path }
        if ($null -eq $now -or [Convert]::ToBase64String($now) -ne [Convert]::ToBase64String($Saved.Files[$path])) { [IO.File]::WriteAllBytes($path, $Saved.Files[$path]) }
    }
    foreach ($table in $Tables) { $Stand[$table] = $Saved[$table].Clone() }
    $Stand.Read = $Saved.Read
    foreach ($name in $Saved.Workers) { Start-Worker $name }
}
