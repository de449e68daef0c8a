# What is run, in which order. Each plan begins on the server as it was laid down, and leaves it so.

function Get-Line {
    param([string] $Folder, [string] $Script, [string] $Arguments = '')
    $node = if ($Script -ne 'uninstall.ps1' -and $Stand.Deployment.Name -eq 'intranet-farm') { "-Node 'node1'" } else { '' }
    '& {0} {1} {2}' -f (Get-Quoted "$Folder\$Script"), $node, $Arguments
}

# A whole life of a deployment.
function Invoke-Life {
    $clean, $first = (Save-Server), @(Get-Shape)
    [void] (Invoke-Run 'trial' (Get-Line $Told.out 'install.ps1' '-WhatIf') -Since $first)
    [void] (Invoke-Run 'install' (Get-Line $Told.out 'install.ps1') -Since $first)
    $installed, $second = (Save-Server), @(Get-Shape)
    [void] (Invoke-Run 'again' (Get-Line $Told.out 'install.ps1') -Since $second)
    [void] (Invoke-Run 'trial of an upgrade' (Get-Line $Told.new 'install.ps1' '-WhatIf') -Since $second)
    [void] (Invoke-Run 'upgrade' (Get-Line $Told.new 'install.ps1') -Since $second)
    $third = @(Get-Shape)
    [void] (Invoke-Run 'upgrade again' (Get-Line $Told.new 'install.ps1') -Since $third)
    [void] (Invoke-Run 'trial of a removal' (Get-Line $Told.new 'uninstall.ps1' '-WhatIf') -Since $third)
    [void] (Invoke-Run 'uninstall' (Get-Line $Told.new 'uninstall.ps1') -Since $first)
    $fourth = @(Get-Shape)
    [void] (Invoke-Run 'uninstall again' (Get-Line $Told.new 'uninstall.ps1') -Since $fourth)
    Restore-Server $clean
}

# A step or call fails, or somebody presses Ctrl+C, at every place of an installation; and one is killed, so that nothing is taken back,
# and then removed.
function Invoke-Fault {
    $clean, $first = (Save-Server), @(Get-Shape)
    $line = Get-Line $Told.out 'install.ps1'
    $whole = Invoke-Run 'whole' $line -Since $first
    Restore-Server $clean
    $faults = New-Object Collections.ArrayList
    foreach ($at in 1..$whole.steps.Count) { foreach ($when in 'before', 'after', 'stop before', 'stop after') { [void] $faults.Add(@{ Kind = 'step'; At = $at; When = $when; What = $whole.steps[$at - 1] }) } }
    foreach ($at in 1..$whole.calls.Count) { foreach ($when in 'before', 'after') { [void] $faults.Add(@{ Kind = 'call'; At = $at; When = $when; What = $whole.calls[$at - 1] }) } }
    foreach ($fault in $faults) {
        if ($Told.whens -notcontains "$($fault.Kind) $($fault.When)") { continue }
        [void] (Invoke-Run "$($fault.Kind) $($fault.When): $($fault.What)" $line -Fault $fault -Since $first)
        Restore-Server $clean
    }
    $script = [IO.File]::ReadAllText("$($Told.out)\install.ps1")
    $killed = $script.Replace('$left = Undo-Everything', '$left = 0')
    if ($killed -ceq $script) { throw 'install.ps1 takes nothing back' }
    [IO.File]::WriteAllText("$($Told.out)\killed.ps1", $killed)
    foreach ($at in 1..$whole.steps.Count) {
        if ($Told.whens -notcontains 'killed') { break }
        $fault = @{ Kind = 'step'; At = $at; When = 'after' }
        [void] (Invoke-Run "killed after: $($whole.steps[$at - 1])" (Get-Line $Told.out 'killed.ps1') -Fault $fault -Since $first)
        [void] (Invoke-Run "removed after: $($whole.steps[$at - 1])" (Get-Line $Told.out 'uninstall.ps1') -Since $first)
        Restore-Server $clean
    }
}

# Every block of a runbook, in one window and in order, as an administrator pastes them. What Windows has elsewhere is changed as in the scripts.
function Invoke-Runbook {
    $clean, $first = (Save-Server), @(Get-Shape)
    $key = "HKCU:\SOFTWARE\$([IO.Path]::GetFileName([IO.Path]::GetDirectoryName($Told.out)))"
    if (-not (Test-Path -LiteralPath $key)) { [void] (New-Item -Path $key) }   # Windows has the key of HTTP.sys
    foreach ($block in $Told.blocks) {
        $line = 'Set-Location -LiteralPath {0}; . ([scriptblock]::Create({1}))' -f (Get-Quoted $Told.out), (Get-Quoted $block)
        [void] (Invoke-Run 'block' $line -Since $first)
    }
    Remove-Item -LiteralPath $key
    Restore-Server $clean
}

# Each sown fault, after the same run without it.
function Invoke-Sown {
    $clean, $first = (Save-Server), @(Get-Shape)
    $whole = Invoke-Run 'whole' (Get-Line $Told.out 'install.ps1') -Since $first
    $installed, $second = (Save-Server), @(Get-Shape)
    [IO.File]::WriteAllText("$Here\records.txt", '')
    foreach ($sown in $Told.sown) {
        $folder = if ($sown.way -eq 'upgrade') { $Told.new } else { $Told.out }
        $before, $since = if ($sown.way -in 'again', 'upgrade') { $installed, $second } else { $clean, $first }
        $script = [IO.File]::ReadAllText("$folder\install.ps1")
        if (-not $script.Contains($sown.here)) { throw "install.ps1 has no longer: $($sown.here)" }
        [IO.File]::WriteAllText("$folder\sown.ps1", $script.Replace($sown.here, $sown.there))
        $fault = @{ Kind = '' }
        if ($sown.way -notin 'again', 'upgrade', '-WhatIf') {
            $at = 1 + [Array]::FindIndex([string[]] $whole.steps, [Predicate[string]] { param($step) $step.Contains($sown.way) })
            $fault = @{ Kind = 'step'; At = $at; When = 'after' }
        }
        $arguments = if ($sown.way -eq '-WhatIf') { '-WhatIf' } else { '' }
        foreach ($name in 'install.ps1', 'sown.ps1') {
            Restore-Server $before
            [void] (Invoke-Run $name (Get-Line $folder $name $arguments) -Fault $fault -Since $since)
        }
    }
    Restore-Server $clean
}
