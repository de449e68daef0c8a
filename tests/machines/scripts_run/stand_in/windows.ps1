# The commands of Windows PowerShell that ask or change the server, as functions; what they do not know goes to the real command.

# A list of rights as Get-Acl gives it. Folders of Windows have their own, and here all begin with the same.
function Get-Acl {
    param([string] $LiteralPath)
    if (-not (Test-Path -LiteralPath $LiteralPath)) { throw "Cannot find path '$LiteralPath' because it does not exist." }
    $acl = New-Object Security.AccessControl.DirectorySecurity
    $rights = if ($Stand.Rights.ContainsKey($LiteralPath)) { $Stand.Rights[$LiteralPath] } else { $Stand.NoRights }
    $acl.SetSecurityDescriptorSddlForm('O:BA' + $rights)
    $acl
}

# Stands for [IO.Directory]::SetAccessControl, which PowerShell 7 has elsewhere.
function Set-StandAcl {
    param([string] $Path, [object] $Acl)
    $Stand.Rights[$Path] = $Acl.GetSecurityDescriptorSddlForm('Access')
}

# Stands for [IO.Directory]::CreateDirectory with rights: a folder that comes anew has only these.
function New-StandFolder {
    param([string] $Path, [object] $Security)
    [void] [IO.Directory]::CreateDirectory($Path)
    Set-StandAcl $Path $Security
}

# Stands for NTAccount.Translate.
function Find-StandAccount {
    param([string] $Account)
    if (-not $Stand.Accounts.ContainsKey($Account)) { throw (New-Object Security.Principal.IdentityNotMappedException("$Account is not known")) }
    $Stand.Accounts[$Account]
}

function Get-CimInstance {
    param([string] $ClassName)
    [pscustomobject] @{ ProductType = 3; Domain = 'CORP' }   # Win32_OperatingSystem: 3 is a server; Win32_ComputerSystem: its domain
}
function Get-WmiObject { param([string] $ClassName) Get-CimInstance $ClassName }
function Get-LocalGroupMember { param([string] $SID) }
function Get-WindowsFeature { param([string] $Name) [pscustomobject] @{ Name = $Name; Installed = $Stand.Features.Contains($Name) } }
function Install-WindowsFeature {
    param([string[]] $Name, [switch] $IncludeManagementTools)
    foreach ($one in $Name) { [void] $Stand.Features.Add($one) }
}
# Windows Server has no such feature names for a workstation, and answers with an error; a runbook's reader takes one of the two lines.
function Enable-WindowsOptionalFeature { param([switch] $Online, [switch] $All, [string[]] $FeatureName) }

# "Test-ADServiceAccount": True where this machine may use a group managed service account.
function Install-ADServiceAccount { param([string] $Identity) }
function Test-ADServiceAccount { [CmdletBinding()] param([string] $Identity) $true }

function Get-Service {
    [CmdletBinding()] param([string] $Name)
    [pscustomobject] @{ Name = $Name; Status = $Stand.Services[$Name] }
}

# The certificate store of the machine; every other place is a real one.
function Get-Item {
    [CmdletBinding()] param([string] $LiteralPath, [switch] $Force)
    if ($LiteralPath -notlike 'Cert:\*') { return Microsoft.PowerShell.Management\Get-Item @PSBoundParameters }
    $hash = $LiteralPath.Split('\')[-1]
    if ($Stand.Store -notcontains $hash) { return }
    [pscustomobject] @{
        HasPrivateKey = $true; NotBefore = (Get-Date).AddYears(-1); NotAfter = (Get-Date).AddYears(1); Thumbprint = $hash; EnhancedKeyUsageList = @()
        Extensions = @([pscustomobject] @{ Oid = [pscustomobject] @{ Value = '2.5.29.17' } })   # subjectAltName
        DnsNameList = @([pscustomobject] @{ Punycode = '*.corp.example.com' })
    }
}

# The drive IIS: of the module WebAdministration writes to applicationHost.config, passwords encrypted.
function Import-Module { param([string] $Name) if ($Name -ne 'WebAdministration') { Microsoft.PowerShell.Core\Import-Module -Name $Name } }
function Set-ItemProperty {
    param([string] $LiteralPath, [string] $Name, [object] $Value)
    if ($LiteralPath -notlike 'IIS:\*') { return Microsoft.PowerShell.Management\Set-ItemProperty @PSBoundParameters }
    $pool = $LiteralPath.Split('\')[-1]
    Invoke-Call 'Set-ItemProperty' @($LiteralPath, $Name) {
        Use-Stand {
            $document = Read-HostConfig
            $node = $document.SelectNodes('/configuration/system.applicationHost/applicationPools/add') | Where-Object { $_.GetAttribute('name') -eq $pool }
            $node.SelectSingleNode('processModel').SetAttribute('password', '[enc:IISWASOnlyAesProvider:' + [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($Value)) + ':enc]')
            [IO.File]::WriteAllText($Stand.Config, $document.OuterXml)
            Sync-Server
        }
    }
    if ($LASTEXITCODE -ne 0) { throw 'the stand-in failed' }
}
function Get-Credential {
    param([string] $UserName, [string] $Message)
    $secret = New-Object Security.SecureString
    foreach ($letter in 'planted-password'.ToCharArray()) { $secret.AppendChar($letter) }
    New-Object Management.Automation.PSCredential($UserName, $secret)
}

# Nobody waits here: what takes time on a server takes questions.
function Start-Sleep { param([int] $Seconds, [int] $Milliseconds) $Stand.Slept += 1 }

function Invoke-WebRequest {
    param([string] $Uri, [switch] $UseDefaultCredentials, [switch] $UseBasicParsing, [hashtable] $Headers)
    $request = [Net.WebRequest]::Create("http://127.0.0.1:$($Stand.Port)/")
    $request.Proxy = $null
    $response = $request.GetResponse()
    $status = [int] $response.StatusCode
    $response.Close()
    [pscustomobject] @{ StatusCode = $status }
}

# Around each step of a script: one of them can be told to fail, or to be stopped as Ctrl+C does.
function Enter-Step {
    param([string] $Action, [string] $Target)
    [void] $Stand.Steps.Add("${Action}: $Target")
    Test-Fault 'before'
}
function Exit-Step { Test-Fault 'after' }
function Test-Fault {
    param([string] $When)
    $fault = $Stand.Fault
    if ($fault.Kind -ne 'step' -or $fault.At -ne $Stand.Steps.Count) { return }
    if ($fault.When -eq $When) { throw 'the step was told to fail' }
    if ($fault.When -eq "stop $When") { $Stand.Reached.Set(); Microsoft.PowerShell.Utility\Start-Sleep -Seconds 120 }
}
