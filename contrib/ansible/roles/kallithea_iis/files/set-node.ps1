# Sets the state of a node in a server farm of Application Request Routing, on the front server. Run it as an administrator.
#
# The schema file of Application Request Routing (arr_schema.xml) has the method SetState with its values, and the counters.
# Exit codes: 0 the node is in that state; 1 it is not, or there is no such node.

[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [string] $Farm,
    [Parameter(Mandatory)] [string] $Node,
    [Parameter(Mandatory)] [ValidateSet('Start', 'Drain', 'GracefulStop', 'ForcefulStop')] [string] $State,
    # How many seconds at most to wait until the node has no request.
    [int] $Wait = 60
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# The number of each state for SetState, and the state that the counters then show.
$Numbers = @{ Start = 0; Drain = 1; GracefulStop = 2; ForcefulStop = 3 }
$Shown = @{ Start = 0; Drain = 1; GracefulStop = 2; ForcefulStop = 2 }

# The element of Application Request Routing in the node, read anew: counters are those of the moment of reading.
function Get-Routing {
    $manager = New-Object Microsoft.Web.Administration.ServerManager
    $farms = $manager.GetApplicationHostConfiguration().GetSection('webFarms').GetCollection()
    $found = @($farms | Where-Object { $_['name'] -eq $Farm })
    if ($found.Count -ne 1) { throw "there is no server farm named $Farm" }
    $nodes = @($found[0].GetCollection() | Where-Object { $_['address'] -eq $Node })
    if ($nodes.Count -ne 1) { throw "the server farm $Farm has no node with the address $Node" }
    $nodes[0].GetChildElement('applicationRequestRouting')
}

function Get-Counter {
    param([string] $Name)
    [int] (Get-Routing).GetChildElement('counters')[$Name]
}

try {
    Add-Type -Path ([IO.Path]::Combine([Environment]::SystemDirectory, 'inetsrv', 'Microsoft.Web.Administration.dll'))
    if ((Get-Counter 'state') -eq $Shown[$State]) {
        Write-Host "Nothing to do: the node $Node is in that state."
        exit 0
    }
    if (-not $PSCmdlet.ShouldProcess("$Node in $Farm", $State)) { exit 0 }
    $call = (Get-Routing).Methods['SetState'].CreateInstance()
    $call.Input['newState'] = $Numbers[$State]
    $call.Execute()
    for ($second = 0; $State -ne 'Start' -and $second -lt $Wait -and (Get-Counter 'currentRequests') -gt 0; $second++) {
        Start-Sleep -Seconds 1
    }
    Write-Host "The node $Node is in the state $State."
    exit 0
} catch {
    Write-Host "failed: $_"
    exit 1
}
