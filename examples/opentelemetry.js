'use strict';

/*
 * Spans of each call, by OpenTelemetry. Beside hansock it needs @opentelemetry/api and
 * @opentelemetry/sdk-trace-node; a program has an exporter of its own in place of the one here.
 */

const { tracingChannel } = require('node:diagnostics_channel');
const { SpanKind, SpanStatusCode, trace } = require('@opentelemetry/api');
const {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} = require('@opentelemetry/sdk-trace-node');
const { Client } = require('hansock');
const { startServer } = require('hansock/testing');

const CREATE_TABLE = `
  CREATE DATABASE shop;
  CREATE TABLE shop.item (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL)`;

/** Makes a span of each call of all clients, under the span that is active when it is made. */
function traceCalls() {
  const tracer = trace.getTracer('hansock');
  /** @type {WeakMap<object, import('@opentelemetry/api').Span>} */
  const spans = new WeakMap();
  tracingChannel('hansock:operation').subscribe({
    start(/** @type {any} */ message) {
      const { operation, table, attributes } = message;
      const options = { kind: SpanKind.CLIENT, attributes };
      spans.set(message, tracer.startSpan(`${operation} ${table}`, options));
    },
    end() {},
    asyncStart() {},
    asyncEnd(/** @type {any} */ message) {
      const span = spans.get(message);
      if (message.error !== undefined) {
        // `error.type` is there now, too.
        span?.setAttributes(message.attributes);
        span?.setStatus({ code: SpanStatusCode.ERROR, message: message.error.message });
      }
      span?.end();
    },
    error() {},
  });
}

async function main() {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  traceCalls();

  const server = await startServer({ sql: CREATE_TABLE });
  const { host, port, writePort, secret } = server;
  const client = new Client({ host, port, writePort, secret });
  try {
    const items = client.openIndex({
      database: 'shop',
      table: 'item',
      columns: ['id', 'name'],
      types: { id: 'number' },
      keyColumns: ['id'],
    });
    await trace.getTracer('example').startActiveSpan('GET /items', async (span) => {
      await items.insert({ id: 1, name: 'Tea' });
      await items.insertMany([{ name: 'Coffee' }, { name: 'Bread' }]);
      await items.insert({ id: 1, name: 'Milk' }).catch(({ code }) => console.log(code));
      await items.get(1);
      span.end();
    });
    // A span ends in the turn after its call.
    await new Promise((resolve) => setImmediate(resolve));
    await provider.forceFlush();
    const spans = exporter.getFinishedSpans();
    const request = spans.find(({ name }) => name === 'GET /items');
    for (const { name, attributes, status, parentSpanContext } of spans) {
      if (name === 'GET /items') continue;
      const isChild = parentSpanContext?.spanId === request?.spanContext().spanId;
      const isError = status.code === SpanStatusCode.ERROR;
      const { 'server.port': _port, ...shown } = attributes;
      console.log(name, isChild ? 'in the request' : 'alone', isError ? 'failed' : 'done', shown);
    }
  } finally {
    await client.close();
    await server.stop();
    await provider.shutdown();
  }
}

main();
