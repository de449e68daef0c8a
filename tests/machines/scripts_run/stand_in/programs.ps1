# The programs that the scripts and the runbook run, as functions. In: a command line. Out: its text, its exit code, and the state of
# the server after it.

# Every call is counted. One of them can be told to fail: before it did anything, or after it did everything.
function Invoke-Call {
    param([string] $Program, [object[]] $Arguments, [scriptblock] $Do)
    [void] $Stand.Calls.Add("$Program $($Arguments -join ' ')")
    $at = $Stand.Calls.Count
    $mine = $Stand.Fault.Kind -eq 'call' -and $Stand.Fault.At -eq $at
    $global:LASTEXITCODE = 0
    if ($mine -and $Stand.Fault.When -eq 'before') { $global:LASTEXITCODE = 50; return 'the stand-in failed before it did anything' }
    & $Do
    if ($mine) { $global:LASTEXITCODE = 50; 'the stand-in failed after it had done everything' }
    if ($LASTEXITCODE -ne 0) { [void] $Stand.Exits.Add("$LASTEXITCODE $Program $($Arguments -join ' ')") }
}

function Stop-Call {
    param([int] $Code, [string] $Text)
    $global:LASTEXITCODE = $Code
    $Text
}

# "Getting Started with AppCmd.exe": list with an identifier and /text:attribute, and the exit code 1 for what is not there. Errors of
# start, stop and recycle are those of a service ("System Error Codes (1000-1299)"): 1062, it has not been started; 1056, an instance already
# runs; 1061, it cannot accept the command at this time, which is so while it stops.
function Invoke-Appcmd {
    $all = $args
    Invoke-Call 'appcmd' $all {
        Use-Stand {
            Sync-Server
            Step-Server
            $name = (@($all | Where-Object { "$_" -match '^/(apppool|site)\.name:' }) + @($all[2]))[0] -replace '^/(apppool|site)\.name:', ''
            switch ("$($all[0]) $($all[1])") {
                'list apppool' { Show-Pool $name (@($all | Where-Object { "$_" -like '/text:*' })[0] -replace '^/text:', '') }
                'list site' { if ($Stand.Sites.ContainsKey($name)) { $Stand.Sites[$name] } else { Stop-Call 1 '' } }
                'list wp' { if ($Stand.Workers.ContainsKey($name)) { "WP `"4711`" (applicationPool:$name)" } else { Stop-Call 1 '' } }
                'stop apppool' { Stop-StandPool $name }
                'start apppool' {
                    switch ($Stand.Pools[$name]) {
                        'Stopped' { Start-StandPool $name }
                        'Stopping' { Stop-Call 1061 'ERROR ( hresult:80070425, message:Command execution failed. )' }
                        default { Stop-Call 1056 'ERROR ( hresult:80070420, message:Command execution failed. )' }
                    }
                }
                'recycle apppool' { Restart-StandPool $name }
                'start site' { if ($Stand.Sites.ContainsKey($name)) { $Stand.Sites[$name] = 'Started' } else { Stop-Call 1 'ERROR ( message:Cannot find SITE object )' } }
                'stop site' { $Stand.Sites[$name] = 'Stopped' }
                'add backup' { if ($Stand.Backups.ContainsKey($name)) { Stop-Call 183 'ERROR ( hresult:800700b7 )' } else { $Stand.Backups[$name] = [IO.File]::ReadAllText($Stand.Config) } }
                'restore backup' { [IO.File]::WriteAllText($Stand.Config, $Stand.Backups[$name]); Sync-Server }
                default { Stop-Call 87 "ERROR ( message:unknown to the stand-in: $all )" }
            }
        }
    }
}

# A value of the pool itself, else of applicationPoolDefaults, else of the schema.
function Show-Pool {
    param([string] $Name, [string] $What)
    $node = Get-PoolNode $Name
    if (-not $node) { return Stop-Call 1 '' }
    if ($What -eq 'state') { return $Stand.Pools[$Name] }
    $defaults = @{ 'processModel.identityType' = 'ApplicationPoolIdentity'; 'processModel.userName' = ''; 'processModel.shutdownTimeLimit' = '00:01:30' }
    $attribute = $What.Split('.')[-1]
    foreach ($place in $node, $node.ParentNode.SelectSingleNode('applicationPoolDefaults')) {
        $model = if ($place) { $place.SelectSingleNode('processModel') }
        if ($model -and $model.HasAttribute($attribute)) { return $model.GetAttribute($attribute) }
    }
    $defaults[$What]
}

function Stop-StandPool {
    param([string] $Name)
    if ($Stand.Pools[$Name] -ne 'Started') { return Stop-Call 1062 'ERROR ( hresult:80070426, message:Command execution failed. The service has not been started. )' }
    $Stand.Pools[$Name] = 'Stopping'
    $Stand.Ending[$Name] = $Stand.Lag
}

# The new worker process serves while the former one ends ("Recycling Settings for an Application Pool <recycling>", disallowOverlappingRotation).
function Restart-StandPool {
    param([string] $Name)
    if ($Stand.Pools[$Name] -ne 'Started') { return Stop-Call 1062 'ERROR ( hresult:80070426, message:Command execution failed. The service has not been started. )' }
    Stop-Worker $Name
    Start-StandPool $Name
}

# "icacls": /grant and /remove:g name an account, or *SID; (OI)(CI) hand a right down, (NP) to the first level only. 1332 is an account that
# Windows does not know.
function Invoke-Icacls {
    $all = $args
    Invoke-Call 'icacls' $all {
        $path, $verb, $words = $all[0], $all[1], $all[2]
        if (-not (Test-Path -LiteralPath $path)) { return Stop-Call 2 "${path}: The system cannot find the file specified." }
        $account = if ($verb -eq '/grant') { $words -replace ':(\([A-Z]+\))+$', '' } else { $words }
        $sid = if ($account.StartsWith('*')) { $account.Substring(1) } else { $Stand.Accounts[$account] }
        if (-not $sid) { return Stop-Call 1332 "${account}: No mapping between account names and security IDs was done." }
        Use-Stand {
            $acl = Get-Acl -LiteralPath $path
            $identity = New-Object Security.Principal.SecurityIdentifier($sid)
            if ($verb -eq '/remove:g') {
                foreach ($rule in @($acl.GetAccessRules($true, $false, [Security.Principal.SecurityIdentifier]))) { if ($rule.IdentityReference.Value -eq $sid) { [void] $acl.RemoveAccessRule($rule) } }
            } else {
                $rights = @{ RX = 'ReadAndExecute, Synchronize'; M = 'Modify, Synchronize'; F = 'FullControl' }
                $right = [regex]::Match($words, '\((RX|M|F)\)$').Groups[1].Value
                $inherit = if ($words.Contains('(CI)')) { 'ContainerInherit, ObjectInherit' } else { 'ObjectInherit' }
                $spread = if ($words.Contains('(NP)')) { 'NoPropagateInherit' } else { 'None' }
                $acl.AddAccessRule((New-Object Security.AccessControl.FileSystemAccessRule($identity, $rights[$right], $inherit, $spread, 'Allow')))
            }
            Set-StandAcl $path $acl
        }
        "processed file: $path"
    }
}

# "netsh http": show sslcert shows hash, application and store of an address; add refuses one that has a certificate already (183), and one
# that is in no store (1312).
function Invoke-Netsh {
    $all = $args
    Invoke-Call 'netsh' $all {
        $place = $all[3]
        $told = @{ certhash = ''; certstorename = 'MY'; appid = '' }
        foreach ($word in $all) { if ("$word" -match '^(certhash|certstorename|appid)=(.*)$') { $told[$Matches[1]] = $Matches[2] } }
        $bound = $Stand.Certificates[$place]
        switch ($all[1]) {
            'show' {
                if (-not $bound) { return Stop-Call 1 'The system cannot find the file specified.' }
                $hash, $store, $application = $bound.Split(' ')
                "    Certificate Hash             : $hash"
                "    Application ID               : $application"
                "    Certificate Store Name       : $store"
            }
            'add' {
                if ($bound) { return Stop-Call 1 'SSL Certificate add failed, Error: 183' }
                if ($Stand.Store -notcontains $told.certhash) { return Stop-Call 1 'SSL Certificate add failed, Error: 1312' }
                $Stand.Certificates[$place] = '{0} {1} {2}' -f $told.certhash, $told.certstorename, $told.appid
            }
            'delete' { if ($bound) { $Stand.Certificates.Remove($place) } else { Stop-Call 1 'SSL Certificate deletion failed, Error: 2' } }
        }
    }
}

# Kallithea's Python. Its database is a table: what apply_settings.py has applied, and its administrators.
function Invoke-Python {
    $all = @($args | Where-Object { $_ -ne '-I' })
    Invoke-Call 'python' $args {
        if ($all[0] -eq '-m') { if ($all[1] -eq 'venv') { [void] [IO.Directory]::CreateDirectory($all[2]) }; return }
        if ($all[0] -ne '-c') { return Invoke-Setting $all }
        switch -Wildcard ($all[1]) {
            '*importlib*' { ConvertTo-Json -Compress -InputObject @($Stand.Python) }
            '*VERSION*' { $Stand.Adjustments }
            '*maxsize*' { $Stand.Bits }
            '*kallithea.__version__*' { '0.7.0' }
            '*ldap*' { '3.4.5' }
            '*cli()*' {
                if ($all[2] -eq 'config-create') { [IO.File]::WriteAllText($all[3], $Stand.Ini) }
                $modules = [IO.Path]::Combine($Stand.Deployment.SitePackages, 'kallithea\front-end\node_modules')
                if ($all[2] -eq 'front-end-build') { foreach ($name in 'less', 'license-checker') { [void] [IO.Directory]::CreateDirectory("$modules\$name\bin") } }
            }
        }
    }
}

# apply_settings.py of the same folder: --check ends with 1 where something is to be done; --record names the file of the former values, which
# it refuses to write over; --undo brings them back.
function Invoke-Setting {
    param([object[]] $Words)
    $value = @{}
    for ($at = 1; $at -lt $Words.Count; $at++) { if ($Words[$at] -in '-c', '--record', '--undo', '--user') { $value[$Words[$at]] = $Words[$at + 1] } }
    if ($Words -contains '--check') { if (-not $Stand.Settings.ContainsKey('applied')) { Stop-Call 1 'to apply' }; return }
    $record = if ($value['--record']) { $value['--record'] } else { $Stand.Records++; '{0}.settings-{1}.json' -f $value['-c'], $Stand.Records }
    if ([IO.File]::Exists($record)) { return Stop-Call 2 "$record already exists and may be needed: name another file" }
    $former = ConvertTo-Json -Compress -InputObject @($Stand.Settings.Keys)
    if ($value['--undo']) {
        $kept = @(ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($value['--undo'])) | ForEach-Object { $_ })
        foreach ($key in @($Stand.Settings.Keys)) { if ($kept -notcontains $key) { $Stand.Settings.Remove($key) } }
    } elseif ($value['--user']) {
        $Stand.Settings["user $($value['--user'])"] = $Words -contains '--administrator'
    } else {
        $Stand.Settings['applied'] = $true
    }
    [IO.File]::WriteAllText($record, $former)
    "the former values are in $record"
}

# The compiler is the real one. Only what needs Kallithea, probe and verify, is not. For the same files a question has the same answer, and is asked
# once, because a start takes long here.
function Invoke-Compiler {
    $all = $args
    Invoke-Call 'kallithea-iisc' $all {
        if ($all[0] -in 'probe', 'verify') { return 'It will run.' }
        if ($all[0] -ne 'plan' -and $all -notcontains '--check' -and $all -notcontains '--folders') {
            & $Stand.Compiler @all
            return Use-Stand { Sync-Server }   # WAS is told at once of what it wrote
        }
        $files = $all | ForEach-Object { [IO.Path]::Combine($PWD.ProviderPath, $_) } | Where-Object { [IO.File]::Exists($_) }
        $question = (@($PWD.ProviderPath) + $all + @($files | ForEach-Object { [IO.File]::ReadAllText($_) })) -join "`n"
        if (-not $Stand.Answers.ContainsKey($question)) {
            $said = @(& $Stand.Compiler @all 2>&1)
            $Stand.Answers[$question] = @{ Said = $said; Code = $LASTEXITCODE }
        }
        $global:LASTEXITCODE = $Stand.Answers[$question].Code
        foreach ($line in $Stand.Answers[$question].Said) { if ($line -is [string]) { $line } else { Write-Error -ErrorRecord $line -ErrorAction Continue } }
    }
}

# "setspn", -S adds a name that is not there; "net stop", "net start"; git, and PowerShell for a script of this folder.
function Invoke-Other { $all = $args; Invoke-Call 'other' $all { $global:LASTEXITCODE = 0 } }
function Invoke-Shell {
    $file = [Array]::IndexOf($args, '-File')
    $rest = @($args | Select-Object -Skip ($file + 2))
    $line = "& '{0}' {1}" -f ([IO.Path]::Combine($PWD.ProviderPath, $args[$file + 1]).Replace("'", "''")), ($rest -join ' ')
    . ([scriptblock]::Create($line))
}

function Register-Program {
    $named = @{
        "$($Stand.System)\inetsrv\appcmd.exe" = 'Invoke-Appcmd'; "$($Stand.System)\icacls.exe" = 'Invoke-Icacls'
        "$($Stand.System)\netsh.exe" = 'Invoke-Netsh'; "$($Stand.System)\setspn.exe" = 'Invoke-Other'; "$($Stand.System)\net.exe" = 'Invoke-Other'
        '.\kallithea-iisc.exe' = 'Invoke-Compiler'
        "$([Environment]::GetFolderPath('ProgramFiles'))\Git\cmd\git.exe" = 'Invoke-Other'; "$PSHOME\powershell.exe" = 'Invoke-Shell'
    }
    foreach ($folder in $Stand.Outs) { $named["$folder\kallithea-iisc.exe"] = 'Invoke-Compiler' }
    foreach ($python in $Stand.Pythons) { $named[$python] = 'Invoke-Python' }
    foreach ($path in $named.Keys) { Set-Alias -Name $path -Value $named[$path] -Scope Global }
}
