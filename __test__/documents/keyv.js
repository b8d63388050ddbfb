'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { TEST_TOOLS } = require('../../scripts/tools.js');

/** Leads the names that a program imports to packages among the test tools. */
function link(packages) {
  const modules = path.join(JSON.parse(process.env.DOCUMENT).folder, 'node_modules');
  for (const [name, found] of Object.entries(packages)) {
    fs.rmSync(path.join(modules, name), { force: true });
    fs.symlinkSync(path.join(TEST_TOOLS, 'node_modules', found), path.join(modules, name));
  }
}

module.exports = {
  programs: {
    'Keyv 6': {
      given: () => link({ keyv: 'keyv' }),
      after: async ({ assert }) => {
        assert.deepEqual(await sessions.get('42'), { name: 'Ada' });
        await sessions.disconnect();
      },
    },
    'Keyv 5: cache-manager 7, got 14 to 16': {
      given: () => {
        link({ keyv: 'keyv-5', 'cache-manager': 'cache-manager' });
        return { render: (name) => `page of ${name}` };
      },
      after: async ({ assert }) => {
        assert.equal(page, 'page of /tea');
        assert.equal(await cache.get('/tea'), page);
        await cache.disconnect();
      },
    },
  },
};
