'use strict';

const ADA = "{ id: 42, name: 'Ada', logins: 0 }\n";

module.exports = {
  servers: [['127.0.0.1', 'db1'], ['db2']],
  programs: {
    'From nothing to a typed row': {
      prints:
        /^\{ id: 1, name: 'Grace', logins: 3 \}\nvalues: column 'name' \(varchar\(50\)\) takes .*\n$/,
    },
    'From nothing to a typed row (2)': { prints: ADA },
    'From nothing to a typed row (3)': { prints: ADA },
    'From nothing to a typed row (4)': {
      times: 2,
      prints: /^ADA\n1 Grace 3\n42 Ada 0\n4[34] Edsger Dijkstra 1\n$/,
      after: ({ assert }) => {
        assert.ok([43, 44].includes(insertId));
        assert.deepEqual(
          many.map((row) => row?.name),
          ['Grace', undefined, 'Ada'],
        );
        assert.deepEqual(
          next.map(({ id }) => id),
          [42, insertId],
        );
      },
    },
    // The rows of the programs before it, on one of the two servers.
    'From nothing to a typed row (5)': {
      after: async ({ assert }) => {
        assert.equal((await users.getMany([1, 42])).length, 2);
        await cluster.close();
      },
    },
    'When something fails': { prints: 'there is a user 42 already\n' },
    'The low level: batches, connections, an executor': {
      prints: "[ '42', 'Ada' ] 0\n",
      after: ({ assert }) => {
        assert.deepEqual(
          replies.flat().map(({ ok }) => ok),
          [true, true, true, true],
        );
      },
    },
  },
};
