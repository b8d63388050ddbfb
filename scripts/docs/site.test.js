/* The documentation's site: it builds, its links work, and it works in a browser. */

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');
const { findChromium } = require('../setup/chromium.js');
const { SITE, build } = require('./build.js');
const { findDeadLinks, htmlFiles } = require('./dead-links.js');
const { readPages } = require('./pages.js');
const { SCREENSHOTS, openBrowser } = require('./browser.js');

const BUILD_MS = 180_000;

describe("the documentation's site", () => {
  /** @type {Awaited<ReturnType<typeof openBrowser>>} */
  let browser;

  before(
    async () => {
      await build();
      browser = await openBrowser(SITE, findChromium());
    },
    { timeout: BUILD_MS },
  );
  after(() => browser?.close());

  test('has a page for each guide, and the classes', () => {
    const files = htmlFiles(SITE);
    for (const { file } of readPages()) assert.ok(files.includes(file.replace(/\.md$/, '.html')));
    for (const name of ['hansock.Client', 'hansock.Index', 'hansock_keyv.KeyvStore']) {
      assert.ok(files.includes(`classes/${name}.html`), name);
    }
  });

  test('has no link within it that is dead', () => {
    const { dead, count } = findDeadLinks(SITE);
    assert.deepEqual(dead, []);
    assert.ok(count > 3000, `only ${count} links were found`);
  });

  test('leads to every page from its navigation', async () => {
    const { page, open } = browser;
    await open('index.html');
    /** @type {{ href: string, name: string }[]} */
    const links = await page.$$eval('#tsd-nav-container a', (/** @type {any[]} */ found) =>
      found.map(({ href, textContent }) => ({ href, name: textContent })),
    );
    const titles = readPages().map(({ title }) => title);
    const named = links.map(({ name }) => name);
    for (const title of [...titles, 'hansock', 'hansock/keyv', 'Client', 'startServer']) {
      assert.ok(named.includes(title), `${title} is not in the navigation`);
    }
    for (const href of new Set(links.map((link) => link.href))) {
      const answer = await page.request.get(href);
      assert.equal(answer.status(), 200, href);
    }
  });

  test('opens the page that is chosen in the navigation', async () => {
    const { page, open } = browser;
    await open('index.html');
    const link = (/** @type {string} */ part, /** @type {string} */ name) =>
      page.locator(part).getByRole('link', { name, exact: true });
    await link('#tsd-nav-container', 'Recipes').click();
    await page.waitForURL('**/docs/recipes.html');
    assert.equal(await page.textContent('h1'), 'Recipes');
    await link('.page-menu', 'Counters').click();
    await page.waitForURL('**/docs/recipes.html#counters');
    assert.equal(await page.textContent('#tsd-nav-container a.current'), 'Recipes');
  });

  for (const { words, finds } of [
    { words: 'getMany', finds: 'classes/hansock.Index.html#getmany' },
    { words: 'overdrawn', finds: 'docs/recipes.html' },
    { words: 'KeyvStore', finds: 'classes/hansock_keyv.KeyvStore.html' },
  ]) {
    test(`finds ${words}`, async () => {
      const { page, open } = browser;
      await open('index.html');
      await page.click('#tsd-search-trigger');
      await page.fill('#tsd-search-input', words);
      const result = page.locator(`#tsd-search-results a[href$="${finds}"]`).first();
      await result.waitFor();
      await result.click();
      await page.waitForURL(`**/${finds}`);
    });
  }

  test("shows the benchmark's chart, and every other picture", async () => {
    const { page, open } = browser;
    for (const file of ['index.html', 'bench/results/results.html', 'docs/architecture.html']) {
      await open(file);
      const widths = await page.$$eval('.col-content img', (/** @type {any[]} */ images) =>
        images.map(({ src, naturalWidth }) => ({ src, naturalWidth })),
      );
      assert.notEqual(widths.length, 0, file);
      for (const { src, naturalWidth } of widths) assert.ok(naturalWidth > 300, src);
    }
  });

  test('fits a narrow window, and is shown in dark colours where they are asked for', async () => {
    const { page, open } = browser;
    await open('docs/client.html');
    const light = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.notEqual(await page.evaluate('getComputedStyle(document.body).backgroundColor'), light);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 400, height: 800 });
    const hidden = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    assert.ok(hidden <= 0, `${hidden} pixels are beyond the window`);
  });

  test('is drawn to target/site-screenshots, to be looked at', async () => {
    for (const file of ['index.html', 'docs/client.html', 'classes/hansock.Index.html']) {
      const picture = await browser.draw(file);
      assert.ok(picture.length > 20_000, `${SCREENSHOTS}: ${file} is empty`);
    }
  });

  test('tells of no error in the browser, and asks no other host', () => {
    assert.deepEqual(browser.errors, []);
    assert.deepEqual(browser.foreign, []);
  });
});
