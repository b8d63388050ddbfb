/*
 * Writes copies of the pages for TypeDoc: with their titles and groups, with links that fit the
 * site, and with diagrams as pictures.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../command.js');
const { outsideFences, rewriteLinks } = require('./links.js');
const { readPages } = require('./pages.js');

const COPIES = path.join(ROOT, 'target/site-pages');
const PICTURES = ['bench/results/chart.svg'];
/** A heading with code in it. TypeDoc would omit the code from its contents and its anchor. */
const CODE_IN_HEADING = /^#+ .*`.*$/gm;
const FENCE = /^```(\w+).*\n(?:.*\n)*?```$/gm;
const DIAGRAM = /^```mermaid\n(.*?)^```$/gms;
/** tsc does not check this package, whose types need those of a browser. @type {string} */
const MERMAID = 'beautiful-mermaid';

/**
 * Writes the copies.
 *
 * @returns {Promise<{ readme: string, documents: string[], languages: string[] }>} their files, and
 *   the languages of their code
 */
async function writeCopies() {
  fs.rmSync(COPIES, { recursive: true, force: true });
  const pages = readPages();
  const titles = new Map(pages.map(({ file, title }) => [file, title]));
  titles.set('README.md', 'README');
  const text = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const readme = write('README.md', rewriteLinks(text, 'README.md', titles));
  for (const file of PICTURES) write(file, fs.readFileSync(path.join(ROOT, file)));
  const documents = [];
  for (const { file, group, title, text } of pages) {
    const head = `---\ntitle: ${JSON.stringify(title)}\ngroup: ${JSON.stringify(group)}\n---\n`;
    const fitting = plainHeadings(rewriteLinks(text, file, titles));
    documents.push(write(file, head + (await drawDiagrams(fitting, file))));
  }
  const languages = languagesOf([text, ...pages.map((page) => page.text)]);
  return { readme, documents, languages };
}

/** @param {string[]} texts */
function languagesOf(texts) {
  const fences = texts.flatMap((text) => [...text.matchAll(FENCE)]);
  const languages = new Set(fences.map(([, language]) => language));
  languages.delete('mermaid');
  return [...languages];
}

/** @param {string} text */
function plainHeadings(text) {
  return outsideFences(text, (prose) =>
    prose.replace(CODE_IN_HEADING, (heading) => {
      return heading.replace(/`(.*?)`/g, (_, code) => code.replace(/[\\*_<>[\]]/g, '\\$&'));
    }),
  );
}

/**
 * Replaces Mermaid diagrams, which GitHub draws itself, by pictures.
 *
 * @param {string} text
 * @param {string} file
 */
async function drawDiagrams(text, file) {
  const { renderMermaidSVG } = await import(MERMAID);
  let count = 0;
  return text.replace(DIAGRAM, (_fence, diagram) => {
    const picture = `${path.basename(file, '.md')}-${++count}.svg`;
    const svg = renderMermaidSVG(nodesFirst(diagram), { bg: '#ffffff', fg: '#24292f' });
    // The site must not load anything from other hosts.
    write(path.join(path.dirname(file), picture), svg.replace(/@import url\(.*?\);\n/, ''));
    return `![Diagram](${picture})`;
  });
}

/**
 * Names the nodes of a flowchart before its arrows, because the renderer takes a node's text from
 * where the node first appears.
 *
 * @param {string} diagram
 */
function nodesFirst(diagram) {
  const [kind, ...lines] = diagram.split('\n');
  const nodes = diagram.match(/\w+\["[^"]*"\]/g) ?? [];
  return [kind, ...nodes.map((node) => `  ${node}`), ...lines].join('\n');
}

/**
 * @param {string} file
 * @param {string | Buffer} content
 */
function write(file, content) {
  const copy = path.join(COPIES, file);
  fs.mkdirSync(path.dirname(copy), { recursive: true });
  fs.writeFileSync(copy, content);
  return copy;
}

module.exports = { COPIES, writeCopies };
