/* The hand-written pages of the site: their files and their groups. */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../command.js');

/** The groups in their order. A page of docs/ that is not listed is a guide. */
const GROUPS = {
  Guides: [
    'docs/client.md',
    'docs/index-class.md',
    'docs/recipes.md',
    'docs/errors.md',
    'docs/handlersocket.md',
    'docs/schema.md',
    'docs/sharding.md',
    'docs/keyv.md',
    'docs/testing.md',
    'docs/runtimes.md',
  ],
  'Coming from elsewhere': [
    'docs/from-node-handlersocket.md',
    'docs/beside-mysql2.md',
    'docs/instead-of-redis.md',
  ],
  'The low level': [
    'docs/batch.md',
    'docs/connection.md',
    'docs/executor.md',
    'docs/reply.md',
    'docs/ketama.md',
  ],
  'How it is made': [
    'docs/architecture.md',
    'docs/driver.md',
    'docs/performance.md',
    'bench/README.md',
    'bench/results/results.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'SECURITY.md',
  ],
};

/**
 * @typedef {object} Page
 * @property {string} file  relative to the project's folder
 * @property {string} group
 * @property {string} title
 * @property {string} text  without the title
 */

/** @returns {Page[]} */
function readPages() {
  return Object.entries(filesByGroup()).flatMap(([group, files]) => {
    return files.map((file) => {
      const text = fs.readFileSync(path.join(ROOT, file), 'utf8');
      const [heading, title] = /^# (.*)\n/.exec(text) ?? [];
      if (heading === undefined) throw new Error(`${file} does not begin with a title`);
      return { file, group, title, text: text.slice(heading.length) };
    });
  });
}

function filesByGroup() {
  const named = Object.values(GROUPS).flat();
  const others = fs
    .readdirSync(path.join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .filter((file) => !named.includes(file));
  return { ...GROUPS, Guides: [...GROUPS.Guides, ...others] };
}

module.exports = { GROUPS: Object.keys(GROUPS), readPages };
