/* A headless Chromium that opens the pages of a folder as from a web server. */

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { ROOT } = require('../command.js');

const SCREENSHOTS = path.join(ROOT, 'target/site-screenshots');
/** tsc does not check this package, whose types need those of a browser. @type {string} */
const PLAYWRIGHT = 'playwright-core';
const WINDOW = { width: 1280, height: 900 };

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/**
 * @param {string} folder
 * @param {string | undefined} program  if undefined, playwright says what is missing
 */
async function openBrowser(folder, program) {
  const { chromium } = await import(PLAYWRIGHT);
  const server = http.createServer((request, response) => show(folder, request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const home = `http://127.0.0.1:${port}/`;
  // Chromium has no sandbox for root, and the pages are the project's own.
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: WINDOW });

  /** @type {string[]} */
  const errors = [];
  /** @type {string[]} */
  const foreign = [];
  page.on('pageerror', (/** @type {Error} */ error) => errors.push(String(error)));
  page.on('console', (/** @type {any} */ message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('request', (/** @type {any} */ request) => {
    if (!request.url().startsWith(home)) foreign.push(request.url());
  });

  /** Opens a page and waits until its navigation is there. @param {string} file */
  const open = async (file) => {
    await page.setViewportSize(WINDOW);
    await page.goto(home + file);
    await page.waitForSelector('#tsd-nav-container details', { state: 'attached' });
  };

  return {
    page,
    errors,
    foreign,
    open,
    /** Returns a screenshot of a page as PNG, and also writes it to a file. @param {string} file */
    async draw(file) {
      await open(file);
      const name = file.replaceAll('/', '-').replace(/\.html$/, '.png');
      return page.screenshot({ path: path.join(SCREENSHOTS, name) });
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * @param {string} folder
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
function show(folder, request, response) {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const file = path.join(folder, path.normalize(decodeURIComponent(pathname)));
  fs.readFile(file, (error, content) => {
    if (error) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': TYPES[path.extname(file)] }).end(content);
  });
}

module.exports = { SCREENSHOTS, openBrowser };
