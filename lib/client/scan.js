'use strict';

const { isSame, keyAt } = require('./rows.js');

/*
 * A walk over an index, a page at a time.
 *
 * Each page asks for one row more than it gives. Where the index's columns are known, the next page begins at that row's
 * key; the rows given before it that share the key are passed over by count, as a key is not always one row's alone.
 * Otherwise pages are counted off from where they were last known to be.
 */

/**
 * Where a page begins.
 * @typedef {object} Position
 * @property {import('../..').FindOperator} op
 * @property {readonly unknown[]} key
 * @property {number} offset
 */

/**
 * @callback Find
 * @param {import('../..').FindOperator} op
 * @param {readonly unknown[]} key
 * @param {number} limit
 * @param {number} offset
 * @returns {Promise<import('../..').Reply>}
 */

/**
 * @template Row
 * @param {object} walk
 * @param {Position} walk.start
 * @param {number} walk.pageSize
 * @param {number} walk.limit
 * @param {Find} walk.find
 * @param {import('./instances').KeyColumns} walk.keyColumns
 * @param {(reply: import('../..').Reply, ordinal: number) => Row} walk.rowOf
 * @returns {AsyncGenerator<Row, void, undefined>}
 */
async function* scan({ start, pageSize, limit, find, keyColumns, rowOf }) {
  let left = limit;
  let page = await readPage(find, start, Math.min(pageSize, left));
  while (left > 0) {
    for (let i = page.first; i < page.end; i++) yield rowOf(page.reply, i);
    left -= page.end - page.first;
    if (left === 0 || page.next === null) return;
    page = await readNextPage(find, page, Math.min(pageSize, left), keyColumns);
  }
}

/**
 * @typedef {object} Page
 * @property {Position} position
 * @property {import('../..').Reply} reply
 * @property {number} first  the first row to give
 * @property {number} end  behind the last one
 * @property {Row | null} next  the row behind it, if there is one
 *
 * @typedef {readonly import('../..').Text[]} Row
 */

/**
 * @param {Find} find
 * @param {Position} position
 * @param {number} size
 * @returns {Promise<Page>}
 */
async function readPage(find, position, size) {
  const { op, key, offset } = position;
  const reply = await find(op, key, size + 1, offset);
  const { rows } = reply;
  return { position, reply, first: 0, end: Math.min(rows.length, size), next: rows[size] ?? null };
}

/**
 * @param {Find} find
 * @param {Page} last
 * @param {number} size
 * @param {import('./instances').KeyColumns} keyColumns
 */
async function readNextPage(find, last, size, keyColumns) {
  const counted = countOn(last);
  const columns = await keyColumns.find(last.reply, last.end, find);
  if (columns === null) return readPage(find, counted, size);

  const page = await readPage(find, positionAt(last, columns), size);
  const first = firstNew(page, last);
  if (first !== null) return { ...page, first };
  // The row that was to come first is not there: it is gone, or its text finds another key than its own.
  const check = await readPage(find, counted, size);
  const isStillThere = check.reply.rows.length > 0 && isSame(check.reply.rows[0], last.next);
  if (!isStillThere) return page;
  keyColumns.giveUp();
  return check;
}

/**
 * Where the next page begins by count.
 * @param {Page} page
 */
function countOn({ position, end }) {
  return { ...position, offset: position.offset + end };
}

/**
 * Where the next page begins by the key of its first row.
 * @param {Page} page  one that has a next row, at `page.end`
 * @param {readonly number[]} columns
 */
function positionAt({ position, reply, end }, columns) {
  const key = keyAt(reply, end, columns);
  let group = end;
  while (group > 0 && isSame(keyAt(reply, group - 1, columns), key)) group--;
  const isWholePage = group === 0 && isSame(position.key, key);
  /** @type {import('../..').FindOperator} */
  const op = position.op.startsWith('>') ? '>=' : '<=';
  return { op, key, offset: isWholePage ? position.offset + end : end - group };
}

/**
 * The first row of a page that the last one did not give; null if the row that was to come next is not in it. Rows whose
 * keys differ in bytes and not for the server (`a` and `A`) come again.
 * @param {Page} page
 * @param {Page} last
 */
function firstNew(page, last) {
  const { rows } = page.reply;
  const found = rows.findIndex((row) => isSame(row, last.next));
  if (found === -1 || found > last.end) return null;
  const given = last.reply.rows.slice(last.end - found, last.end);
  return rows.slice(0, found).every((row, i) => isSame(row, given[i])) ? found : null;
}

module.exports = { scan };
