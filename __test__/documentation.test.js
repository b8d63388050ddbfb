'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const vm = require('node:vm');

const { KINDS, blocksOf, pages, readPage } = require('./support/markdown.js');
const { RETRY_RULES } = require('../lib/client/pipeline/retry.js');
const { RULES } = require('../lib/schema/rules.js');

const ROOT = path.join(__dirname, '..');
const DOCS = path.join(ROOT, 'docs');
const DRAWINGS = ['mermaid', 'text'];
/**
 * Languages of fenced blocks that are not programs; document-programs.test.js runs the programs.
 */
const OTHER_LANGUAGES = ['sql', 'ini', 'sh', 'dockerfile', ...DRAWINGS];
const PAGES = fs.readdirSync(DOCS).filter((name) => name.endsWith('.md'));

describe('the fenced blocks of README.md and docs/', () => {
  for (const page of pages()) {
    test(`${page}: each has a language that CONTRIBUTING.md names`, () => {
      const text = readPage(page);
      assert.doesNotMatch(
        text,
        /^([ \t]+```|[ \t]*~~~)/m,
        'a fence that is indented, or of tildes',
      );
      for (const { language, line, code } of blocksOf(text)) {
        const where = `line ${line}: '${language}'`;
        assert.ok([...KINDS, ...OTHER_LANGUAGES].includes(language), where);
        if (DRAWINGS.includes(language)) assert.ok(!isJavaScript(code), `${where} is JavaScript`);
      }
    });
  }

  test('are named in CONTRIBUTING.md', () => {
    const [, section] = /^## Code in the documents\n(.*?)^## /ms.exec(readPage('CONTRIBUTING.md'));
    for (const language of [...KINDS, ...OTHER_LANGUAGES]) {
      assert.ok(section.includes(`\`${language}\``), language);
    }
  });
});

describe('links in docs/ lead somewhere:', () => {
  for (const name of PAGES) {
    test(name, () => {
      for (const target of links(read(name))) {
        const [file, anchor] = target.split('#');
        const linked = file === '' ? path.join(DOCS, name) : path.join(DOCS, file);
        assert.ok(fs.existsSync(linked), `${target}: no such file`);
        if (anchor === undefined) continue;
        const text = fs.readFileSync(linked, 'utf8');
        assert.ok(anchors(text).has(anchor), `${target}: no such heading`);
      }
    });
  }
});

test('docs/errors.md has a heading for every code of types/errors.d.ts', () => {
  const declared = fs.readFileSync(path.join(ROOT, 'types/errors.d.ts'), 'utf8');
  const codes = [...new Set(declared.match(/ERR_HS_[A-Z_]+/g))].sort();
  const headings = read('errors.md').match(/(?<=^### )ERR_HS_[A-Z_]+$/gm);
  assert.deepEqual(headings?.toSorted(), codes);
});

test("docs/errors.md has the client's rules of what is repeated", () => {
  const again = { once: 'once more', always: 'each time', never: 'no' };
  const isDone = (failsOver) => (failsOver ? 'yes' : 'no');
  const rows = Object.values(RETRY_RULES).map((rule) => {
    const { what, read, write, readFailsOver, writeFailsOver } = rule;
    const cells = [again[read], again[write], isDone(readFailsOver), isDone(writeFailsOver)];
    return `| ${[what, ...cells].join(' | ')} |`;
  });
  const [, table] = read('errors.md').match(/^\| what happened .*\n\|[-|]*\n((?:\|.*\n)*)/m) ?? [];
  assert.equal(table, `${rows.join('\n')}\n`);
});

test('docs/schema.md has each `allow` that lifts a rule', () => {
  const lifted = new Set(RULES.flatMap(({ allow }) => allow ?? []));
  const told = read('schema.md').match(/(?<=^\| `')[a-z-]+(?='` \|)/gm);
  assert.deepEqual(told?.toSorted(), [...lifted].sort());
});

/** @param {string} name */
function read(name) {
  return fs.readFileSync(path.join(DOCS, name), 'utf8');
}

/** @param {string} code */
function isJavaScript(code) {
  try {
    new vm.Script(`(async () => {${code.replace(/^import .*$/gm, '')}\n})`);
    return true;
  } catch {
    return false;
  }
}

/** Links to files, without those to the web. @param {string} text */
function links(text) {
  const prose = text.replace(/^```.*?^```$/gms, '');
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ({ 1: target }) => target).filter(
    (target) => !/^[a-z]+:/.test(target),
  );
}

/** The anchors that GitHub gives headings. @param {string} text */
function anchors(text) {
  const headings = text.matchAll(/^#+ (.*)$/gm);
  return new Set(
    Array.from(headings, ([, title]) => {
      return title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-');
    }),
  );
}
