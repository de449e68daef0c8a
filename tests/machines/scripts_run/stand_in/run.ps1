# Runs scripts on the stand-in server, many in one process. In: a table in JSON. Out: a line of JSON for each run, with the exit code, what
# was said, each step and call, and what differs from before.
param([string] $Described)
Set-StrictMode -Off
$ErrorActionPreference = 'Stop'
$Here = [IO.Path]::GetDirectoryName($Described)
$Told = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($Described))

# The table of the deployment, as install.ps1 has it.
function Read-Deployment {
    $text = [IO.File]::ReadAllText("$($Told.out)\install.ps1")
    $start = $text.IndexOf('$Deployment = @{') + '$Deployment = '.Length
    & ([scriptblock]::Create($text.Substring($start, $text.IndexOf("`n}`n", $start) + 3 - $start)))
}

function New-Stand {
    $d = Read-Deployment
    $table = [hashtable]::Synchronized(@{
        Here = $PSScriptRoot; System = $Told.system; Outs = @($Told.out, $Told.new); Compiler = $Told.compiler; Tops = @($Told.tops); Ini = $Told.ini
        Config = "$($Told.system)\inetsrv\config\applicationHost.config"; Read = ''; Deployment = $d
        Site = $d.Site; Pool = $d.Pool; Bridge = $d.BridgeFolder; Web = $d.WebFolder; Log = $d.LogFile
        Bits = $d.Bits; Adjustments = $d.Adjustments; Python = @($d.PythonHome, "$($d.PythonHome)\Lib")
        Pythons = @($d.PythonExecutable, "$($d.PythonHome)\python.exe" | Select-Object -Unique)
        Pools = @{}; Sites = @{}; Workers = @{}; Ending = @{}; Certificates = @{}; Settings = @{}; Backups = @{}; Rights = @{}; Answers = @{}
        Accounts = @{ 'CORP\svc-kallithea' = 'S-1-5-21-1-2-3-1001'; 'CORP\kallithea$' = 'S-1-5-21-1-2-3-1002'; 'CORP\service' = 'S-1-5-21-1-2-3-1003' }
        NoRights = 'D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)'; Store = @($Told.certificates)
        Services = @{ WAS = 'Running'; W3SVC = 'Running' }; Features = New-Object Collections.Generic.HashSet[string]
        Lag = 1; Slept = 0; Records = 0; Answer = '200 OK'; Reached = New-Object Threading.ManualResetEvent($false); Fault = @{ Kind = '' }
        Calls = New-Object Collections.ArrayList; Steps = New-Object Collections.ArrayList; Events = New-Object Collections.ArrayList; Exits = New-Object Collections.ArrayList; Requests = New-Object Collections.ArrayList
    })
    $table.Accounts["CORP\$env:COMPUTERNAME`$"] = 'S-1-5-21-1-2-3-1004'
    if ($d.PoolSid) { $table.Accounts["IIS AppPool\$($d.Pool)"] = $d.PoolSid }
    foreach ($service in $d.RoleServices) { [void] $table.Features.Add($service.Server) }
    $acl = New-Object Security.AccessControl.DirectorySecurity
    $acl.SetSecurityDescriptorSddlForm('O:BA' + $table.NoRights)
    $table.NoRights = $acl.GetSecurityDescriptorSddlForm('Access')
    $table
}

# A runspace in which the programs and commands of Windows are those of the stand-in.
function New-StandShell {
    $shell = New-Shell
    $shell.Runspace.SessionStateProxy.SetVariable('Stand', $Stand)
    [void] $shell.AddScript("foreach (`$part in 'server', 'programs', 'windows') { . ('{0}\{1}.ps1' -f `$Stand.Here, `$part) }; Register-Program")
    $shell.Invoke() | Out-Null
    foreach ($flaw in $shell.Streams.Error) { throw "$flaw" }
    $shell
}

function Get-Quoted { param([string] $Text) "'" + $Text.Replace("'", "''") + "'" }

# Runs one line of PowerShell, and writes down what came of it. Differences are from the shape that is given.
function Invoke-Run {
    param([string] $Name, [string] $Line, [hashtable] $Fault = @{ Kind = '' }, [string[]] $Since)
    foreach ($list in 'Calls', 'Steps', 'Exits', 'Events', 'Requests') { $Stand[$list].Clear() }
    $Stand.Fault = $Fault
    [void] $Stand.Reached.Reset()
    $ran = Invoke-Line $Shell $Line { $Stand.Reached.WaitOne(0) }
    $record = [ordered] @{
        name = $Name; code = $ran.Code; text = $ran.Text
        steps = @($Stand.Steps); calls = @($Stand.Calls); exits = @($Stand.Exits); events = @($Stand.Events); requests = @($Stand.Requests)
        difference = @(Compare-Shape $Since @(Get-Shape)); pool = "$($Stand.Pools[$Stand.Pool])"; site = "$($Stand.Sites[$Stand.Site])"
    }
    [IO.File]::AppendAllText("$Here\records.txt", (ConvertTo-Json -Compress -Depth 4 -InputObject $record) + "`n")
    $record
}

. "$PSScriptRoot\shell.ps1"
. "$PSScriptRoot\server.ps1"
. "$PSScriptRoot\site.ps1"
. "$PSScriptRoot\plans.ps1"
# The scripts look at every file of each folder of the PATH. PowerShell's own has hundreds, and is no part of this server.
$env:Path = $Told.system
$Stand = New-Stand
Start-Site
try {
    $Shell = New-StandShell
    . "$PSScriptRoot\windows.ps1"
    Sync-Server
    foreach ($plan in $Told.plans) { & "Invoke-$plan" }
} finally {
    $Stand.Listener.Stop()
    if ($Shell) { $Shell.Runspace.Dispose() }
}
