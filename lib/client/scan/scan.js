'use strict';

const {
  MAX_UINT32,
  checkIntegerArgument,
  checkNames,
  checkOneOfArgument,
  checkOptions,
} = require('../../util/check.js');
const { CALL_OPTIONS, callSettingsOf } = require('../pipeline/call-options.js');
const { isSame, rowCount } = require('../rows/rows.js');

/*
 * A walk over an index, a page at a time. Each page asks for one row more than it gives.
 *
 * Where the columns of the index are known, the next page is what follows the key of the last row given. That leaves out
 * other rows with the same key, so the row behind the page must come first in it. If it does not, it shares the key, as
 * the server sees it (`a` and `A`), or the text of the key does not find its row (a UUID): then the page is counted on
 * from where the last one began, as all pages are where the columns are not known.
 */

const DEFAULT_PAGE_SIZE = 1000;
const SCAN_OPTIONS = ['pageSize', 'limit', 'filters', ...CALL_OPTIONS];
/** A scan walks on. */
const SCAN_OPERATORS = new Set(['>', '>=', '<', '<=']);

/** After so many keys in a row that did not lead on, a walk counts on to its end. */
const MAX_MISSES = 3;

/**
 * What `scan` is given: an operator, a key and options, or options alone for the whole index.
 * @param {readonly unknown[]} given
 * @returns {{ op: import('../../..').FindOperator | undefined, key: unknown, options: ScanOptions }}
 */
function readScanArguments(given) {
  const [first] = given;
  if (given.length < 2 && typeof first !== 'string') {
    return {
      op: undefined,
      key: undefined,
      options: first === undefined ? {} : /** @type {any} */ (first),
    };
  }
  const [op, key, options = {}] = /** @type {any[]} */ (given);
  checkOneOfArgument(op, 'op', SCAN_OPERATORS);
  return { op, key, options };
}

/**
 * @typedef {object} ScanOptions
 * @property {number} [pageSize]
 * @property {number} [limit]
 * @property {readonly import('../../..').RowFilter[]} [filters]
 * @property {AbortSignal | null} [signal]
 * @property {number} [timeoutMs]  of each page
 * @property {'all'} [servers]  of a ShardedIndex
 *
 * @param {ScanOptions} options
 */
function readScanOptions(options) {
  checkOptions(options, 'options');
  checkNames(options, 'options', SCAN_OPTIONS);
  const { pageSize = DEFAULT_PAGE_SIZE, limit = Number.POSITIVE_INFINITY, filters } = options;
  checkIntegerArgument(pageSize, 'options.pageSize', 1, MAX_UINT32);
  if (limit !== Number.POSITIVE_INFINITY) {
    checkIntegerArgument(limit, 'options.limit', 0, Number.MAX_SAFE_INTEGER);
  }
  return { pageSize, limit, filters, call: callSettingsOf(options) };
}

/**
 * Where a page begins.
 * @typedef {object} Position
 * @property {import('../../..').FindOperator} op
 * @property {readonly unknown[]} key
 * @property {number} offset
 * @property {boolean} [isAtGroup]  whether it is counted from the first row with that key
 */

/**
 * @callback Find
 * @param {import('../../..').FindOperator} op
 * @param {readonly unknown[]} key
 * @param {number} limit
 * @param {number} offset
 * @returns {Promise<import('../../..').Reply>}
 */

/**
 * @template Row
 * @typedef {object} Walk
 * @property {number} pageSize
 * @property {number} limit
 * @property {Find} find
 * @property {import('../instances').KeyColumns} keyColumns
 * @property {(reply: import('../../..').Reply) => () => Row | undefined} rowReader
 */

/**
 * @template Row
 * @typedef {AsyncGenerator<import('./row-iterator.js').RowPage<Row>, void, undefined>} Pages
 */

/**
 * @template Row
 * @param {Walk<Row>} walk
 * @param {Position} start
 * @param {Page} [first]  the page there, if it has been read
 * @returns {Pages<Row>}
 */
async function* scan({ pageSize, limit, find, keyColumns, rowReader }, start, first) {
  let left = limit;
  if (left === 0) return;
  let page = first ?? (await readPage(find, start, Math.min(pageSize, left)));
  // Before a row is given: whoever gets it may delete it.
  const areKnown = !page.isLast && (await keyColumns.get(page.reply, page.end, find)) !== null;
  const reader = new PageReader(find, areKnown ? keyColumns : null);
  while (true) {
    const end = Math.min(page.end, left);
    yield { end, readRow: rowReader(page.reply) };
    left -= end;
    if (left === 0 || page.isLast) return;
    page = await reader.readAfter(page, Math.min(pageSize, left));
  }
}

/**
 * What the server takes for 0, `''`, NULL or a date before all others, by the type of the column. No
 * value is the least of every type: numbers may be negative, and text that begins below a space sorts
 * below `''` in most collations. But whatever the server makes of it, each row is either below it or
 * not.
 */
const MIDDLE = Object.freeze(['']);

/**
 * The whole of an index: what is below where it seems to begin, then the rest. Where what is below fits a page, all
 * comes in the order of the index.
 * @template Row
 * @param {Walk<Row>} walk
 * @param {import('../index-knowledge').Begin} begin
 * @returns {Pages<Row>}
 */
async function* scanAll(walk, { key, isFirst }) {
  const rest = /** @type {Position} */ ({ op: '>=', key, offset: 0 });
  if (isFirst) return yield* scan(walk, rest);
  let left = walk.limit;
  if (left === 0) return;
  const below = /** @type {Position} */ ({ op: '<', key, offset: 0 });
  const first = await readPage(walk.find, below, walk.pageSize);
  if (first.isLast) {
    const rows = rowsUpwards(walk.rowReader(first.reply));
    const end = Math.min(rows.length, left);
    left -= end;
    if (end > 0) yield { end, readRow: () => rows.pop() };
  } else {
    for await (const page of scan(walk, below, first)) {
      left -= page.end;
      yield page;
    }
  }
  yield* scan({ ...walk, limit: left }, rest);
}

/**
 * The rows of a page that goes downwards, the last one first to be taken.
 * @template Row
 * @param {() => Row | undefined} readRow
 */
function rowsUpwards(readRow) {
  const rows = [];
  for (let row = readRow(); row !== undefined; row = readRow()) rows.push(row);
  return rows;
}

/**
 * @typedef {object} Page
 * @property {Position} position
 * @property {import('../../..').Reply} reply
 * @property {number} end  how many of its rows are given
 * @property {boolean} isLast  whether no row is behind them
 */

/**
 * @param {Find} find
 * @param {Position} position
 * @param {number} size
 * @returns {Promise<Page>}
 */
async function readPage(find, position, size) {
  const { op, key, offset } = position;
  const reply = await find(op, key, Math.min(size + 1, MAX_UINT32 - offset), offset);
  const count = rowCount(reply);
  return { position, reply, end: Math.min(count, size), isLast: count <= size };
}

class PageReader {
  #find;
  #keyColumns;
  #misses = 0;

  /**
   * @param {Find} find
   * @param {import('../instances').KeyColumns | null} keyColumns  null if they are not known
   */
  constructor(find, keyColumns) {
    this.#find = find;
    this.#keyColumns = keyColumns;
  }

  /**
   * @param {Page} last  one with a row behind it
   * @param {number} size
   */
  async readAfter(last, size) {
    const { position, reply, end } = last;
    const counted = { ...position, offset: position.offset + end };
    if (this.#keyColumns === null || this.#misses === MAX_MISSES) {
      return readPage(this.#find, counted, size);
    }
    if (this.#hasSameKey(reply, end - 1, reply, end)) {
      return (await this.#readOnInGroup(last, size)) ?? readPage(this.#find, counted, size);
    }
    const page = await readPage(this.#find, this.#behind(last), size);
    if (this.#hasSameKey(page.reply, 0, last.reply, last.end)) {
      this.#misses = 0;
      return page;
    }
    const countedPage = await readPage(this.#find, counted, size);
    if (this.#hasSameKey(countedPage.reply, 0, last.reply, last.end)) {
      this.#misses++;
      return countedPage;
    }
    // The row behind the last page is gone.
    return (await this.#leadsOn(page, countedPage)) ? page : countedPage;
  }

  /**
   * The page that begins within a group of rows with the same key, counted from the group's first row: what lies before
   * the group may be deleted. null if the page is to be counted otherwise.
   * @param {Page} last
   * @param {number} size
   */
  async #readOnInGroup({ position, reply, end }, size) {
    let first = end - 1;
    while (first > 0 && this.#hasSameKey(reply, first - 1, reply, end)) first--;
    const key = this.#keyAt(reply, end);
    if (position.isAtGroup && isSame(position.key, key)) return null;

    const isUp = position.op.startsWith('>');
    const given = end - first;
    const [page, behind, inGroup] = await Promise.all([
      readPage(this.#find, { op: isUp ? '>=' : '<=', key, offset: given, isAtGroup: true }, size),
      // What the server takes for the same key may have another text: then the group began before.
      first === 0 ? null : this.#find(isUp ? '>' : '<', this.#keyAt(reply, first - 1), 1, 0),
      this.#find('=', key, 1, given),
    ]);
    const beginsHere =
      behind === null
        ? position.offset === 0 && position.op.length === 1
        : this.#hasSameKey(behind, 0, reply, end);
    const goesOn = this.#hasSameKey(page.reply, 0, reply, end);
    return beginsHere && goesOn && rowCount(inGroup) > 0 ? page : null;
  }

  /**
   * @param {Page} last
   * @returns {Position}
   */
  #behind({ position, reply, end }) {
    return {
      op: position.op.startsWith('>') ? '>' : '<',
      key: this.#keyAt(reply, end - 1),
      offset: 0,
    };
  }

  /**
   * Whether a page by key is one of the index, which its own first row has to show: it is found by its key.
   * @param {Page} page
   * @param {Page} countedPage
   */
  async #leadsOn({ reply }, countedPage) {
    if (rowCount(reply) === 0) return rowCount(countedPage.reply) === 0;
    const found = await this.#find('=', this.#keyAt(reply, 0), 1, 0);
    return this.#hasSameKey(found, 0, reply, 0);
  }

  /**
   * @param {import('../../..').Reply} a
   * @param {number} ordinalInA  of a row that may not be there
   * @param {import('../../..').Reply} b
   * @param {number} ordinalInB
   */
  #hasSameKey(a, ordinalInA, b, ordinalInB) {
    if (ordinalInA >= rowCount(a)) return false;
    return isSame(this.#keyAt(a, ordinalInA), this.#keyAt(b, ordinalInB));
  }

  /**
   * @param {import('../../..').Reply} reply
   * @param {number} ordinal
   */
  #keyAt(reply, ordinal) {
    return /** @type {import('../instances').KeyColumns} */ (this.#keyColumns).keyAt(
      reply,
      ordinal,
    );
  }
}

module.exports = { MIDDLE, SCAN_OPTIONS, readScanArguments, readScanOptions, scan, scanAll };
