'use strict';

const fs = require('node:fs');
const { setTimeout: delay } = require('node:timers/promises');
const ports = require('./ports.js');
const { HOST, pathsIn, installArguments, configurationText } = require('./configuration.js');
const { handlerSocketAnswers, isListenedOn } = require('./probe.js');

/*
 * The steps that start and kill a server:
 *
 *   installDataFolder ──► startOnFreePorts ──► killForGood ──► startAgain ──► ...
 *
 * A start is repeated if another program takes one of its ports in the meantime.
 */

const LONGEST_INSTALL_MS = 60_000;
const LONGEST_START_MS = 30_000;
const LONGEST_KILL_MS = 5000;
const POLL_MS = 3;
const MOST_ATTEMPTS = 5;
const SHOWN_LOG_LINES = 25;

/** A screenful of advice that mariadb-install-db prints after the error. */
const INSTALLER_ADVICE = /\n\nInstallation of system tables failed!.*/s;

/** Another program has a port that was picked for the server. */
class PortTakenError extends Error {}

/**
 * @typedef {InstanceType<typeof import('./guarded-folder.js').GuardedFolder>} GuardedFolder
 * @typedef {InstanceType<typeof import('./guarded-folder.js').GroupLeader>} GroupLeader
 * @typedef {import('./settings.js').Settings} Settings
 * @typedef {import('./programs.js').Programs} Programs
 * @typedef {import('./configuration.js').Ports} Ports
 */

/**
 * @param {GuardedFolder} folder
 * @param {Settings} settings
 * @param {Programs} programs
 */
async function installDataFolder(folder, settings, programs) {
  const { installLog } = pathsIn(folder.path);
  const { installer } = programs;
  const install = folder.launch(installer, installArguments(settings), installLog);
  const limit = new AbortController();
  await Promise.race([
    install.ended,
    delay(LONGEST_INSTALL_MS, undefined, { signal: limit.signal }).catch(() => {}),
  ]);
  limit.abort();
  if (install.exitCode === 0) return;
  const ending = install.ending ?? `did not end within ${LONGEST_INSTALL_MS / 1000} s`;
  await install.kill();
  throw new Error(
    `startServer could not make a data folder: ${installer} ${ending}.` +
      endOfLog(installLog, 0, INSTALLER_ADVICE),
  );
}

/**
 * @param {GuardedFolder} folder
 * @param {Settings} settings
 * @param {Programs} programs
 */
function startOnFreePorts(folder, settings, programs) {
  return repeatWhilePortTaken(async () => {
    const picked = await ports.pickFreePorts();
    const { configuration } = pathsIn(folder.path);
    fs.writeFileSync(configuration, configurationText(folder.path, settings, picked));
    return { ports: picked, server: await startOnce(folder, programs, picked) };
  });
}

/**
 * Restarts a killed server with the same configuration.
 *
 * @param {GuardedFolder} folder
 * @param {Programs} programs
 * @param {Ports} samePorts
 */
function startAgain(folder, programs, samePorts) {
  return repeatWhilePortTaken(() => startOnce(folder, programs, samePorts));
}

/**
 * @template T
 * @param {() => Promise<T>} attempt
 * @returns {Promise<T>}
 */
async function repeatWhilePortTaken(attempt) {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempts === MOST_ATTEMPTS) throw error;
    }
  }
}

/**
 * @param {GuardedFolder} folder
 * @param {Programs} programs
 * @param {Ports} chosenPorts
 */
async function startOnce(folder, programs, chosenPorts) {
  const { configuration, socket, serverLog } = pathsIn(folder.path);
  // becomeReady waits for the socket, so the socket of a killed server must be removed first.
  fs.rmSync(socket, { force: true });
  const logStart = fs.statSync(serverLog, { throwIfNoEntry: false })?.size ?? 0;
  const server = folder.launch(programs.server, [`--defaults-file=${configuration}`], serverLog);
  try {
    await becomeReady(server, chosenPorts, socket);
    return server;
  } catch (error) {
    await server.kill();
    const reason = /** @type {Error} */ (error).message;
    const log = endOfLog(serverLog, logStart);
    const taken = error instanceof PortTakenError || /address already in use/i.test(log);
    throw new (taken ? PortTakenError : Error)(
      `The test server did not start: ${programs.server} ${reason}.${log}`,
    );
  }
}

/**
 * @param {GroupLeader} server
 * @param {Ports} chosenPorts
 * @param {string} socket
 */
async function becomeReady(server, chosenPorts, socket) {
  const deadline = Date.now() + LONGEST_START_MS;
  /** @param {() => boolean | Promise<boolean>} condition */
  const waitUntil = async (condition) => {
    while (!(await condition())) {
      if (server.ending !== null) throw new Error(`${server.ending} while it started`);
      if (Date.now() > deadline) {
        throw new Error(`was not ready within ${LONGEST_START_MS / 1000} s`);
      }
      await delay(POLL_MS);
    }
  };
  // The server loads its plugins, which open their listeners, before it makes its own socket.
  await waitUntil(() => fs.existsSync(socket));
  for (const port of [chosenPorts.read, chosenPorts.write]) {
    if (ports.ownsListener(server.pid, port) === false) {
      throw new PortTakenError(
        `has no HandlerSocket on ${HOST}:${port}: another program has the port`,
      );
    }
    await waitUntil(() => handlerSocketAnswers(port, deadline - Date.now()));
  }
}

/**
 * Kills a server and waits until its ports refuse connects. A crashing server starts addr2line for
 * its log, which inherits the listeners and may live a little longer.
 *
 * @param {GroupLeader} server
 * @param {Ports} itsPorts
 */
async function killForGood(server, itsPorts) {
  await server.kill();
  const deadline = Date.now() + LONGEST_KILL_MS;
  for (const port of [itsPorts.read, itsPorts.write]) {
    while (await isListenedOn(port)) {
      if (Date.now() > deadline) {
        throw new Error(
          `The test server was killed, and yet somebody listens on ${HOST}:${port} ` +
            `${LONGEST_KILL_MS / 1000} s later: another program has taken the port.`,
        );
      }
      await delay(POLL_MS);
    }
  }
}

/**
 * @param {string} file
 * @param {number} from Start, in bytes.
 * @param {RegExp | string} [leftOut]
 */
function endOfLog(file, from, leftOut = '') {
  const text = fs.readFileSync(file).subarray(from).toString().replace(leftOut, '').trimEnd();
  return `\nThe end of its log:\n${text.split('\n').slice(-SHOWN_LOG_LINES).join('\n')}`;
}

module.exports = { installDataFolder, startOnFreePorts, startAgain, killForGood };
