//! The language server with a real editor: Neovim without a terminal, set up as `docs/how-to/editors.md` says.
//!
//! Absent: the protocol itself, which `tests/it/lsp` speaks.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::program::{PROGRAM, code, error};
use crate::support::spec_of;

/// What the user does: opens a spec with a mistake, asks what the key means, and takes the quick fix.
const SESSION: &str = r#"
local function until_there_are(count)
  local found = function() return #vim.diagnostic.get(0) == count end
  assert(vim.wait(60000, found, 20), "there are " .. #vim.diagnostic.get(0) .. " findings")
end
vim.cmd("edit deploy.yaml")
until_there_are(1)
local finding = vim.diagnostic.get(0)[1]
print(finding.code .. " in line " .. finding.lnum + 1)
vim.api.nvim_win_set_cursor(0, { finding.lnum + 1, finding.col })
local ask = function(what, params)
  local _, answer = next(vim.lsp.buf_request_sync(0, "textDocument/" .. what, params, 60000))
  return answer.result
end
print(ask("hover", vim.lsp.util.make_position_params(0, "utf-16")).contents.value)
local params = vim.lsp.util.make_range_params(0, "utf-16")
params.context = { diagnostics = {} }
vim.lsp.util.apply_workspace_edit(ask("codeAction", params)[1].edit, "utf-16")
until_there_are(0)
vim.cmd("write")
vim.cmd("quit")
"#;

#[test]
fn neovim_shows_explains_and_fixes_a_mistake() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = fs::read_to_string("docs/how-to/editors.md").expect("the page");
    let (_, rest) = page.split_once("```lua\n").expect("a configuration");
    let (configuration, _) = rest.split_once("```").expect("its end");
    let right = format!("{}target:\n  architecture: x64\n", spec_of("minimal"));
    let at = |name: &str| folder.path().join(name);
    fs::write(at("init.lua"), configuration).expect("the configuration");
    fs::write(at("session.lua"), SESSION).expect("the session");
    fs::write(at("deploy.yaml"), right.replace(": x64", ": X64")).expect("the spec");
    let path = env::var_os("PATH").unwrap_or_default();
    let programs = Path::new(PROGRAM).parent().map(Path::to_path_buf);
    let path = env::join_paths(programs.into_iter().chain(env::split_paths(&path))).expect("a PATH");
    let mut editor = Command::new("nvim");
    editor.args([
        "--headless",
        "-u",
        "init.lua",
        "-c",
        "lua xpcall(dofile, function(why) print(why) vim.cmd('cquit') end, 'session.lua')",
    ]);
    editor.current_dir(folder.path()).env("PATH", path).env("HOME", folder.path());
    let output = editor.output().expect("Neovim starts");
    let said = error(&output);
    assert_eq!(code(&output), 0, "{said}");
    let line = right.lines().count();
    assert!(said.contains(&format!("KI204 in line {line}")), "{said}");
    assert!(said.contains("**`target.architecture`**") && said.contains("Default: `x64`"), "{said}");
    assert_eq!(fs::read_to_string(at("deploy.yaml")).expect("the spec"), right);
}
