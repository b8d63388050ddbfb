'use strict';

const { spawn } = require('node:child_process');
const { programEnvironment } = require('./programs.js');

const LONGEST_SHOWN_STATEMENT = 300;

/** Binary mode keeps line ends in values, and knows no client command but DELIMITER. */
const CLIENT_OPTIONS = [
  '--no-defaults',
  '--user=root',
  '--protocol=socket',
  '--default-character-set=utf8mb4',
  '--batch',
  '--skip-column-names',
  '--skip-reconnect',
  '--binary-mode',
];

/**
 * @param {string} client
 * @param {string} socketPath
 * @param {string} statement
 * @returns {Promise<string[][]>}
 */
async function runSql(client, socketPath, statement) {
  const { ending, output, complaint } = await runClient(client, socketPath, statement);
  if (ending !== 'status 0') {
    const reason = withoutStatement(complaint) || `${client} ended with ${ending}`;
    throw new Error(`TestServer.sql: ${reason}\n${shown(statement)}`);
  }
  return parseRows(output);
}

/**
 * @param {string} client
 * @param {string} socketPath
 * @param {string} statement
 * @returns {Promise<{ ending: string, output: string, complaint: string }>}
 */
function runClient(client, socketPath, statement) {
  return new Promise((resolve, reject) => {
    const child = spawn(client, [...CLIENT_OPTIONS, `--socket=${socketPath}`], {
      env: programEnvironment(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    /** @type {Buffer[]} */
    const output = [];
    /** @type {Buffer[]} */
    const complaint = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => complaint.push(chunk));
    child.stdin.on('error', () => {}); // the client ended early, and its output says why
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({
        ending: signal ?? `status ${code}`,
        output: Buffer.concat(output).toString(),
        complaint: Buffer.concat(complaint).toString(),
      }),
    );
    child.stdin.end(statement);
  });
}

/**
 * The client's message, without the full text of the failed statement that it prints before,
 * between two lines.
 *
 * @param {string} complaint
 */
function withoutStatement(complaint) {
  const line = '--------------\n\n';
  const end = complaint.lastIndexOf(line);
  return complaint.slice(end === -1 ? 0 : end + line.length).trim();
}

/** @param {string} output */
function parseRows(output) {
  const lines = output.split('\n');
  lines.pop(); // each row ends with a line feed
  return lines.map((line) => line.split('\t').map(unescapeValue));
}

/** @type {Record<string, string>} */
const ESCAPES = { '\\t': '\t', '\\n': '\n', '\\0': '\0', '\\\\': '\\' };

/** @param {string} value */
function unescapeValue(value) {
  return value.includes('\\')
    ? value.replace(/\\[tn0\\]/g, (sequence) => /** @type {string} */ (ESCAPES[sequence]))
    : value;
}

/** @param {string} statement */
function shown(statement) {
  if (statement.length <= LONGEST_SHOWN_STATEMENT) return `Statement: ${statement}`;
  const beginning = statement.slice(0, LONGEST_SHOWN_STATEMENT);
  return `Statement, its first ${LONGEST_SHOWN_STATEMENT} characters: ${beginning}`;
}

module.exports = { runSql };
