'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Batch } = require('../..');

/**
 * Tests refusals. Each case has a name, a call with a new batch, the error's class, and what its
 * message names: the argument and its value. A refusal leaves the batch unchanged.
 */
function describeRefusals(name, cases) {
  describe(name, () => {
    for (const [title, call, errorClass, ...named] of cases) {
      test(title, () => {
        const batch = new Batch().find(1, '=', ['before']);
        const { byteLength } = batch;
        let error;
        assert.throws(
          () => call(batch),
          (thrown) => {
            error = thrown;
            return true;
          },
        );
        assert.equal(error.constructor, errorClass, error.stack);
        for (const part of named) assert.ok(error.message.includes(part), error.message);
        assert.deepEqual([batch.byteLength, batch.commandCount], [byteLength, 1]);
        assert.equal(batch.find(1, '=', ['after']).commandCount, 2);
      });
    }
  });
}

/** For assert.throws: an error of this class whose message names all of these. */
function refusal(errorClass, ...named) {
  return (error) =>
    error.constructor === errorClass && named.every((part) => error.message.includes(part));
}

module.exports = { describeRefusals, refusal };
