'use strict';

/** What somebody has to do before the set-up can go on. */
class SetupError extends Error {}

/**
 * A step of the set-up. `look` finds out, in a few milliseconds, either that there is nothing to do
 * (`found`) or what is missing: `doing` says it, and `act` does it.
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {() => Found | Missing} look
 *
 * @typedef {{ found: string }} Found
 * @typedef {{ doing: string, act: () => Promise<unknown> }} Missing
 */

module.exports = { SetupError };
