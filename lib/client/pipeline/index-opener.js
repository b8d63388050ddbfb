'use strict';

const { batchDeadline, withdrawExpired, withdrawRefused } = require('./batch-requests.js');
const { withOutcome } = require('./outcomes.js');
const { ReplyDispatcher } = require('./reply-dispatcher.js');

/**
 * Opens and checks the indexes that have to be open before any request of a batch is sent. All
 * others are opened by the batch itself.
 *
 * Before each batch, PooledConnection asks `mustRun`, and awaits `run` if so.
 */
class IndexOpener {
  #hooks;
  #open;

  /**
   * @param {import('./pipeline.js').Hooks} hooks
   * @param {OpenIndexes} open
   */
  constructor(hooks, open) {
    this.#hooks = hooks;
    this.#open = open;
  }

  /**
   * @param {Session} session
   * @param {readonly Slot[]} slots  of the indexes that the batch uses
   */
  mustRun(session, slots) {
    for (const slot of slots) {
      if (this.#hooks.checkKind !== null && !slot.isOpen(session.connects)) return true;
      if (this.#isOpenedFirst(session, slot)) return true;
    }
    return false;
  }

  /**
   * Requests whose index is refused get their outcome here.
   * @param {Session} session
   * @param {readonly Slot[]} slots  of the indexes that the batch uses
   * @param {readonly Request[]} requests
   * @returns {Promise<ReplyDispatcher | null>} null unless the connection failed
   */
  async run(session, slots, requests) {
    await this.#checkKinds(session, requests);
    return this.#openFirst(session, slots, requests);
  }

  /**
   * Checks that tables which are not open yet are what their schemas say. A connection that breaks
   * unseen may open them again after a later change.
   * @param {Session} session
   * @param {readonly Request[]} requests
   */
  async #checkKinds(session, requests) {
    const { checkKind } = this.#hooks;
    const { ids, kindChecks } = session;
    if (checkKind === null) return;
    for (;;) {
      const live = withdrawExpired(requests);
      const isUnchecked = (/** @type {Definition} */ definition) =>
        definition?.schema !== undefined &&
        !ids.slotOf(definition).isOpen(session.connects) &&
        !kindChecks.isDone(definition.schema);
      const unchecked = new Set(live.map(({ definition }) => definition).filter(isUnchecked));
      if (unchecked.size === 0) return;
      withdrawRefused(live, await kindChecks.run([...unchecked], checkKind, batchDeadline(live)));
    }
  }

  /**
   * Opens indexes under ids that other indexes had, and those of tables that have to match their
   * schemas, since an open table is not changed.
   * @param {Session} session
   * @param {readonly Slot[]} slots
   * @param {readonly Request[]} requests
   */
  async #openFirst(session, slots, requests) {
    const { checkSchema } = this.#hooks;
    for (;;) {
      const { connects } = session;
      const live = withdrawExpired(requests);
      const asked = new Set(live.map(({ definition }) => definition));
      const first = slots.filter(
        (slot) => asked.has(slot.definition) && this.#isOpenedFirst(session, slot),
      );
      if (first.length === 0) return null;
      const unopened = first.filter((slot) => !slot.isOpen(connects));
      if (unopened.length > 0) {
        const result = await this.#open(session, unopened, batchDeadline(live));
        withdrawRefused(live, result.refused);
        const queued = live.filter((request) => request.isQueued);
        if (result.failure !== null && queued.length > 0) {
          // The failed batch had none of the requests themselves.
          const failure = withOutcome(result.failure, 'not-sent');
          return new ReplyDispatcher(queued, { ...result, failure, replies: [] }, session.ids);
        }
      }
      if (checkSchema === null) continue;
      const opened = first.filter((slot) => slot.isOpen(session.connects));
      const definitions = opened.map(({ definition }) => definition);
      const until = batchDeadline(live);
      withdrawRefused(live, await session.checks.run(definitions, checkSchema, until));
    }
  }

  /**
   * Whether an index has to be open before any request uses it.
   * @param {Session} session
   * @param {Slot} slot
   */
  #isOpenedFirst(session, slot) {
    const { connects, checks } = session;
    if (slot.mustBeConfirmed(connects)) return true;
    if (this.#hooks.checkSchema === null || slot.definition.schema === undefined) return false;
    // An index opened together with a write might be opened on a new connection, whose tables were
    // not checked.
    return !slot.isOpen(connects) || !checks.isDone(slot.definition.schema);
  }
}

/**
 * Sends a batch that only opens indexes, and waits for its result.
 * @callback OpenIndexes
 * @param {Session} session
 * @param {readonly Slot[]} unopened
 * @param {number} until  deadline, in the time of `now()`
 * @returns {Promise<import('./reply-dispatcher.js').BatchResult>}
 *
 * @typedef {InstanceType<typeof import('./session.js').Session>} Session
 * @typedef {InstanceType<typeof ReplyDispatcher>} ReplyDispatcher
 * @typedef {import('../instances').Request} Request
 * @typedef {import('../instances').Definition} Definition
 * @typedef {import('../instances').Slot} Slot
 */

module.exports = { IndexOpener };
