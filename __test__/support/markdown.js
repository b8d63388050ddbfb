'use strict';

/*
 * The fenced blocks of README.md and docs/, and the programs that they make up. CONTRIBUTING.md
 * explains the languages.
 */

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');
const KINDS = /** @type {const} */ (['mjs', 'cjs', 'ts']);
const FENCE = /^```(\S*)(?: (.*))?$/;

/**
 * @typedef {object} Block
 * @property {string} language
 * @property {boolean} continues  whether it continues the program of the last block
 * @property {string} code
 * @property {number} line  first line in the file, from 1
 * @property {string} heading  the nearest above it
 *
 * @typedef {object} Program
 * @property {typeof KINDS[number]} kind
 * @property {string} name  the heading, with a number from the second program below it on
 * @property {number} line
 * @property {string} code
 */

/** README.md and the pages of docs/, as paths from the project's folder. */
function pages() {
  const docs = fs.readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.sort().map((name) => `docs/${name}`)];
}

/** @param {string} page */
function readPage(page) {
  return fs.readFileSync(path.join(ROOT, page), 'utf8');
}

/**
 * @param {string} text  Markdown
 * @returns {Block[]}
 */
function blocksOf(text) {
  /** @type {Block[]} */
  const blocks = [];
  let heading = '';
  /** @type {Block | undefined} */
  let open;
  for (const [index, line] of text.split('\n').entries()) {
    const [, language, info] = FENCE.exec(line) ?? [];
    if (open !== undefined) {
      if (language === undefined) open.code += `${line}\n`;
      else open = undefined;
    } else if (language !== undefined) {
      open = { language, continues: readInfo(info, index + 1), code: '', line: index + 2, heading };
      blocks.push(open);
    } else if (/^#+ /.test(line)) {
      heading = line.replace(/^#+ /, '');
    }
  }
  return blocks;
}

/**
 * @param {string | undefined} info
 * @param {number} line
 */
function readInfo(info, line) {
  if (info === undefined) return false;
  if (info === 'continues') return true;
  throw new Error(`line ${line}: a fence may say 'continues' behind its language, not '${info}'`);
}

/**
 * @param {readonly Block[]} blocks  of one page
 * @returns {Program[]}
 */
function programsOf(blocks) {
  /** @type {Program[]} */
  const programs = [];
  for (const { language, continues, code, line, heading } of blocks) {
    const kind = KINDS.find((known) => known === language);
    if (kind === undefined) continue;
    if (!continues) {
      const earlier = programs.filter(({ name }) => name.replace(/ \(\d+\)$/, '') === heading);
      const name = earlier.length === 0 ? heading : `${heading} (${earlier.length + 1})`;
      programs.push({ kind, name, line, code });
      continue;
    }
    const program = programs.at(-1);
    if (program?.kind !== kind) throw new Error(`line ${line}: there is no ${kind} to continue`);
    program.code += `\n${code}`;
  }
  return programs;
}

module.exports = { KINDS, ROOT, blocksOf, pages, programsOf, readPage };
