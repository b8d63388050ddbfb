'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { run } = require('../command.js');
const { toolOf } = require('../tools.js');

/**
 * The ways to install the package.
 *
 * @typedef {object} Consumer
 * @property {string} name
 * @property {Record<string, string>} [files]  beside package.json
 * @property {[program: string, ...programArguments: string[]]} install
 * @property {[program: string, ...programArguments: string[]]} start  its last argument is the
 *   program
 *
 * @param {string} registry
 * @returns {Consumer[]}
 */
function consumersOf(registry) {
  const node = process.execPath;
  const [bun, deno, pnpm, yarn] = [toolOf('bun'), toolOf('deno'), toolOf('pnpm'), toolOf('yarn')];
  const npmrc = { '.npmrc': `registry=${registry}\n` };
  return [
    { name: 'npm', files: npmrc, install: ['npm', 'install', 'hansock'], start: [node] },
    { name: 'pnpm', files: npmrc, install: [pnpm, 'add', 'hansock'], start: [node] },
    {
      name: 'yarn',
      files: {
        '.yarnrc.yml': [
          `npmRegistryServer: "${registry}"`,
          'unsafeHttpWhitelist: ["127.0.0.1"]',
          'nodeLinker: pnp',
          'pnpEnableEsmLoader: true', // otherwise Yarn resolves only `require`
          'npmMinimalAgeGate: 0',
          'enableTelemetry: false',
        ].join('\n'),
        'yarn.lock': '', // makes the folder a project of its own
      },
      install: [node, yarn, 'add', 'hansock'],
      start: [node, yarn, 'node'],
    },
    {
      name: 'Bun',
      files: { 'bunfig.toml': `[install]\nregistry = "${registry}"\n` },
      install: [bun, 'add', 'hansock'],
      start: [bun],
    },
    {
      name: 'Deno',
      files: npmrc,
      // By default Deno installs nothing that was published in the last day.
      install: [deno, 'add', '--minimum-dependency-age=0', 'npm:hansock'],
      // The permissions that docs/runtimes.md names.
      start: [deno, 'run', '--no-prompt', '--allow-ffi', '--allow-read', '--allow-env'],
    },
  ];
}

/**
 * Installs the package into an empty folder, and runs the program there.
 *
 * @param {Consumer} consumer
 * @param {string} folder  created here
 * @param {string} program
 * @param {readonly string[]} programArguments
 */
async function consume(consumer, folder, program, programArguments) {
  fs.mkdirSync(folder, { recursive: true });
  const files = { 'package.json': '{ "private": true }\n', ...consumer.files };
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  fs.copyFileSync(program, path.join(folder, path.basename(program)));

  const options = { cwd: folder, env: cleanEnvironment(folder) };
  const [installer, ...installArguments] = consumer.install;
  await run(installer, installArguments, options);
  const [starter, ...startArguments] = consumer.start;
  const commandLine = [...startArguments, path.basename(program), ...programArguments];
  return run(starter, commandLine, options);
}

/**
 * Installs the package for another platform as docs/tooling.md says. Resolves with the names of the
 * platform packages that are installed.
 *
 * @param {string} registry
 * @param {string} folder  created here
 * @param {readonly string[]} options
 */
async function installForAnotherPlatform(registry, folder, options) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, '.npmrc'), `registry=${registry}\n`);
  const install = { cwd: folder, env: cleanEnvironment(folder) };
  await run('npm', ['install', ...options, 'hansock'], install);
  const installed = fs.readdirSync(path.join(folder, 'node_modules'));
  return installed.filter((name) => name.startsWith('hansock-'));
}

/**
 * Gives a folder its own caches and settings, without the variables that `npm run` sets.
 *
 * @param {string} folder
 */
function cleanEnvironment(folder) {
  const own = path.join(folder, '.home');
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm|pnpm|yarn|bun|xdg)_|^(INIT_CWD|NODE_OPTIONS|CI)$/i.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    HOME: own,
    XDG_CACHE_HOME: path.join(own, 'cache'),
    XDG_CONFIG_HOME: path.join(own, 'config'),
    XDG_DATA_HOME: path.join(own, 'data'),
    BUN_INSTALL: path.join(own, 'bun'),
  };
}

module.exports = { cleanEnvironment, consume, consumersOf, installForAnotherPlatform };
