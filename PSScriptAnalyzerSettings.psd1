# For PSScriptAnalyzer: Invoke-ScriptAnalyzer -Path golden -Recurse -Settings PSScriptAnalyzerSettings.psd1
# Every rule that the scripts do not follow has its reason. tests/it/scripts/analyzer.rs holds the scripts to those that they do.
@{
    ExcludeRules = @(
        # A person reads what the scripts say, and nobody processes it. On Windows PowerShell 5.1 the transcript has it as well.
        'PSAvoidUsingWriteHost'
        # All changes go through Invoke-Change, which asks ShouldProcess of the script. No function asks a second time.
        'PSUseShouldProcessForStateChangingFunctions'
        # A variable of the script that its functions read looks unused to this rule. The test counts readers in the whole file.
        'PSUseDeclaredVarsMoreThanAssignments'
        # Functions of a few lines take their one or two arguments by position, as a sentence reads.
        'PSAvoidUsingPositionalParameters'
    )
    Rules        = @{
        PSUseCompatibleSyntax            = @{ Enable = $true; TargetVersions = @('5.1') }
        PSAvoidOverwritingBuiltInCmdlets = @{ Enable = $true; PowerShellVersion = @('desktop-5.1.14393.206-windows') }
    }
}
