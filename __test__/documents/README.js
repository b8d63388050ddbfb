'use strict';

const ADA = "{ id: 42, name: 'Ada', logins: 0 }\n";

module.exports = {
  servers: [['127.0.0.1', 'db1'], ['db2']],
  programs: {
    'From nothing to a typed row': { prints: `${ADA}RangeError\n` },
    'From nothing to a typed row (2)': { prints: ADA },
    'From nothing to a typed row (3)': { prints: ADA },
    'From nothing to a typed row (4)': {
      prints: 'ADA\n1 Grace 3\n42 Ada Lovelace 1\n43 Edsger 0\n',
      after: ({ assert }) => {
        assert.equal(insertId, 43);
        assert.deepEqual(
          many.map((row) => row?.name),
          ['Grace', undefined, 'Ada'],
        );
      },
    },
    // The rows of the program before it, on one of the two servers.
    'From nothing to a typed row (5)': {
      after: async ({ assert }) => {
        assert.equal((await users.getMany([1, 42])).length, 2);
        await cluster.close();
      },
    },
    'The low level: batches, connections, an executor': {
      prints: "[ '42', 'Ada Lovelace' ] 0\n",
      after: ({ assert }) => {
        assert.deepEqual(
          replies.flat().map(({ ok }) => ok),
          [true, true, true, true],
        );
      },
    },
  },
};
