'use strict';

const ITEMS = { database: 'shop', table: 'item', columns: ['id', 'name'], types: { id: 'number' } };

/** @param {{ hansock: typeof import('../..') }} underTest */
function given({ hansock }) {
  const client = new hansock.Client({ host: 'db1', secret: process.env.HANDLERSOCKET_SECRET });
  return { items: client.openIndex(ITEMS) };
}

module.exports = {
  sql: 'CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(50))',
  programs: {
    Errors: {
      given,
      after: async ({ assert }) => {
        for (const name of ['Tea', 'Mate']) await insertOrUpdate(items, { id: 42, name });
        assert.deepEqual(await items.get(42), { id: 42, name: 'Mate' });
      },
    },
    'What the client repeats': {
      given,
      after: async ({ assert }) => {
        let calls = 0;
        const count = await repeated(() => {
          calls += 1;
          if (calls === 1)
            throw Object.assign(new Error('a lock'), { code: 'ERR_HS_LOCK_TIMEOUT' });
          return items.delete('=', 4711);
        });
        assert.deepEqual([calls, count], [2, 0]);
      },
    },
  },
};
