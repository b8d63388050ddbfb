'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');

const { Ketama } = require('..');
const { refusal } = require('./support/refusals.js');
const golden = require('../tests/data/ketama-golden.json');

const ringOf = (...servers) => {
  const list = servers.map(([host, port, weight]) => ({ host, port, weight }));
  return new Ketama(list).createContinuum();
};

describe('golden vectors', () => {
  for (const { name, servers, keyFormat, from, ordinals } of golden) {
    const keys = ordinals.map((_, i) => keyFormat.replace('%d', from + i));

    test(name, () => {
      const ring = ringOf(...servers);
      assert.ok(ordinals.length > 0);
      assert.deepEqual(
        keys.map((key) => ring.getServerOrdinal(key)),
        ordinals,
      );
      assert.deepEqual(
        keys.map((key) => ring.getServer(key)),
        ordinals.map((ordinal) => `${servers[ordinal][0]}:${servers[ordinal][1]}`),
      );
    });

    test(`${name}, with keys as bytes, and servers added one by one`, () => {
      const ring = new Ketama();
      for (const server of servers) assert.equal(ring.addServer(...server), ring);
      assert.equal(ring.createContinuum(), ring);
      assert.deepEqual(
        keys.map((key, i) =>
          ring.getServerOrdinal(i % 2 ? Buffer.from(key) : new TextEncoder().encode(key)),
        ),
        ordinals,
      );
    });
  }
});

describe('points', () => {
  for (const [title, servers, count] of [
    ['of one server', [['a', 1, 1]], 160],
    [
      'of three that are equal',
      [
        ['a', 1, 7],
        ['b', 1, 7],
        ['c', 1, 7],
      ],
      480,
    ],
    // floor(40 × 3 × 100/315) + floor(40 × 3 × 125/315) + floor(40 × 3 × 90/315), four points each.
    [
      'of three that are not',
      [
        ['a', 1, 100],
        ['b', 1, 125],
        ['c', 1, 90],
      ],
      4 * (38 + 47 + 34),
    ],
    // With doubles, each of seven servers would get 39 digests instead of 40; with floats that are
    // not rounded at the end, so would each of twenty-five.
    ...[7, 25].map((count) => [
      `of ${count} that are equal`,
      Array.from({ length: count }, (_, i) => [`s${i}`, 1, 1]),
      count * 4 * 40,
    ]),
    [
      'of one beside one of no weight',
      [
        ['a', 1, 0],
        ['b', 1, 3],
      ],
      320,
    ],
    [
      'of the heaviest weights',
      [
        ['a', 1, 4_294_967_295],
        ['b', 1, 4_294_967_295],
      ],
      320,
    ],
  ]) {
    test(title, () => {
      const ring = ringOf(...servers);
      assert.equal(ring.pointCount, count);
    });
  }
});

describe('weights', () => {
  const keys = Array.from({ length: 20_000 }, (_, i) => `key ${i}`);
  const shares = (ring, servers) => {
    const counts = Array(servers).fill(0);
    for (const key of keys) counts[ring.getServerOrdinal(key)]++;
    return counts.map((count) => count / keys.length);
  };

  test('give servers their share of the keys', () => {
    const [light, heavy] = shares(ringOf(['10.0.0.1', 9998, 1], ['10.0.0.2', 9998, 3]), 2);
    assert.ok(Math.abs(light - 0.25) < 0.05, `${light}`);
    assert.equal(light + heavy, 1);
  });

  test('of zero give a server no keys', () => {
    const ring = ringOf(['a', 1, 0], ['b', 1, 1], ['c', 1, 0]);
    assert.deepEqual(shares(ring, 3), [0, 1, 0]);
    assert.equal(ring.getServerAddress(0), 'a:1');
  });

  test('are 1 by default, and ports 9998', () => {
    const ring = new Ketama([{ host: 'a' }, { host: 'b', port: 9998, weight: 1 }]);
    ring.createContinuum();
    const same = ringOf(['a', 9998, 1], ['b', 9998, 1]);
    assert.equal(ring.getServerAddress(0), 'a:9998');
    assert.deepEqual(
      keys.slice(0, 500).map((key) => ring.getServer(key)),
      keys.slice(0, 500).map((key) => same.getServer(key)),
    );
    assert.equal(new Ketama().addServer('a', 1).createContinuum().pointCount, 160);
  });

  test('of one more server move few keys, and all of them to it', () => {
    const servers = Array.from({ length: 9 }, (_, i) => [`10.0.0.${i}`, 9998, 1]);
    const before = ringOf(...servers);
    const after = ringOf(...servers, ['10.0.0.9', 9998, 1]);
    const moved = keys.filter((key) => before.getServer(key) !== after.getServer(key));
    assert.ok(moved.length < keys.length * 0.15, `${moved.length}`);
    const elsewhere = moved.filter((key) => after.getServer(key) !== '10.0.0.9:9998');
    // A few may differ, because the float's last bit may take a point from a server.
    assert.ok(elsewhere.length < keys.length * 0.02, `${elsewhere.length}`);
  });
});

test('keys are bytes: every value, none at all, and text as UTF-8', () => {
  const ring = ringOf(['a', 1, 1], ['b', 1, 1], ['c', 1, 1]);
  for (const text of ['', 'é', '😀', '\0', 'a\nb', 'x'.repeat(10_000)]) {
    assert.equal(ring.getServerOrdinal(text), ring.getServerOrdinal(Buffer.from(text)));
  }
  const found = new Set();
  for (let byte = 0; byte < 256; byte++) {
    const key = new Uint8Array([9, byte, byte, 9]).subarray(1, 3);
    assert.equal(ring.getServerOrdinal(key), ring.getServerOrdinal(Buffer.from([byte, byte])));
    found.add(ring.getServerOrdinal(key));
  }
  assert.equal(found.size, 3);
  assert.equal(ring.getServer(Buffer.from([0xe9])), ring.getServer(new Uint8Array([0xe9])));
});

describe('Ketama refuses', () => {
  const server = { host: 'a', port: 1, weight: 1 };
  for (const [title, call, errorClass, ...named] of [
    ['servers that are no array', () => new Ketama('a'), TypeError, 'servers', 'a string'],
    ['servers that are null', () => new Ketama(null), TypeError, 'servers', 'null'],
    ['a server that is text', () => new Ketama(['a:1']), TypeError, 'servers[0]', 'a string'],
    ['no host', () => new Ketama([{ port: 1 }]), TypeError, 'host', 'undefined'],
    ['a host that is a number', () => new Ketama().addServer(1, 1), TypeError, 'host', 'a number'],
    ['an empty host', () => new Ketama().addServer('', 1), TypeError, 'host'],
    ['no port', () => new Ketama().addServer('a'), TypeError, 'port', 'undefined'],
    ['port 0', () => new Ketama().addServer('a', 0), RangeError, 'port', '1 to 65535'],
    [
      'port 65,536',
      () => new Ketama([{ ...server, port: 65_536 }]),
      RangeError,
      'port',
      '1 to 65535',
    ],
    ['a port that is text', () => new Ketama().addServer('a', '1'), TypeError, 'port', 'a string'],
    ['a negative weight', () => new Ketama().addServer('a', 1, -1), RangeError, 'weight', '0 to '],
    [
      'a fraction as weight',
      () => new Ketama().addServer('a', 1, 0.5),
      RangeError,
      'weight',
      'whole',
    ],
    [
      'a weight of NaN',
      () => new Ketama().addServer('a', 1, Number.NaN),
      RangeError,
      'weight',
      'whole',
    ],
    [
      'a weight of text',
      () => new Ketama([{ ...server, weight: '2' }]),
      TypeError,
      'weight',
      'a string',
    ],
    ['no servers', () => new Ketama().createContinuum(), TypeError, 'server'],
    ['only weights of zero', () => ringOf(['a', 1, 0], ['b', 1, 0]), TypeError, 'weight'],
  ]) {
    test(title, () => {
      assert.throws(call, refusal(errorClass, ...named));
    });
  }

  for (const key of [undefined, null, 7, 7n, {}, ['a'], new ArrayBuffer(1)]) {
    test(`the key ${inspect(key)}`, () => {
      const ring = ringOf(['a', 1, 1]);
      assert.throws(() => ring.getServerOrdinal(key), refusal(TypeError, 'key'));
      assert.throws(() => ring.getServer(key), refusal(TypeError, 'key'));
    });
  }

  test('a look-up before the ring is fixed, and a server after', () => {
    const ring = new Ketama([server]);
    for (const call of [
      () => ring.getServerOrdinal('key'),
      () => ring.getServer('key'),
      () => ring.pointCount,
    ]) {
      assert.throws(call, refusal(TypeError, 'createContinuum'));
    }
    ring.addServer('b', 1);
    ring.createContinuum();
    assert.throws(() => ring.addServer('c', 1), refusal(TypeError, 'fixed'));
    assert.equal(ring.createContinuum().pointCount, 320);
    assert.throws(() => ring.getServerAddress(2), refusal(RangeError, 'ordinal', '2'));
  });

  test('an ordinal that does not exist', () => {
    const ring = ringOf(['a', 1, 1]);
    assert.throws(() => ring.getServerAddress(1), refusal(RangeError, 'ordinal', '1'));
    assert.throws(() => ring.getServerAddress(-1), refusal(RangeError, 'ordinal', '-1'));
    assert.throws(() => ring.getServerAddress(0.5), refusal(RangeError, 'ordinal', '0.5'));
    assert.throws(() => ring.getServerAddress('0'), refusal(TypeError, 'ordinal', "'0'"));
  });

  test('and leaves the ring as it was', () => {
    const ring = new Ketama([{ ...server, weight: 0 }]);
    assert.throws(() => ring.createContinuum(), TypeError);
    assert.throws(() => ring.addServer('b', 0), RangeError);
    assert.equal(ring.addServer('b', 2).createContinuum().getServer('key'), 'b:2');
  });
});

test('inspect shows the servers', () => {
  const ring = ringOf(['a', 1, 1]);
  assert.match(inspect(ring), /^Ketama \{.*host: 'a'.*pointCount: 160/s);
});

describe('the servers that follow a key', () => {
  const servers = ['a', 'b', 'c', 'd'].map((host) => [host, 9998]);
  const keys = Array.from({ length: 200 }, (_, i) => `key-${i}`);

  test('are those that have it when the servers before are not on the ring', () => {
    const ring = ringOf(...servers);
    for (const key of keys) {
      const order = ring.getServerOrdinals(key);
      assert.deepEqual(order.toSorted(), [0, 1, 2, 3]);
      assert.equal(order[0], ring.getServerOrdinal(key));
      // Servers of equal weight have the same points on a ring of fewer.
      const fewer = servers.filter((_, ordinal) => ordinal !== order[0]);
      assert.equal(ringOf(...fewer).getServer(key), ring.getServerAddress(order[1]));
    }
  });

  test('leave out servers without weight', () => {
    assert.deepEqual(ringOf(['a', 1, 1], ['b', 1, 0], ['c', 1, 0]).getServerOrdinals('k'), [0]);
  });
});

describe('moved', () => {
  const keys = Array.from({ length: 100_000 }, (_, i) => `${i}`);

  for (const count of [1, 3, 9]) {
    test(`of a server added to ${count} equal ones is about one key in ${count + 1}`, () => {
      const servers = Array.from({ length: count + 1 }, (_, i) => [`10.0.0.${i + 1}`, 9998]);
      const [before, after] = [ringOf(...servers.slice(0, count)), ringOf(...servers)];
      const moved = before.moved(after, keys);
      const share = moved.length / keys.length;
      const fair = 1 / (count + 1);
      assert.ok(share > 0.6 * fair && share < 1.4 * fair, `${share}`);
      for (const { key, from, to } of moved) {
        assert.equal(from, before.getServer(key));
        assert.equal(to, `10.0.0.${count + 1}:9998`);
        assert.equal(to, after.getServer(key));
      }
    });
  }

  test('is empty between equal rings, and takes bytes', () => {
    const servers = [
      ['a', 1],
      ['b', 1],
    ];
    assert.deepEqual(ringOf(...servers).moved(ringOf(...servers), keys), []);
    const key = Buffer.from('key');
    const [moved] = ringOf(['a', 1]).moved(ringOf(['b', 1]), [key]);
    assert.deepEqual(moved, { key, from: 'a:1', to: 'b:1' });
  });

  test('must be given another ring', () => {
    assert.throws(() => ringOf(['a', 1]).moved({}, []), {
      name: 'TypeError',
      message: /^other must be a Ketama/,
    });
  });
});
