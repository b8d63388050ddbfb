'use strict';

module.exports = {
  rows: `INSERT INTO item VALUES
    (3, 'Milk', 'milk', 1.10, 4, NULL, NULL),
    (42, 'Tea', 'tea', 3.50, 12, '["green"]', '2024-02-29 08:00:00'),
    (100, 'Coffee', 'coffee', 5.00, 3, NULL, NULL)`,
  programs: {
    Index: {
      prints: '3\n42\n100\n',
      after: async ({ assert }) => {
        assert.equal(insertId, 101n);
        assert.deepEqual(
          results.map(({ status }) => status),
          ['fulfilled', 'fulfilled'],
        );
        // 42 was deleted before.
        assert.deepEqual([before, counter, deleted], [undefined, undefined, []]);
        const teas = await byKind.find('=', 'teas', { limit: 10 });
        assert.deepEqual(
          teas.map(({ name }) => name),
          ['Green tea', 'Oolong'],
        );
      },
    },
  },
};
