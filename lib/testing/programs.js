'use strict';

const fs = require('node:fs');
const path = require('node:path');

/**
 * @typedef {object} Programs Absolute paths of MariaDB's programs.
 * @property {string} server
 * @property {string} installer
 * @property {string} client
 */

/**
 * @param {readonly string[]} [folders] The first one that has a program wins.
 * @returns {Programs}
 */
function findPrograms(folders = searchFolders()) {
  return {
    server: findProgram('mariadbd', folders),
    installer: findProgram('mariadb-install-db', folders),
    client: findProgram('mariadb', folders),
  };
}

/**
 * @param {string} name
 * @param {readonly string[]} folders
 */
function findProgram(name, folders) {
  const found = folders.map((folder) => path.join(folder, name)).find(isExecutable);
  if (found === undefined) {
    throw new Error(
      `startServer needs MariaDB's program '${name}', which is in none of ${folders.join(', ')}. ` +
        "On Debian and Ubuntu it comes with the package 'mariadb-server': " +
        "run 'apt-get install mariadb-server'. " +
        'Elsewhere install MariaDB server, and put the folder of its programs on PATH.',
    );
  }
  return found;
}

/** @param {string} file */
function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** PATH, and folders that an ordinary user's PATH lacks: Debian installs mariadbd in /usr/sbin. */
function searchFolders() {
  const fromPath = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return [...new Set([...fromPath, '/usr/sbin', '/usr/local/sbin', '/usr/bin', '/bin'])];
}

/**
 * The environment of MariaDB's programs, without variables that change their options (MYSQL_PWD,
 * MYSQL_HOST, ...).
 *
 * @returns {NodeJS.ProcessEnv}
 */
function programEnvironment() {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(MYSQL|MARIADB)_/.test(name));
  return { ...Object.fromEntries(inherited), PATH: searchFolders().join(path.delimiter) };
}

module.exports = { findPrograms, programEnvironment };
