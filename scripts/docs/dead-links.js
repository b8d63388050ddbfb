/* Finds links and pictures in a folder of HTML whose file or anchor does not exist. */

const fs = require('node:fs');
const path = require('node:path');

const REFERENCE = /<[a-z][^>]*? (?:href|src)="([^"]*)"/g;
const ANCHOR = / (?:id|name)="([^"]*)"/g;

/** @param {string} folder */
function htmlFiles(folder) {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => name.split(path.sep).join('/'))
    .sort();
}

/**
 * @param {string} folder
 * @returns {{ dead: string[], count: number }} the dead links, and the number of links within the
 *   folder
 */
function findDeadLinks(folder) {
  const anchors = new Map();
  /** @param {string} file */
  const anchorsOf = (file) => {
    if (!anchors.has(file)) anchors.set(file, valuesOf(read(folder, file), ANCHOR));
    return anchors.get(file);
  };
  const dead = [];
  let count = 0;
  for (const file of htmlFiles(folder)) {
    for (const reference of valuesOf(read(folder, file), REFERENCE)) {
      if (/^[a-z]+:|^\/\//.test(reference)) continue;
      count++;
      const [place, anchor] = reference.split('#').map(decodeURIComponent);
      const target = place === '' ? file : path.posix.join(path.posix.dirname(file), place);
      const isThere = fs.existsSync(path.join(folder, target)) && !target.startsWith('..');
      if (!isThere) dead.push(`${file}: ${reference}: there is no such file`);
      else if (anchor && target.endsWith('.html') && !anchorsOf(target).has(anchor)) {
        dead.push(`${file}: ${reference}: there is no such anchor`);
      }
    }
  }
  return { dead, count };
}

/**
 * @param {string} folder
 * @param {string} file
 */
function read(folder, file) {
  return fs.readFileSync(path.join(folder, file), 'utf8');
}

/**
 * @param {string} html
 * @param {RegExp} pattern
 */
function valuesOf(html, pattern) {
  return new Set(Array.from(html.matchAll(pattern), ([, value]) => value.replaceAll('&amp;', '&')));
}

module.exports = { findDeadLinks, htmlFiles };
