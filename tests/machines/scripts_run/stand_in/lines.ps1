# Runs one line of PowerShell after the other, each as in a new window. In: a port of 127.0.0.1, which sends each line in a line of JSON. Out: a
# line of JSON for each, with its exit code and what it said. It ends with the connection.
param([int] $Port)
$ErrorActionPreference = 'Stop'
. "$PSScriptRoot\shell.ps1"

# What a line can change in the process itself, and the next one would see.
function Save-Process {
    @{
        Variables = [Environment]::GetEnvironmentVariables(); Folder = [Environment]::CurrentDirectory
        Proxy = [Net.WebRequest]::DefaultWebProxy; Protocol = [Net.ServicePointManager]::SecurityProtocol
    }
}

function Restore-Process {
    param([hashtable] $Saved)
    foreach ($name in @([Environment]::GetEnvironmentVariables().Keys)) {
        if (-not $Saved.Variables.ContainsKey($name)) { [Environment]::SetEnvironmentVariable($name, $null) }
    }
    foreach ($name in $Saved.Variables.Keys) { [Environment]::SetEnvironmentVariable($name, $Saved.Variables[$name]) }
    [Environment]::CurrentDirectory = $Saved.Folder
    [Net.WebRequest]::DefaultWebProxy = $Saved.Proxy
    [Net.ServicePointManager]::SecurityProtocol = $Saved.Protocol
}

# Whether somebody presses Ctrl+C: as soon as a file has these words.
function Test-Until {
    param([object] $Until)
    $Until -and [IO.File]::Exists($Until.file) -and "$(Get-Content -LiteralPath $Until.file -Raw)".Contains($Until.words)
}

$client = New-Object Net.Sockets.TcpClient('127.0.0.1', $Port)
$client.NoDelay = $true
$reader = New-Object IO.StreamReader($client.GetStream())
$writer = New-Object IO.StreamWriter($client.GetStream())
$saved = Save-Process
# What makes up for what Wine lacks, where there is Wine: a window loads it as well.
$profiles = '{0}\profile.ps1' -f $PSHOME
while ($null -ne ($text = $reader.ReadLine())) {
    $job = ConvertFrom-Json -InputObject $text
    $shell = New-Shell
    try {
        if ([IO.File]::Exists($profiles)) { [void] (Invoke-Line $shell ". '$profiles'" { $false }) }
        $ran = Invoke-Line $shell $job.line { Test-Until $job.until }
    } finally {
        $shell.Runspace.Dispose()
        $shell.Dispose()
        Restore-Process $saved
    }
    $writer.WriteLine((ConvertTo-Json -Compress -InputObject @{ code = $ran.Code; text = ($ran.Output, $ran.Text -ne '') -join "`n" }))
    $writer.Flush()
}
