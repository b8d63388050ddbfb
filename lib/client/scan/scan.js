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
 * A scan reads an index page by page. Each page requests one row more than it returns.
 *
 * If the columns of the index are known, the next page begins after the key of the last row
 * returned ("by key"). That skips other rows with the same key. So the extra row of the last page
 * must come first in the next one. If it does not, either the server takes its key for the same
 * (`a` and `A`), or the text of the key does not find its row (a UUID). Then the page begins at an
 * offset from where the last page began ("by offset"), as all pages do if the columns are unknown.
 */

const DEFAULT_PAGE_SIZE = 1000;
const SCAN_OPTIONS = ['pageSize', 'limit', 'filters', ...CALL_OPTIONS];
/** `=` is missing because it has no order to page in. */
const SCAN_OPERATORS = new Set(['>', '>=', '<', '<=']);

/**
 * After this many pages by key in a row that did not continue the scan, all further ones go by
 * offset.
 */
const MAX_MISSES = 3;

/**
 * Reads the arguments of `scan`: an operator, a key and options, or options alone for the whole
 * index.
 * @param {readonly unknown[]} given
 * @returns {{ op?: import('../../..').FindOperator, key: unknown, options: ScanOptions }}
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
 * @property {number} [timeoutMs]  for each page
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
 * Where a page begins: at an offset from a key.
 * @typedef {object} Position
 * @property {import('../../..').FindOperator} op
 * @property {readonly unknown[]} key
 * @property {number} offset
 * @property {boolean} [isAtGroup]  whether the offset counts from the first row with that key
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
 * @typedef {object} Paging
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
 * The pages from a position on.
 * @template Row
 * @param {Paging<Row>} paging
 * @param {Position} start
 * @param {Page} [first]  the page there, if it was read already
 * @returns {Pages<Row>}
 */
async function* scan({ pageSize, limit, find, keyColumns, rowReader }, start, first) {
  let left = limit;
  if (left === 0) return;
  let page = first ?? (await readPage(find, start, Math.min(pageSize, left)));
  // The columns are determined before a row is returned, because the caller may delete it.
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
 * A key that splits every index in two. Depending on the column's type, the server reads it as 0,
 * `''`, NULL or a date before all others. No value is the least of every type: numbers may be
 * negative, and in most collations text that begins below a space sorts below `''`. But each row is
 * either below this key or not.
 */
const MIDDLE = Object.freeze(['']);

/**
 * The pages of a whole index: first the rows below the start key, read downwards, then the others
 * upwards. If the rows below fit on one page, all rows come in the order of the index.
 * @template Row
 * @param {Paging<Row>} paging
 * @param {import('../index-knowledge').Begin} begin
 * @returns {Pages<Row>}
 */
async function* scanAll(paging, { key, isFirst }) {
  const rest = /** @type {Position} */ ({ op: '>=', key, offset: 0 });
  if (isFirst) return yield* scan(paging, rest);
  let left = paging.limit;
  if (left === 0) return;
  const below = /** @type {Position} */ ({ op: '<', key, offset: 0 });
  const first = await readPage(paging.find, below, paging.pageSize);
  if (first.isLast) {
    const rows = rowsUpwards(paging.rowReader(first.reply));
    const end = Math.min(rows.length, left);
    left -= end;
    if (end > 0) yield { end, readRow: () => rows.pop() };
  } else {
    for await (const page of scan(paging, below, first)) {
      left -= page.end;
      yield page;
    }
  }
  yield* scan({ ...paging, limit: left }, rest);
}

/**
 * The rows of a page that was read downwards, to be popped upwards.
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
 * @property {number} end  how many of its rows are returned
 * @property {boolean} isLast  whether no row follows them
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

/** Reads the next page of a scan, by key if that continues where the last page ended. */
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
   * @param {Page} last  a page that is not the last one of the index
   * @param {number} size
   */
  async readAfter(last, size) {
    const { position, reply, end } = last;
    const byOffset = { ...position, offset: position.offset + end };
    if (this.#keyColumns === null || this.#misses === MAX_MISSES) {
      return readPage(this.#find, byOffset, size);
    }
    if (this.#hasSameKey(reply, end - 1, reply, end)) {
      return (await this.#readInGroup(last, size)) ?? readPage(this.#find, byOffset, size);
    }
    const page = await readPage(this.#find, this.#after(last), size);
    if (this.#hasSameKey(page.reply, 0, last.reply, last.end)) {
      this.#misses = 0;
      return page;
    }
    const offsetPage = await readPage(this.#find, byOffset, size);
    if (this.#hasSameKey(offsetPage.reply, 0, last.reply, last.end)) {
      this.#misses++;
      return offsetPage;
    }
    // The extra row of the last page was deleted.
    return (await this.#isOnIndex(page, offsetPage)) ? page : offsetPage;
  }

  /**
   * The page that begins within a group of rows with the same key. Its offset counts from the
   * group's first row, since rows before the group may be deleted. null if that offset is unknown.
   * @param {Page} last
   * @param {number} size
   */
  async #readInGroup({ position, reply, end }, size) {
    let first = end - 1;
    while (first > 0 && this.#hasSameKey(reply, first - 1, reply, end)) first--;
    const key = this.#keyAt(reply, end);
    if (position.isAtGroup && isSame(position.key, key)) return null;

    const isUp = position.op.startsWith('>');
    const given = end - first;
    const [page, afterPrevious, inGroup] = await Promise.all([
      readPage(this.#find, { op: isUp ? '>=' : '<=', key, offset: given, isAtGroup: true }, size),
      // The server may see rows with another text as the same key; then the group began earlier.
      first === 0 ? null : this.#find(isUp ? '>' : '<', this.#keyAt(reply, first - 1), 1, 0),
      this.#find('=', key, 1, given),
    ]);
    const beginsHere =
      afterPrevious === null
        ? position.offset === 0 && position.op.length === 1
        : this.#hasSameKey(afterPrevious, 0, reply, end);
    const isContinued = this.#hasSameKey(page.reply, 0, reply, end);
    return beginsHere && isContinued && rowCount(inGroup) > 0 ? page : null;
  }

  /**
   * @param {Page} last
   * @returns {Position}
   */
  #after({ position, reply, end }) {
    return {
      op: position.op.startsWith('>') ? '>' : '<',
      key: this.#keyAt(reply, end - 1),
      offset: 0,
    };
  }

  /**
   * Whether a page by key can be trusted: its first row must be found by its own key.
   * @param {Page} page
   * @param {Page} offsetPage
   */
  async #isOnIndex({ reply }, offsetPage) {
    if (rowCount(reply) === 0) return rowCount(offsetPage.reply) === 0;
    const found = await this.#find('=', this.#keyAt(reply, 0), 1, 0);
    return this.#hasSameKey(found, 0, reply, 0);
  }

  /**
   * @param {import('../../..').Reply} a
   * @param {number} ordinalInA  of a row that may not exist
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
