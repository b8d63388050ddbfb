'use strict';

const turn = require('../../runtime/turn.js');
const { afterWrite, combineOutcome, isUnsent, ownError } = require('./outcomes.js');

/*
 * Values that take long to make, such as the rows of a long reply, are made in steps, so that the
 * event loop has its turns in between.
 *
 * An operation returns such a value as Steps. For a call of a client, StepRunner runs them, and
 * reply-dispatcher.js decides when. For an operation that several servers did, readOutcomes runs
 * them.
 */

/** A value in the making: its generator yields between the steps and returns the value. */
class Steps {
  /** @param {Generator<void, any, void>} generator */
  constructor(generator) {
    this.generator = generator;
  }
}

/** Runs Steps for a call, and hands their value to it. */
class StepRunner {
  #generator;
  #resolve;
  #reject;

  /**
   * @param {Steps} steps
   * @param {(value: any) => StepRunner | null} resolve  takes the value; returns what runs next
   * @param {(error: unknown) => StepRunner | null} reject
   */
  constructor({ generator }, resolve, reject) {
    this.#generator = generator;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /**
   * Runs one step.
   * @returns {StepRunner | null} what runs next: itself while it has more steps
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
 * Makes an operation's result of its requests' outcomes, without a Call.
 * @param {import('../operation.js').Operation} operation
 * @param {readonly import('./call.js').Outcome[]} outcomes
 */
async function readOutcomes({ isWrite, read, finish }, outcomes) {
  const values = [];
  try {
    for (const [position, outcome] of outcomes.entries()) {
      const value = read(outcome, position);
      values.push(value instanceof Steps ? await runSteps(value) : value);
      if (turn.isOver()) await turn.next();
    }
  } catch (error) {
    const callError = isWrite ? afterWrite(error) : error;
    throw ownError(combineOutcome(callError, outcomes.every(isUnsent)));
  }
  if (finish === undefined) return values[0];
  const result = finish(values);
  return result instanceof Steps ? runSteps(result) : result;
}

/** @param {Steps} steps */
async function runSteps({ generator }) {
  for (;;) {
    const { done, value } = generator.next();
    if (done) return value;
    if (turn.isOver()) await turn.next();
  }
}

module.exports = { StepRunner, Steps, readOutcomes };
