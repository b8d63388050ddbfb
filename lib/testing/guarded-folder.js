'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { programEnvironment } = require('./programs.js');

/**
 * Makes the folder, waits for the end of its standard input, and then kills the process group and
 * removes the folder. Its standard input ends when our process ends or no longer needs the folder,
 * also after a SIGKILL.
 *
 * The folder is renamed first. No launch in it can succeed afterwards (see LAUNCH), so the process
 * to kill is known for certain. Killed processes may continue to write for a moment, so the removal
 * is retried.
 */
const WATCHDOG = `
trap '' HUP INT QUIT TERM PIPE
folder=$(mktemp -d "$1/hansock-XXXXXXXX" 2>&1) || { echo "$folder"; exit 1; }
echo "$folder"
read -r line
gone=$folder.gone
mv "$folder" "$gone" || gone=$folder
if read -r group < "$gone/group.pid"; then kill -s KILL -- "-$group"; fi
tries=0
until rm -rf "$gone"; [ ! -e "$gone" ] || [ "$tries" -ge 200 ]; do
  tries=$((tries + 1))
  sleep 0.05
done
`;

/**
 * Records its process id for the watchdog, then becomes the program. The file gets its name by a
 * rename, so that the watchdog never reads half of an id.
 */
const LAUNCH = 'echo $$ > "$0/launching" && mv "$0/launching" "$0/group.pid" && exec "$@"';

const LONGEST_NAME = '/hansock-XXXXXXXX/sql.sock';
const LONGEST_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

/**
 * A temporary folder and the process group launched in it. Neither outlives this process, whatever
 * ends it.
 *
 *   create ──► launch ──► (the program ends) ──► launch ... ──► remove
 */
class GuardedFolder {
  #watchdog;
  /** @type {Promise<void> | undefined} */
  #removed;

  /**
   * Makes a folder in os.tmpdir(), or in another one.
   * @param {string} [parent]
   */
  static async create(parent = path.resolve(os.tmpdir())) {
    checkLength(parent);
    const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'hansock-testing-watchdog', parent], {
      detached: true, // a Ctrl-C in the terminal must not reach it
      cwd: '/',
      env: programEnvironment(),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    watchdog.unref();
    watchdog.stdin.on('error', () => {}); // if the watchdog was killed, remove() cleans up
    // Bun has no `unref` here and needs none.
    /** @type {Partial<import('node:net').Socket>} */ (watchdog.stdin).unref?.();
    return new GuardedFolder(await readFolderName(watchdog, parent), watchdog);
  }

  /**
   * @param {string} folder
   * @param {Watchdog} watchdog
   */
  constructor(folder, watchdog) {
    this.path = folder;
    this.#watchdog = watchdog;
  }

  /**
   * Runs a program in the folder, as the leader of a process group. Only one may run at a time.
   *
   * @param {string} program
   * @param {readonly string[]} programArguments
   * @param {string} logFile Gets the program's output, appended.
   */
  launch(program, programArguments, logFile) {
    const log = fs.openSync(logFile, 'a');
    try {
      const child = spawn('/bin/sh', ['-c', LAUNCH, this.path, program, ...programArguments], {
        detached: true,
        cwd: this.path,
        env: { ...programEnvironment(), TMPDIR: this.path },
        stdio: ['ignore', log, log],
      });
      return new GroupLeader(child, path.join(this.path, 'group.pid'));
    } finally {
      fs.closeSync(log);
    }
  }

  /** Kills the program and removes the folder. */
  remove() {
    this.#removed ??= this.#remove();
    return this.#removed;
  }

  async #remove() {
    const { exitCode, signalCode } = this.#watchdog;
    const ended =
      exitCode !== null || signalCode !== null ? undefined : once(this.#watchdog, 'exit');
    this.#watchdog.stdin.end();
    await ended;
    // Only a watchdog that was killed leaves the folder behind.
    for (const folder of [this.path, `${this.path}.gone`]) {
      await fs.promises.rm(folder, { recursive: true, force: true, maxRetries: 10 });
    }
  }
}

/**
 * @typedef {import('node:stream').Writable} Writable
 * @typedef {import('node:stream').Readable} Readable
 * @typedef {import('node:child_process').ChildProcessByStdio<Writable, Readable, null>} Watchdog
 */

/** @param {string} parent */
function checkLength(parent) {
  const length = Buffer.byteLength(parent + LONGEST_NAME);
  if (length > LONGEST_SOCKET_PATH) {
    throw new Error(
      `startServer cannot use the temporary folder '${parent}': the path of the server's Unix ` +
        `socket in it would have ${length} bytes, and the system allows ${LONGEST_SOCKET_PATH}. ` +
        'Set TMPDIR to a shorter path, as TMPDIR=/tmp.',
    );
  }
}

/**
 * @param {Watchdog} watchdog
 * @param {string} parent
 */
async function readFolderName(watchdog, parent) {
  let output = '';
  const failure = await new Promise((resolve) => {
    watchdog.once('error', resolve);
    watchdog.stdout.once('close', resolve);
    watchdog.stdout.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      if (output.endsWith('\n')) resolve(undefined);
    });
  });
  watchdog.stdout.destroy();
  const folder = output.trimEnd();
  if (!folder.startsWith(parent)) {
    throw new Error(
      `startServer could not make a folder in the temporary folder '${parent}': ` +
        `${failure?.message ?? (folder || '/bin/sh ended at once')}. ` +
        'Make it writable, or set TMPDIR to another one.',
    );
  }
  return folder;
}

/** A launched program and the processes that it starts. */
class GroupLeader {
  /** How it ended, in words; null while it runs. @type {string | null} */
  ending = null;
  /** @type {number | null} */
  exitCode = null;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} pidFile
   */
  constructor(child, pidFile) {
    this.pid = child.pid ?? 0;
    /** @type {Promise<void>} */
    this.ended = new Promise((resolve) => {
      /** @param {string} ending */
      const end = (ending) => {
        this.ending = ending;
        // From here on another process may get this id, so the watchdog must not find it.
        fs.rmSync(pidFile, { force: true });
        resolve();
      };
      child.once('error', (error) => end(`could not be started: ${error.message}`));
      child.once('exit', (code, signal) => {
        this.exitCode = code;
        end(signal === null ? `ended with status ${code}` : `was ended by ${signal}`);
      });
    });
    child.unref();
  }

  /** Sends SIGKILL to the whole group and waits until the leader has ended. */
  async kill() {
    if (this.ending === null && this.pid !== 0) {
      try {
        process.kill(-this.pid, 'SIGKILL');
      } catch (error) {
        // It has just ended; its exit event follows.
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
      }
    }
    await this.ended;
  }
}

module.exports = { GuardedFolder, GroupLeader };
