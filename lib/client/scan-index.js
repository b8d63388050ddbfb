'use strict';

const { copyBytes } = require('../protocol/encode.js');
const { expectRows } = require('./row-limit.js');
const { replyOf } = require('./rows/results.js');
const { RowIterator } = require('./scan/row-iterator.js');
const { readScanArguments, readScanOptions, scan, scanAll } = require('./scan/scan.js');

/**
 * @typedef {object} ScanSource  the parts of an index that a scan uses
 * @property {import('./instances').Commands} commands
 * @property {import('./index-knowledge').IndexShape} shape
 * @property {import('./instances').RowReader} reader
 * @property {import('./operation.js').Submit} submit
 * @property {boolean} readsAhead
 */

/**
 * The rows of `Index.scan`. Invalid arguments throw at once.
 * @param {ScanSource} index
 * @param {readonly unknown[]} given  an operator, a key and options, or options alone
 * @returns {AsyncIterableIterator<any>}
 */
function scanIndex({ commands, shape, reader, submit, readsAhead }, given) {
  const { op, key, options } = readScanArguments(given);
  const { pageSize, limit, filters, call } = readScanOptions(options);
  const start = op === undefined ? null : commands.findFrom(op, key, { filters });
  if (start === null) commands.checkWhole(shape.begin, { filters });
  const kept = filters?.map((filter) => ({ ...filter, value: copyBytes(filter.value) }));
  /** @type {import('./scan/scan.js').Find} */
  const find = async (op, key, limit, offset) => {
    const requests = [commands.findSent(op, key, { limit, offset, filters: kept })];
    expectRows(requests, { limit });
    /** @param {import('./pipeline/call.js').Outcome} outcome */
    const read = (outcome) => reader.checkWidth(replyOf(outcome));
    const isProbe = op === '=';
    return submit({ name: 'scan', isWrite: false, isProbe, requests, read, op, key, call });
  };
  const rowReader = (/** @type {import('../..').Reply} */ reply) => reader.inTurn(reply);
  const paging = { pageSize, limit, find, keyColumns: shape.keyColumns, rowReader };
  const pages =
    start === null ? scanAll(paging, shape.begin) : scan(paging, { ...start, offset: 0 });
  return new RowIterator(pages, readsAhead, call?.signal);
}

module.exports = { scanIndex };
