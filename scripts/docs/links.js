/*
 * Resolves links of Markdown files: to a page of the site, to one of its pictures, or to the
 * repository.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../command.js');
const manifest = require('../../package.json');

const REPOSITORY = manifest.repository.url.replace(/^git\+|\.git$/g, '');
const BLOB = `${REPOSITORY}/blob/main/`;
const TREE = `${REPOSITORY}/tree/main/`;
const RAW = `${REPOSITORY.replace('github.com', 'raw.githubusercontent.com')}/main/`;

const LINK = /(\[[^\]]*\]\()([^)\s]+)(\))/g;
const FENCED = /^```.*?^```$/gms;
const PICTURE = /\.(svg|png)$/;

/**
 * The links of a file. Links to the repository's own files are relative to the project's folder.
 *
 * @param {string} text  Markdown
 * @param {string} file  relative to the project's folder
 * @returns {{ link: string, target: string | undefined, anchor: string | undefined }[]}
 */
function linksOf(text, file) {
  const prose = text.replace(FENCED, '');
  return Array.from(prose.matchAll(LINK), ([, , link]) => ({ link, ...resolve(link, file) }));
}

/**
 * Makes links to the files of pages lead to the site's pages, and links to other files lead to the
 * repository. If a link's text is the file of a page, it becomes the page's title.
 *
 * @param {string} text  Markdown
 * @param {string} file  relative to the project's folder
 * @param {ReadonlyMap<string, string>} titles  titles of the site's pages, by their files
 */
function rewriteLinks(text, file, titles) {
  return outsideFences(text, (prose) =>
    prose.replace(LINK, (whole, before, link, after) => {
      const { target, anchor } = resolve(link, file);
      if (target === undefined || target === file) return whole;
      const title = titles.get(target);
      const name = title === undefined ? before : before.replace(/^\[[\w/.-]+\.md\]/, `[${title}]`);
      const place = leadTo(target, file, titles);
      return `${name}${place}${anchor === undefined ? '' : `#${anchor}`}${after}`;
    }),
  );
}

/**
 * @param {string} target
 * @param {string} file
 * @param {ReadonlyMap<string, string>} titles
 */
function leadTo(target, file, titles) {
  if (titles.has(target) || PICTURE.test(target)) {
    return path.posix.relative(path.posix.dirname(file), target);
  }
  const isFolder = fs.statSync(path.join(ROOT, target)).isDirectory();
  return (isFolder ? TREE : BLOB) + target;
}

/**
 * @param {string} link
 * @param {string} file
 * @returns {{ target: string | undefined, anchor: string | undefined }} target is undefined for a
 *   link to the web
 */
function resolve(link, file) {
  const [place, anchor] = link.split('#');
  const own = [BLOB, TREE, RAW].find((prefix) => place.startsWith(prefix));
  if (own !== undefined) return { target: place.slice(own.length), anchor };
  if (/^[a-z]+:/.test(place)) return { target: undefined, anchor };
  if (place === '') return { target: file, anchor };
  return { target: path.posix.join(path.posix.dirname(file), place), anchor };
}

/**
 * @param {string} text
 * @param {(prose: string) => string} change
 */
function outsideFences(text, change) {
  let from = 0;
  let changed = '';
  for (const { 0: fenced, index } of text.matchAll(FENCED)) {
    changed += change(text.slice(from, index)) + fenced;
    from = index + fenced.length;
  }
  return changed + change(text.slice(from));
}

module.exports = { BLOB, REPOSITORY, linksOf, outsideFences, rewriteLinks };
