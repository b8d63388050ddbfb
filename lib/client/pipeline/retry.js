'use strict';

/*
 * What may be done again after a failure, in one place: by the same client, and by another server
 * of a ShardedClient. docs/errors.md shows the rules as a table; __test__/documentation.test.js
 * compares the two.
 */

/**
 * @typedef {'always' | 'once' | 'never'} Repeats  always: each time that it happens, within the
 *   deadline
 *
 * @typedef {object} Rule
 * @property {string} what  happened, for the table
 * @property {Repeats} read  whether the client sends a read again
 * @property {Repeats} write
 * @property {boolean} readElsewhere  whether another server may do a read
 * @property {boolean} writeElsewhere
 *
 * @typedef {keyof typeof RETRY_RULES} Event
 */

const RETRY_RULES = Object.freeze({
  unsent: rule('no connection could be made, or it broke before anything of the request was sent', {
    read: 'once',
    write: 'once',
    readElsewhere: true,
    writeElsewhere: true,
  }),
  lost: rule('the connection broke after that: the outcome is `unknown`', {
    read: 'once',
    readElsewhere: true,
  }),
  unauthorised: rule('the server refused the secret; a function is asked anew', {
    read: 'once',
    write: 'once',
    readElsewhere: true,
    writeElsewhere: true,
  }),
  noSecret: rule('the secret function failed', { readElsewhere: true, writeElsewhere: true }),
  reconnected: rule(
    'the server does not know the index (`stmtnum`): the connection was made anew since',
    { read: 'always', write: 'always' },
  ),
  notOpen: rule('the same, and the connection was not made anew', {
    read: 'once',
    write: 'once',
  }),
  refused: rule('the server refused it otherwise, deadlocks and lock waits included', {}),
  lateUnsent: rule('`ERR_HS_TIMEOUT`, and nothing of the request was sent', {
    readElsewhere: true,
    writeElsewhere: true,
  }),
  late: rule('`ERR_HS_TIMEOUT` after that: the outcome is `unknown`', { readElsewhere: true }),
  other: rule('any other error, such as `ERR_HS_PROTOCOL` or `ERR_HS_ROLLED_BACK`', {}),
});

/** The failures that end a connection, or never had one. */
const BROKEN = new Set(['ERR_HS_CONNECT', 'ERR_HS_LOST', 'ERR_HS_AUTH']);

/**
 * @param {string} what
 * @param {Partial<Omit<Rule, 'what'>>} repeats
 * @returns {Readonly<Rule>}
 */
function rule(what, repeats) {
  const never = /** @type {const} */ ({ read: 'never', write: 'never' });
  return { what, ...never, readElsewhere: false, writeElsewhere: false, ...repeats };
}

/**
 * Whether a request may be done again.
 * @param {Event} event  what happened to it
 * @param {boolean} isWrite
 * @returns {{ again: Repeats, elsewhere: boolean }}
 */
function retryDecision(event, isWrite) {
  const { read, write, readElsewhere, writeElsewhere } = RETRY_RULES[event];
  return isWrite
    ? { again: write, elsewhere: writeElsewhere }
    : { again: read, elsewhere: readElsewhere };
}

/**
 * What a refusal says of a request.
 * @param {import('../../..').Reply} reply
 * @param {boolean} isReconnected  whether the connection was made anew since the request was sent
 * @returns {Event}
 */
function eventOfRefusal(reply, isReconnected) {
  if (reply.values[0] !== 'stmtnum') return 'refused';
  return isReconnected ? 'reconnected' : 'notOpen';
}

/**
 * What an error says of a request, other than a refusal.
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

module.exports = { RETRY_RULES, eventOfFailure, eventOfRefusal, retryDecision };
