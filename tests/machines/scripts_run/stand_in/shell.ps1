# A runspace, and a line of PowerShell that is run in it. In: what is to be run, and a question that says when somebody presses Ctrl+C. Out: the
# exit code, and what was said.

# A runspace is like a window that has just been opened: it has no function, variable or folder of another one.
function New-Shell {
    $runspace = [runspacefactory]::CreateRunspace($Host)   # a transcript needs a host
    $runspace.Open()
    $shell = [powershell]::Create()
    $shell.Runspace = $runspace
    $shell
}

# Code: the exit code; -1 for a line that was stopped, or that ended with an error of PowerShell. Text: lines, then warnings, then errors. Output:
# what went down the pipeline.
function Invoke-Line {
    param([powershell] $Shell, [string] $Line, [scriptblock] $IsStopped)
    $Shell.Commands.Clear()
    $Shell.Streams.ClearStreams()
    [void] $Shell.AddScript("`$LASTEXITCODE = 0; $Line`n`$LASTEXITCODE")
    $said = New-Object Management.Automation.PSDataCollection[psobject]
    $handle = $Shell.BeginInvoke((New-Object Management.Automation.PSDataCollection[psobject]), $said)
    $trouble = ''
    $stopped = $false
    while (-not $handle.AsyncWaitHandle.WaitOne(20)) {
        if (-not $stopped -and (& $IsStopped)) { $Shell.Stop(); $stopped = $true }
    }
    if (-not $stopped) { try { $Shell.EndInvoke($handle) } catch { $trouble = "$_" } }
    $text = @($Shell.Streams.Information | ForEach-Object { "$_" }) + @($Shell.Streams.Warning | ForEach-Object { "WARNING: $_" }) + @($Shell.Streams.Error | ForEach-Object { if ($_.FullyQualifiedErrorId -like 'NativeCommandError*') { "$_" } else { "ERROR: $_" } }) + @($trouble)
    $all = @($said | ForEach-Object { "$_" })
    @{
        Code = if ($stopped -or $trouble -or $all.Count -eq 0) { -1 } else { [int] $all[-1] }
        Text = $text -join "`n"
        Output = @($all | Select-Object -SkipLast 1) -join "`n"
    }
}
