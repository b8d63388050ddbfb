'use strict';

const { once } = require('node:events');
const { createServer } = require('node:http');

module.exports = {
  sql: `CREATE TABLE user (id INT PRIMARY KEY, name VARCHAR(50), mail VARCHAR(100));
    INSERT INTO user VALUES (42, 'Ada', 'ada@example.org');
    CREATE TABLE counter (name VARCHAR(100) PRIMARY KEY, n BIGINT NOT NULL);
    INSERT INTO counter VALUES ('invoice', 1000), ('tickets left', 0);
    CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(50), price DECIMAL(9,2) NOT NULL, stock INT NOT NULL DEFAULT 0, KEY by_price (price, id));
    INSERT INTO item (id, name, price) VALUES (1, 'Tea', 3.50), (2, 'Coffee', 5.00), (3, 'Milk', 1.10);
    CREATE TABLE item_logged LIKE item;
    CREATE TABLE session (id INT PRIMARY KEY, seen DATETIME, KEY by_seen (seen));
    INSERT INTO session VALUES (1, '2020-01-01'), (2, '2030-01-01'), (3, NULL);
    CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, user INT, item INT);
    CREATE USER shop IDENTIFIED BY 'sesame';
    GRANT ALL ON shop.* TO shop`,
  programs: {
    Recipes: {
      given: async () => {
        const server = createServer().listen(0);
        await once(server, 'listening');
        return { server };
      },
      prints: /^sold out\n\{"id":42,"name":"Ada","mail":"ada@example.org"\}\n/,
      after: async ({ assert }) => {
        const { once } = await import('node:events');
        assert.equal(getUser(42), getUser(42));
        await renameUser(42, 'Ada Lovelace');
        assert.equal((await getUser(42)).name, 'Ada Lovelace');

        for (const compute of [() => [1, 2], () => assert.fail('it is there')]) {
          assert.deepEqual(await remember('primes', 60_000, compute), [1, 2]);
        }

        for (const by of [1, 4]) await count('/tea', by);
        assert.equal((await counters.get('/tea')).n, 5n);
        assert.equal(invoice, 1000n);

        const rows = [
          { id: 42, name: 'Ada', mail: null },
          { id: 43, name: 'Grace', mail: null },
        ];
        const [{ row, reason }] = await load(rows);
        assert.deepEqual([row, reason.code], [rows[0], 'ERR_HS_DUPLICATE_KEY']);

        const { rows: cheap, next } = await readPage(undefined, 2);
        assert.deepEqual(
          [...cheap, ...(await readPage(next, 2)).rows].map(({ name }) => name),
          ['Milk', 'Tea', 'Coffee'],
        );

        assert.equal(await deleteSessionsBefore(new Date('2025-01-01')), 1);

        await placeOrder(42, 1);
        const [[{ orders }]] = await pool.query('SELECT COUNT(*) AS orders FROM orders');
        assert.equal(orders, 1);
        await pool.end();

        await hansock.connect();
        await hansock.close();

        const ended = once(server, 'close');
        process.emit('SIGTERM');
        await ended;
        await assert.rejects(users.get(42), { code: 'ERR_HS_CLOSED' });
      },
    },
  },
};
