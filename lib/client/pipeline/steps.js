'use strict';

const turn = require('../../runtime/turn.js');
const { afterWrite, combineOutcome, isUnsent, ownError } = require('./outcomes.js');

/*
 * Values that take long to make, as the rows of a long reply. They are made a step at a time, so
 * that the event loop has its turns in between.
 */

/**
 * A value that is made a step at a time, by a generator that yields between the steps and returns
 * it.
 */
class Steps {
  /** @param {Generator<void, any, void>} generator */
  constructor(generator) {
    this.generator = generator;
  }
}

/** A value of a call that is being made. */
class Making {
  #generator;
  #resolve;
  #reject;

  /**
   * @param {Steps} steps
   * @param {(value: any) => Making | null} resolve  takes the value, and gives what is to be made
   *   next
   * @param {(error: unknown) => Making | null} reject
   */
  constructor({ generator }, resolve, reject) {
    this.#generator = generator;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /**
   * Does a step.
   * @returns {Making | null} what is to be made next: itself if there are more steps
   */
  advance() {
    let step;
    try {
      step = this.#generator.next();
    } catch (error) {
      return this.#reject(error);
    }
    return step.done ? this.#resolve(step.value) : this;
  }
}

/**
 * What an operation makes of its requests' outcomes, where no call of a client makes it.
 * @param {import('../operation.js').Operation} operation
 * @param {readonly import('./call.js').Outcome[]} outcomes
 */
async function readOutcomes({ isWrite, read, finish }, outcomes) {
  const values = [];
  try {
    for (const [position, outcome] of outcomes.entries()) {
      const value = read(outcome, position);
      values.push(value instanceof Steps ? await make(value) : value);
      if (turn.isOver()) await turn.next();
    }
  } catch (error) {
    const told = isWrite ? afterWrite(error) : error;
    throw ownError(combineOutcome(told, outcomes.every(isUnsent)));
  }
  if (finish === undefined) return values[0];
  const result = finish(values);
  return result instanceof Steps ? make(result) : result;
}

/** @param {Steps} steps */
async function make({ generator }) {
  for (;;) {
    const { done, value } = generator.next();
    if (done) return value;
    if (turn.isOver()) await turn.next();
  }
}

module.exports = { Making, Steps, readOutcomes };
