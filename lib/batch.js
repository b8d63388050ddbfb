'use strict';

const { inspect } = require('node:util');
const { MAX_UINT32, checkInteger, checkOptions, checkOneOf } = require('./check.js');
const { encodeValue, encodeValues, encodeName, toByteString, show } = require('./encode.js');
const { readReplies } = require('./reply.js');

/** The server keeps an array up to the largest id it was given, and dies of a huge one. */
const MAX_INDEX_ID = 65_535;

const FIND_OPERATORS = new Set(['=', '>', '>=', '<', '<=']);
// The server takes unknown ones for "matches everything" or "matches nothing", without a word.
const FILTER_OPERATORS = new Set(['=', '!=', '>', '>=', '<', '<=']);
const FILTER_TYPES = new Set(['filter', 'while']);

/**
 * The package's own access to a batch: what an executor does with it is not for its users.
 * @typedef {object} Access
 * @property {(batch: Batch) => string} bytes
 * @property {(batch: Batch, argument: string) => void} assertWhole
 * @property {(batch: Batch) => void} add
 * @property {(batch: Batch) => void} run
 * @property {(batch: Batch, segments: (string | Buffer)[], address: string, error: import('..').HandlerSocketError | null) => void} finish
 */

/** @type {Access} */
let access;

class Batch {
  /** The commands as a byte string (encode.js). */
  #bytes = '';
  #commandCount = 0;
  /** Whether the last command lacks its line end. To look at the bytes for it would make V8 join them. */
  #isInCommand = false;
  /** @type {'new' | 'added' | 'running' | 'done'} */
  #state = 'new';
  /** @type {readonly import('..').Reply[]} */
  #replies = [];
  /** @type {import('..').HandlerSocketError | null} */
  #error = null;

  static {
    access = {
      bytes: (batch) => batch.#bytes,
      assertWhole(batch, argument) {
        if (batch.#isInCommand) {
          throw new TypeError(`${argument} ends inside a command: a line end is missing`);
        }
      },
      add(batch) {
        access.assertWhole(batch, 'batch');
        batch.#assertNew('be added to an executor');
        // Makes V8 join the pieces now, and not when the batch is to be sent.
        batch.#bytes.charCodeAt(0);
        batch.#state = 'added';
      },
      run(batch) {
        batch.#state = 'running';
      },
      finish(batch, segments, address, error) {
        batch.#state = 'done';
        batch.#replies = readReplies(segments, address);
        batch.#error = error;
      },
    };
  }

  /** @param {string | Uint8Array} data */
  write(data) {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new TypeError(`data must be a string or a Uint8Array, not ${show(data)}`);
    }
    this.#assertNew('be written to');
    const bytes = toByteString(data);
    let count = 0;
    let start = 0;
    while (start < bytes.length) {
      const isNew = start > 0 || !this.#isInCommand;
      if (isNew && (bytes[start] === 'Q' || bytes[start] === '/')) {
        throw new RangeError(
          `data has a command that begins with '${bytes[start]}': no request does, and the server's listener shuts down at it`,
        );
      }
      const end = bytes.indexOf('\n', start);
      if (end === -1) break;
      count++;
      start = end + 1;
    }
    this.#bytes += bytes;
    this.#commandCount += count;
    if (bytes !== '') this.#isInCommand = start < bytes.length;
    return this;
  }

  /** @param {number | bigint} value */
  writeDecimal(value) {
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
      const error = typeof value === 'number' ? RangeError : TypeError;
      throw new error(`value must be a bigint or a safe integer, not ${show(value)}`);
    }
    return this.write(String(value));
  }

  /** @param {string} secret */
  auth(secret) {
    // The secret is shown in no error.
    if (typeof secret !== 'string') throw new TypeError('secret must be a string');
    if (/[\x00-\x0f]/.test(secret)) {
      throw new TypeError('secret holds a control character below 0x10, which no secret can match');
    }
    return this.#command(`A\t1\t${toByteString(secret)}`);
  }

  /**
   * @param {number} indexId
   * @param {import('..').IndexTarget} target
   */
  openIndex(indexId, target) {
    checkIndexId(indexId);
    checkOptions(target, 'target');
    const { index = 'PRIMARY' } = target;
    const names = [
      encodeName(target.database, 'target.database'),
      encodeName(target.table, 'target.table'),
      encodeName(index, 'target.index'),
      encodeColumns(target.columns, 'target.columns'),
    ];
    if (target.filterColumns !== undefined) {
      names.push(encodeColumns(target.filterColumns, 'target.filterColumns'));
    }
    return this.#command(`P\t${indexId}\t${names.join('\t')}`);
  }

  /**
   * @param {number} indexId
   * @param {import('..').FindOperator} op
   * @param {readonly import('..').Bindable[]} key
   * @param {import('..').FindOptions} [options]
   */
  find(indexId, op, key, options) {
    return this.#command(encodeFind(indexId, op, key, options));
  }

  /**
   * @param {number} indexId
   * @param {readonly import('..').Bindable[]} values
   */
  insert(indexId, values) {
    checkIndexId(indexId);
    return this.#command(`${indexId}\t+\t${countValues(values)}${encodeValues(values, 'values')}`);
  }

  /**
   * @param {number} indexId
   * @param {import('..').FindOperator} op
   * @param {readonly import('..').Bindable[]} key
   * @param {readonly import('..').Bindable[]} values
   * @param {import('..').ModifyOptions} [options]
   */
  update(indexId, op, key, values, options) {
    return this.#modify('U', indexId, op, key, values, options);
  }

  /**
   * @param {number} indexId
   * @param {import('..').FindOperator} op
   * @param {readonly import('..').Bindable[]} key
   * @param {readonly import('..').Bindable[]} values
   * @param {import('..').ModifyOptions} [options]
   */
  increment(indexId, op, key, values, options) {
    return this.#modify('+', indexId, op, key, values, options);
  }

  /**
   * @param {number} indexId
   * @param {import('..').FindOperator} op
   * @param {readonly import('..').Bindable[]} key
   * @param {readonly import('..').Bindable[]} values
   * @param {import('..').ModifyOptions} [options]
   */
  decrement(indexId, op, key, values, options) {
    return this.#modify('-', indexId, op, key, values, options);
  }

  /**
   * @param {number} indexId
   * @param {import('..').FindOperator} op
   * @param {readonly import('..').Bindable[]} key
   * @param {import('..').ModifyOptions} [options]
   */
  delete(indexId, op, key, options) {
    return this.#command(encodeModify('D', indexId, op, key, options));
  }

  get commandCount() {
    return this.#commandCount;
  }

  get byteLength() {
    return this.#bytes.length;
  }

  get replies() {
    return this.#replies;
  }

  get error() {
    return this.#error;
  }

  [Symbol.iterator]() {
    return this.#replies[Symbol.iterator]();
  }

  clear() {
    if (this.#state === 'added' || this.#state === 'running') {
      throw new TypeError(`the batch cannot be cleared: ${STATES[this.#state]}`);
    }
    this.#bytes = '';
    this.#commandCount = 0;
    this.#isInCommand = false;
    this.#state = 'new';
    this.#replies = [];
    this.#error = null;
    return this;
  }

  [inspect.custom]() {
    // Without the bytes: a secret may be among them.
    const { commandCount, byteLength, replies, error } = this;
    return `Batch ${inspect({ state: this.#state, commandCount, byteLength, replies: replies.length, error })}`;
  }

  /**
   * @param {string} modification
   * @param {number} indexId
   * @param {import('..').FindOperator} op
   * @param {readonly import('..').Bindable[]} key
   * @param {readonly import('..').Bindable[]} values
   * @param {import('..').ModifyOptions} [options]
   */
  #modify(modification, indexId, op, key, values, options) {
    const command = encodeModify(modification, indexId, op, key, options);
    countValues(values);
    return this.#command(command + encodeValues(values, 'values'));
  }

  /** @param {string} command  a byte string without its line end */
  #command(command) {
    this.#assertNew('be written to');
    if (this.#isInCommand) {
      throw new TypeError('the batch ends inside a command: write its line end first');
    }
    this.#bytes += `${command}\n`;
    this.#commandCount++;
    return this;
  }

  /** @param {string} purpose */
  #assertNew(purpose) {
    if (this.#state !== 'new') {
      throw new TypeError(`the batch cannot ${purpose}: ${STATES[this.#state]}`);
    }
  }
}

const STATES = {
  new: 'it is new',
  added: 'it is in an executor already',
  running: 'it is running',
  done: 'it has run; clear() makes it new',
};

/** @param {number} indexId */
function checkIndexId(indexId) {
  checkInteger(indexId, 'indexId', 0, MAX_INDEX_ID, 'the server dies of a huge one');
}

/**
 * @param {readonly string[]} columns
 * @param {string} argument
 */
function encodeColumns(columns, argument) {
  if (!Array.isArray(columns)) {
    throw new TypeError(`${argument} must be an array of column names, not ${show(columns)}`);
  }
  // Array.from, since map passes over holes.
  const names = Array.from(columns, (name, i) => {
    if (name === '') throw new TypeError(`${argument}[${i}] must not be empty`);
    return encodeName(name, `${argument}[${i}]`, /[\x00-\x0f,]/);
  });
  return names.join(',');
}

/**
 * @param {number} indexId
 * @param {string} op
 * @param {readonly unknown[]} key
 * @param {import('..').FindOptions} [options]
 */
function encodeFind(indexId, op, key, options) {
  const parts = encodeValues(key, 'key');
  const head = encodeFindHead(indexId, op, key.length) + parts;
  return options === undefined ? head : head + encodeFindOptions(options, op, key.length);
}

/** The head made last: most programs ask the same again. */
const lastHead = { indexId: -1, op: '', keyParts: 0, text: '' };

/**
 * @param {number} indexId
 * @param {string} op
 * @param {number} keyParts
 */
function encodeFindHead(indexId, op, keyParts) {
  const last = lastHead;
  if (indexId === last.indexId && op === last.op && keyParts === last.keyParts) return last.text;
  checkIndexId(indexId);
  checkOneOf(op, 'op', FIND_OPERATORS);
  if (keyParts === 0) throw new TypeError('key must have at least one part');
  last.indexId = indexId;
  last.op = op;
  last.keyParts = keyParts;
  last.text = `${indexId}\t${op}\t${keyParts}`;
  return last.text;
}

/**
 * @param {string} modification
 * @param {number} indexId
 * @param {string} op
 * @param {readonly unknown[]} key
 * @param {import('..').ModifyOptions} [options]
 */
function encodeModify(modification, indexId, op, key, options = {}) {
  const find = encodeFind(indexId, op, key, options);
  return `${find}\t${modification}${options.returning ? '?' : ''}`;
}

/**
 * Limit and offset, then IN, then the filters: the only order that the server reads.
 * @param {import('..').FindOptions} options
 * @param {string} op
 * @param {number} keyParts
 */
function encodeFindOptions(options, op, keyParts) {
  checkOptions(options, 'options');
  const list = options.in === undefined ? '' : encodeIn(options.in, op, keyParts);
  // The server counts the rows of an IN list together; fewer than the list has values cannot be meant.
  const { limit = options.in?.values.length ?? 1, offset = 0 } = options;
  checkInteger(limit, 'options.limit', 1, MAX_UINT32, 'the server takes 0 for 1');
  checkInteger(offset, 'options.offset', 0, MAX_UINT32);
  if (limit + offset > MAX_UINT32) {
    throw new RangeError(
      `options.limit + options.offset must be at most ${MAX_UINT32}, past which the server finds nothing; they are ${limit} and ${offset}`,
    );
  }
  let tokens = `\t${limit}\t${offset}${list}`;
  if (options.filters !== undefined) tokens += encodeFilters(options.filters);
  return tokens;
}

/**
 * @param {NonNullable<import('..').FindOptions['in']>} list
 * @param {string} op
 * @param {number} keyParts
 */
function encodeIn(list, op, keyParts) {
  checkOptions(list, 'options.in');
  if (op !== '=') {
    throw new TypeError(`options.in goes with the operator '=' only, not with '${op}'`);
  }
  checkInteger(list.position, 'options.in.position', 0, keyParts - 1, 'a part of the key');
  const tokens = encodeValues(list.values, 'options.in.values');
  if (list.values.length === 0) throw new TypeError('options.in.values must not be empty');
  const nullAt = list.values.indexOf(null);
  if (nullAt !== -1) {
    throw new TypeError(
      `options.in.values[${nullAt}] is null: HandlerSocket cannot ask for NULL in an IN list; ask for it with a find of its own`,
    );
  }
  return `\t@\t${list.position}\t${list.values.length}${tokens}`;
}

/** @param {readonly import('..').Filter[]} filters */
function encodeFilters(filters) {
  if (!Array.isArray(filters)) {
    throw new TypeError(`options.filters must be an array, not ${show(filters)}`);
  }
  let tokens = '';
  for (const [i, filter] of filters.entries()) {
    const argument = `options.filters[${i}]`;
    checkOptions(filter, argument);
    const type = checkOneOf(filter.type ?? 'filter', `${argument}.type`, FILTER_TYPES);
    checkOneOf(filter.op, `${argument}.op`, FILTER_OPERATORS);
    checkInteger(filter.column, `${argument}.column`, 0, MAX_UINT32);
    const value = encodeValue(filter.value, `${argument}.value`);
    tokens += `\t${type === 'while' ? 'W' : 'F'}\t${filter.op}\t${filter.column}\t${value}`;
  }
  return tokens;
}

/** @param {readonly unknown[]} values */
function countValues(values) {
  if (Array.isArray(values) && values.length === 0) {
    throw new TypeError('values must not be empty: the server would blank every column');
  }
  return values?.length;
}

module.exports = { Batch, access };
