'use strict';

/*
 * The rules of retries: whether the client sends a request again, and whether another server of a
 * ShardedClient may do it. This file alone decides whether a write is repeated. docs/errors.md has
 * the rules as a table, and __test__/documentation.test.js compares the two.
 *
 * A request that failed goes through here as an event:
 *
 *   reply or error ──► eventOfRefusal, eventOfFailure ──► event ──► mayRetry, retryDecision
 */

/**
 * @typedef {'always' | 'once' | 'never'} Retries  always: each time it happens, until the deadline
 *
 * @typedef {object} Rule
 * @property {string} what  happened, for the table
 * @property {Retries} read  how often the client sends a read again
 * @property {Retries} write
 * @property {boolean} readFailsOver  whether another server may do a read
 * @property {boolean} writeFailsOver
 *
 * @typedef {keyof typeof RETRY_RULES} Event
 */

const RETRY_RULES = Object.freeze({
  unsent: rule('no connection could be made, or it broke before anything of the request was sent', {
    read: 'once',
    write: 'once',
    readFailsOver: true,
    writeFailsOver: true,
  }),
  lost: rule('the connection broke after that: the outcome is `unknown`', {
    read: 'once',
    readFailsOver: true,
  }),
  unauthorised: rule('the server refused the secret; a function is called again', {
    read: 'once',
    write: 'once',
    readFailsOver: true,
    writeFailsOver: true,
  }),
  noSecret: rule('the secret function failed', { readFailsOver: true, writeFailsOver: true }),
  reconnected: rule(
    'the server does not know the index (`stmtnum`): the connection has reconnected since',
    { read: 'always', write: 'always' },
  ),
  notOpen: rule('the same, without a reconnect', {
    read: 'once',
    write: 'once',
  }),
  refused: rule('the server refused it otherwise, deadlocks and lock waits included', {}),
  lateUnsent: rule('`ERR_HS_TIMEOUT`, and nothing of the request was sent', {
    readFailsOver: true,
    writeFailsOver: true,
  }),
  late: rule('`ERR_HS_TIMEOUT` after that: the outcome is `unknown`', { readFailsOver: true }),
  other: rule('any other error, such as `ERR_HS_PROTOCOL` or `ERR_HS_ROLLED_BACK`', {}),
});

/** Codes of failures that end a connection, or prevent one. */
const BROKEN = new Set(['ERR_HS_CONNECT', 'ERR_HS_LOST', 'ERR_HS_AUTH']);

/**
 * @param {string} what
 * @param {Partial<Omit<Rule, 'what'>>} allowed
 * @returns {Readonly<Rule>}
 */
function rule(what, allowed) {
  const never = /** @type {const} */ ({ read: 'never', write: 'never' });
  return { what, ...never, readFailsOver: false, writeFailsOver: false, ...allowed };
}

/**
 * The rule for one request.
 * @param {Event} event  what happened to it
 * @param {boolean} isWrite
 * @returns {{ retries: Retries, failsOver: boolean }}
 */
function retryDecision(event, isWrite) {
  const { read, write, readFailsOver, writeFailsOver } = RETRY_RULES[event];
  return isWrite
    ? { retries: write, failsOver: writeFailsOver }
    : { retries: read, failsOver: readFailsOver };
}

/**
 * Whether the client sends a request again. A retry after `notOpen` and one after anything else are
 * counted apart: a request may have both.
 * @param {Request} request
 * @param {Event} event
 */
function mayRetry({ call, wasRetried, wasReopened }, event) {
  const { retries } = retryDecision(event, call.isWrite);
  if (retries !== 'once') return retries === 'always';
  return event === 'notOpen' ? !wasReopened : !wasRetried;
}

/**
 * Records a retry, for the decision about the next one.
 * @param {Request} request
 * @param {Event} event
 */
function noteRetry(request, event) {
  if (event === 'lost') request.mayHaveBeenSent = true;
  if (event === 'notOpen') request.wasReopened = true;
  else if (event !== 'reconnected') request.wasRetried = true;
}

/**
 * The event that a refusal is.
 * @param {import('../../..').Reply} reply
 * @param {boolean} isReconnected  whether the connection has reconnected since the request was sent
 * @returns {Event}
 */
function eventOfRefusal(reply, isReconnected) {
  if (reply.values[0] !== 'stmtnum') return 'refused';
  return isReconnected ? 'reconnected' : 'notOpen';
}

/**
 * The event that any other error of a request is.
 * @param {unknown} error
 * @returns {Event}
 */
function eventOfFailure(error) {
  const { code = '', outcome } = /** @type {{ code?: string, outcome?: string }} */ (error ?? {});
  const isUnsent = outcome === 'not-sent';
  if (code === 'ERR_HS_TIMEOUT') return isUnsent ? 'lateUnsent' : 'late';
  if (!BROKEN.has(code)) return 'other';
  if (!isUnsent) return 'lost';
  return code === 'ERR_HS_AUTH' ? 'unauthorised' : 'unsent';
}

/** @typedef {import('../instances').Request} Request */

module.exports = {
  RETRY_RULES,
  eventOfFailure,
  eventOfRefusal,
  mayRetry,
  noteRetry,
  retryDecision,
};
