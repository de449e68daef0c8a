# The programs of a server that answers as it is told, as functions. In: the files of the folder that STAND_IN names. Out: in calls.txt a line for
# each call (program, folder that it was started in, command line, PATH); and the first answer of answers.txt whose words are in the call: an
# exit code, and a text. The code 77 starts a program that somebody must end.
#
# As appcmd it keeps the state of the pool (pool.txt) and of its worker processes (workers.txt): each question takes a line, and the last line
# stays. on-stop.txt and on-start.txt are what the pool does when it is told to stop or to start.

# Prints the next line of a file, and takes it from the file unless it is the last. Without a file, or for an empty line, the exit code is 1, as
# for an object that does not exist.
function Read-Next {
    param([string] $File)
    $path = "$env:STAND_IN\$File"
    $line, $rest = if ([IO.File]::Exists($path)) { [IO.File]::ReadAllText($path).Split([char[]] "`n", 2) }
    if ($rest) { [IO.File]::WriteAllText($path, $rest) }
    if ($line) { $line } else { $global:LASTEXITCODE = 1 }
}

function Set-PoolAnswer {
    param([string] $File, [string] $Otherwise)
    $path = "$env:STAND_IN\$File"
    [IO.File]::WriteAllText("$env:STAND_IN\pool.txt", $(if ([IO.File]::Exists($path)) { [IO.File]::ReadAllText($path) } else { "$Otherwise`n" }))
}

function Invoke-Told {
    param([string] $Program, [object[]] $Arguments)
    $call = '{0}|{1}|{0} {2}|{3}' -f $Program, $PWD.ProviderPath, ($Arguments -join ' '), $env:Path
    [IO.File]::AppendAllText("$env:STAND_IN\calls.txt", "$call`n")
    $global:LASTEXITCODE = 0
    foreach ($answer in [IO.File]::ReadAllLines("$env:STAND_IN\answers.txt")) {
        $words, $code, $text = $answer.Split([char[]] "`t", 3)
        if (-not $call.Contains($words)) { continue }
        if ($text) { $text }
        if ($code -eq '77') { & "$env:SystemRoot\System32\ping.exe" -n 60 127.0.0.1 }
        $global:LASTEXITCODE = [int] $code
        return
    }
    if ($call.Contains('list apppool') -and $call.Contains('/text:state')) { Read-Next 'pool.txt' }
    elseif ($call.Contains('list wp')) { Read-Next 'workers.txt' }
    elseif ($call.Contains('stop apppool')) { Set-PoolAnswer 'on-stop.txt' 'Stopped' }
    elseif ($call.Contains('start apppool')) { Set-PoolAnswer 'on-start.txt' 'Started' }
}

function Register-Told {
    param([string[]] $Programs)
    foreach ($program in $Programs) {
        $name = 'Invoke-Told' + $program.GetHashCode()
        Set-Item -Path "function:global:$name" -Value { Invoke-Told $program $args }.GetNewClosure()
        Set-Alias -Name $program -Value $name -Scope Global
    }
}
