'use strict';

module.exports = {
  sql: `CREATE TABLE item (
      id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), kind VARCHAR(20), price DECIMAL(9,2), KEY by_kind (kind)
    );
    INSERT INTO item VALUES (42, 'Tea', 'tea', 3.50), (43, 'Mate', 'tea', 9.00), (100, 'Milk', 'milk', 1.10)`,
  programs: {
    Batch: {
      prints: "[ '42', 'Tea', '3.50' ] 1\n",
      // `one` was read before the writes.
      after: async ({ assert }) => {
        const [[cheap]] = await new Executor().add(prepared, cheapTea.find(0, '=', [43])).execute();
        assert.equal(cheap.ok, true);
        const [, [found]] = cheapTea.replies.map(({ rows }) => rows);
        assert.deepEqual(found, ['42', 'Tea']);
        assert.deepEqual(
          writes.replies.slice(2).map(({ rows }) => rows),
          [[['101']], [['1']], [['43', 'Mate', '9.00']]],
        );
      },
    },
  },
};
