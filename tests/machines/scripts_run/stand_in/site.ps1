# HTTP.sys and the site, in a runspace of its own. A stopped site has no listener; a pool that does not run answers 503 ("HTTP 503");
# otherwise the worker process starts, the bridge logs a line, and the answer is the one that $Stand says.
function Start-Site {
    $listener = New-Object Net.Sockets.TcpListener([Net.IPAddress]::Loopback, 0)
    $listener.Start()
    $Stand.Port = $listener.LocalEndpoint.Port
    $Stand.Listener = $listener
    $shell = [powershell]::Create()
    $shell.Runspace.SessionStateProxy.SetVariable('Stand', $Stand)
    [void] $shell.AddScript(". ""`$(`$Stand.Here)\server.ps1""; . ""`$(`$Stand.Here)\site.ps1""; Receive-Request")
    [void] $shell.BeginInvoke()
}

function Receive-Request {
    while ($true) {
        try { $client = $Stand.Listener.AcceptTcpClient() } catch { return }
        try {
            $reader = New-Object IO.StreamReader($client.GetStream())
            $head = for ($line = $reader.ReadLine(); $line; $line = $reader.ReadLine()) { $line }
            [void] $Stand.Requests.Add(($head -join '|'))
            $status = ''
            Use-Stand { $script:status = Get-Answer }
            if ($script:status) {
                $bytes = [Text.Encoding]::ASCII.GetBytes("HTTP/1.1 $script:status`r`nContent-Length: 0`r`nConnection: close`r`n`r`n")
                $client.GetStream().Write($bytes, 0, $bytes.Length)
            }
        } catch { [void] $Stand.Events.Add("the site: $_") } finally { $client.Close() }
    }
}

function Get-Answer {
    Sync-Server
    if ($Stand.Sites[$Stand.Site] -ne 'Started') { return '' }
    if ($Stand.Pools[$Stand.Pool] -ne 'Started') { return '503 Service Unavailable' }
    Start-Worker $Stand.Pool
    if ($Stand.Pools[$Stand.Pool] -ne 'Started') { return '503 Service Unavailable' }
    if (-not $Stand.Read.Contains([IO.Path]::Combine($Stand.Bridge, '_dispatch.dll'))) { return '404 Not Found' }
    if (-not [IO.File]::Exists([IO.Path]::Combine($Stand.Web, 'web.config'))) { [void] $Stand.Events.Add('a page was asked before web.config was there'); return '404 Not Found' }
    if ([IO.Directory]::Exists([IO.Path]::GetDirectoryName($Stand.Log))) { [IO.File]::AppendAllText($Stand.Log, "a request`r`n") }
    $Stand.Answer
}
