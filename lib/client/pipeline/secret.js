'use strict';

const { clearTimeout, now, setTimeout } = require('../../runtime/clock.js');
const { checkSecret } = require('../../util/check.js');
const { HandlerSocketError } = require('../../errors/index.js');

/**
 * Where connects get their secret from. A function is called in the async context of whoever asks.
 */
class SecretSource {
  #secret;
  /** What the function was asked for and has not given yet. @type {Promise<string> | null} */
  #asked = null;

  /** @param {import('../../..').Secret | undefined} secret */
  constructor(secret) {
    this.#secret = secret;
  }

  /** Whether it may be another one at the next connect. */
  get changes() {
    return typeof this.#secret === 'function';
  }

  /**
   * The secret for a connect. Several that wait at a time share one answer of the function.
   * @param {number} until  as performance.now() tells it; if the function takes longer, the next
   *   connect asks it again
   * @returns {string | undefined | Promise<string>}
   */
  ask(until) {
    if (typeof this.#secret !== 'function') return this.#secret;
    this.#asked ??= callForSecret(this.#secret);
    const asked = this.#asked;
    const forget = () => {
      if (this.#asked === asked) this.#asked = null;
    };
    return new Promise((resolve, reject) => {
      const late = () => {
        // A timer goes off early where the turn in which it was set had lasted.
        const left = until - now();
        if (left > 0) {
          timer = setTimeout(late, Math.ceil(left));
          return;
        }
        reject(failed('gave none in time', 'ERR_HS_TIMEOUT'));
        forget();
      };
      let timer = setTimeout(late, Math.max(until - now(), 0));
      asked.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        forget();
      });
    });
  }
}

/** @param {() => string | Promise<string>} give */
async function callForSecret(give) {
  try {
    return checkSecret(await give(), 'the secret');
  } catch (cause) {
    throw failed('failed', 'ERR_HS_AUTH', cause);
  }
}

/**
 * @param {string} what
 * @param {import('../../..').ErrorCode} code
 * @param {unknown} [cause]
 */
function failed(what, code, cause) {
  return new HandlerSocketError(code, `the client's secret function ${what}`, {
    outcome: 'not-sent',
    cause,
  });
}

module.exports = { SecretSource };
