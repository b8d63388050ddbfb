'use strict';

const {
  inspect,
  types: { isUint8Array },
} = require('node:util');
const { checkIntegerArgument, checkNames, checkOptions, checkSecret } = require('../util/check.js');
const { lazy } = require('../util/lazy.js');
const { show, showKind } = require('../util/show.js');

const protocol = lazy(() => ({
  ...require('../protocol/byte-writer.js'),
  ...require('../protocol/command.js'),
  ...require('../protocol/constants.js'),
  ...require('../protocol/encode.js'),
}));

/** The server keeps an array as long as the largest id, and crashes on a huge one. */
const MAX_INDEX_ID = 65_535;

const FIND_OPTIONS = ['limit', 'offset', 'in', 'filters'];
const MODIFY_OPTIONS = [...FIND_OPTIONS, 'returning'];

/** clear() keeps up to this much memory for the next commands. */
const MAX_REUSED_BYTES = 64 * 1024;
/** A larger batch drops its bytes when it runs, because its replies will need the memory. */
const MAX_KEPT_BYTES = 1024 * 1024;

/**
 * The package's own access to a batch, for Executor and Connection.
 * @typedef {object} Access
 * @property {(batch: Batch) => Uint8Array} bytes
 * @property {(batch: Batch, argument: string) => void} assertWhole
 * @property {(batch: Batch) => void} add
 * @property {(batch: Batch) => Uint8Array} run  marks it as running and returns the bytes to send
 * @property {SetResult} setResult
 *
 * @callback SetResult
 * @param {Batch} batch
 * @param {readonly import('../..').Reply[]} replies
 * @param {import('../..').HandlerSocketError | null} error
 * @returns {void}
 */

/** @type {Access} */
let access;

/**
 * See index.d.ts. A caller writes commands, an executor adds and runs the batch, and the caller
 * reads the replies:
 *
 *   new ──► added ──► running ──► done
 *    ▲                             │
 *    └─────────── clear() ─────────┘
 */
class Batch {
  #writer = newWriter();
  /** How many bytes it has dropped. */
  #droppedBytes = 0;
  #commandCount = 0;
  /** Whether the last command lacks its line end. */
  #isInCommand = false;
  /** @type {'new' | 'added' | 'running' | 'done'} */
  #state = 'new';
  /** @type {readonly import('../..').Reply[]} */
  #replies = [];
  /** @type {import('../..').HandlerSocketError | null} */
  #error = null;

  static {
    access = {
      bytes(batch) {
        if (batch.#droppedBytes > 0) {
          throw new TypeError(
            `the batch has run and dropped its ${batch.#droppedBytes} bytes: write it again`,
          );
        }
        return batch.#writer.bytes;
      },
      assertWhole(batch, argument) {
        if (batch.#isInCommand) {
          throw new TypeError(`${argument} ends inside a command: a line end is missing`);
        }
      },
      add(batch) {
        access.assertWhole(batch, 'batch');
        batch.#assertNew('be added to an executor');
        batch.#state = 'added';
      },
      run(batch) {
        const bytes = access.bytes(batch);
        batch.#state = 'running';
        if (bytes.length > MAX_KEPT_BYTES) {
          batch.#droppedBytes = bytes.length;
          batch.#writer = newWriter();
        }
        return bytes;
      },
      setResult(batch, replies, error) {
        batch.#state = 'done';
        batch.#replies = replies;
        batch.#error = error;
      },
    };
  }

  /** @param {string | Uint8Array} data */
  write(data) {
    if (typeof data !== 'string' && !isUint8Array(data)) {
      throw new TypeError(`data must be a string or a Uint8Array, not ${showKind(data)}`);
    }
    this.#assertNew('be written to');
    const writer = this.#writer;
    const written = writer.length;
    // Checks the copy, since another thread may write to shared memory.
    writer.raw(data);
    const bytes = writer.bytes.subarray(written);
    let count = 0;
    let start = 0;
    while (start < bytes.length) {
      const isNew = start > 0 || !this.#isInCommand;
      const first = String.fromCharCode(bytes[start]);
      if (isNew && (first === 'Q' || first === '/')) {
        writer.truncate(written);
        throw new RangeError(
          `data has a command that begins with '${first}': no request does, and the server's listener shuts down at it`,
        );
      }
      const end = bytes.indexOf(protocol().LINE_FEED, start);
      if (end === -1) break;
      count++;
      start = end + 1;
    }
    this.#commandCount += count;
    if (bytes.length > 0) this.#isInCommand = start < bytes.length;
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
    checkSecret(secret, 'secret');
    return this.#append(`A\t1\t${protocol().toByteString(secret)}`);
  }

  /**
   * @param {number} indexId
   * @param {import('../..').IndexTarget} target
   */
  openIndex(indexId, target) {
    checkIndexId(indexId);
    return this.#append(`P\t${indexId}${protocol().encodeOpenIndex(target)}`);
  }

  /**
   * @param {number} indexId
   * @param {import('../..').FindOperator} op
   * @param {readonly import('../..').Bindable[]} key
   * @param {import('../..').FindOptions} [options]
   */
  find(indexId, op, key, options) {
    checkIndexId(indexId);
    checkOptionNames(options, FIND_OPTIONS);
    return this.#command(indexId, protocol().encodeFind(op, key, options));
  }

  /**
   * @param {number} indexId
   * @param {readonly import('../..').Bindable[]} values
   */
  insert(indexId, values) {
    checkIndexId(indexId);
    return this.#command(indexId, protocol().encodeInsert(values));
  }

  /**
   * @param {number} indexId
   * @param {import('../..').FindOperator} op
   * @param {readonly import('../..').Bindable[]} key
   * @param {readonly import('../..').Bindable[]} values
   * @param {import('../..').ModifyOptions} [options]
   */
  update(indexId, op, key, values, options) {
    return this.#modify('U', indexId, op, key, values, options);
  }

  /**
   * @param {number} indexId
   * @param {import('../..').FindOperator} op
   * @param {readonly import('../..').Bindable[]} key
   * @param {readonly import('../..').Bindable[]} values
   * @param {import('../..').ModifyOptions} [options]
   */
  increment(indexId, op, key, values, options) {
    return this.#modify('+', indexId, op, key, values, options);
  }

  /**
   * @param {number} indexId
   * @param {import('../..').FindOperator} op
   * @param {readonly import('../..').Bindable[]} key
   * @param {readonly import('../..').Bindable[]} values
   * @param {import('../..').ModifyOptions} [options]
   */
  decrement(indexId, op, key, values, options) {
    return this.#modify('-', indexId, op, key, values, options);
  }

  /**
   * @param {number} indexId
   * @param {import('../..').FindOperator} op
   * @param {readonly import('../..').Bindable[]} key
   * @param {import('../..').ModifyOptions} [options]
   */
  delete(indexId, op, key, options) {
    checkIndexId(indexId);
    checkOptionNames(options, MODIFY_OPTIONS);
    return this.#command(indexId, protocol().encodeDelete(op, key, options, options?.returning));
  }

  get commandCount() {
    return this.#commandCount;
  }

  get byteLength() {
    return this.#droppedBytes + this.#writer.length;
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
    if (this.#writer.capacity > MAX_REUSED_BYTES) this.#writer = newWriter();
    else this.#writer.truncate(0);
    this.#droppedBytes = 0;
    this.#commandCount = 0;
    this.#isInCommand = false;
    this.#state = 'new';
    this.#replies = [];
    this.#error = null;
    return this;
  }

  [inspect.custom]() {
    // Not the bytes, which may hold a secret.
    const { commandCount, byteLength, replies, error } = this;
    return `Batch ${inspect({ state: this.#state, commandCount, byteLength, replies: replies.length, error })}`;
  }

  /**
   * @param {'U' | '+' | '-'} modification
   * @param {number} indexId
   * @param {import('../..').FindOperator} op
   * @param {readonly import('../..').Bindable[]} key
   * @param {readonly import('../..').Bindable[]} values
   * @param {import('../..').ModifyOptions} [options]
   */
  #modify(modification, indexId, op, key, values, options) {
    checkIndexId(indexId);
    checkOptionNames(options, MODIFY_OPTIONS);
    return this.#command(
      indexId,
      protocol().encodeModify(modification, op, key, values, options, options?.returning),
    );
  }

  /**
   * @param {number} indexId
   * @param {Command} request
   */
  #command(indexId, request) {
    this.#assertCommandBegins();
    this.#writer.command(indexId, request);
    this.#commandCount++;
    return this;
  }

  /** @param {string} request  a byte string without its line end */
  #append(request) {
    this.#assertCommandBegins();
    this.#writer.byteString(`${request}\n`);
    this.#commandCount++;
    return this;
  }

  #assertCommandBegins() {
    this.#assertNew('be written to');
    if (this.#isInCommand) {
      throw new TypeError('the batch ends inside a command: write its line end first');
    }
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

function newWriter() {
  const { ByteWriter } = protocol();
  return new ByteWriter();
}

/** @param {number} indexId */
function checkIndexId(indexId) {
  checkIntegerArgument(indexId, 'indexId', 0, MAX_INDEX_ID, 'the server dies of a huge one');
}

/**
 * @param {unknown} options
 * @param {readonly string[]} names
 */
function checkOptionNames(options, names) {
  if (options !== undefined) checkNames(checkOptions(options, 'options'), 'options', names);
}

/** @typedef {InstanceType<typeof import('../protocol/command.js').Command>} Command */

module.exports = { Batch, access };
