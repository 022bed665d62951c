// The page as members meet it: every page in four languages, three widths, light and dark; by the
// keyboard alone, without script, in print; checked by axe-core and html-validate.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import axe from 'axe-core';
import { HtmlValidate } from 'html-validate';
import { chromium } from 'playwright-core';

import { startBox } from './box.mjs';

const ROOT = process.env.TEMOIN_ROOT ?? process.cwd();
const SHOTS = join(ROOT, 'build/screenshots');
const LANGUAGES = ['fr', 'nl', 'en', 'de'];
const WIDTHS = [320, 768, 1280];
const SCHEMES = ['light', 'dark'];

let box;
let browser;
/** Each page's name, path and status. */
let pages;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  box = await startBox(ROOT);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
  const list = await (await fetch(`${box.address}/sessions`)).text();
  const ids = [...list.matchAll(/session\/([0-9a-f]{64})/g)].map((found) => found[1]);
  assert.ok(ids.length > 40, 'sessions to look at');
  pages = [
    ['now', '/', 200],
    ['timeline', '/timeline', 200],
    ['calendar', '/calendar', 200],
    ['sessions', '/sessions', 200],
    ['found', '/sessions?state=closed&address=203.0.113.9', 200],
    ['wrong', '/sessions?address=x', 400],
    ['lasting', `/session/${ids[0]}`, 200],
    ['ended', `/session/${ids[5]}`, 200],
    ['erase', `/session/${ids[5]}/erase`, 200],
    ['ask', '/ask', 200],
    ['sent', '/sent', 200],
    ['rights', '/rights', 200],
    ['erased', '/erased', 200],
    ['settings', '/settings', 200],
    ['nowhere', '/nowhere', 404],
  ];
});

after(async () => {
  await browser?.close();
  box?.stop();
});

const inLanguage = (path, language) =>
  `${box.address}${path}${path.includes('?') ? '&' : '?'}lang=${language}`;

/** A page that notes all that it should not do. */
async function open(options = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const wrongs = [];
  page.on('console', (message) => {
    // The browser itself says so of a page whose status is an error.
    if (!/Failed to load resource.*(400|404)/.test(message.text())) wrongs.push(message.text());
  });
  page.on('pageerror', (error) => wrongs.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${box.address}/`)) wrongs.push(`asks ${request.url()}`);
  });
  page.on('requestfailed', (request) => wrongs.push(`cannot load ${request.url()}`));
  return { context, page, wrongs };
}

/** What does not fit its place: wider than the window, or cut off within its box. */
function misfits() {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push('the page scrolls sideways');
  for (const element of document.querySelectorAll('body *')) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (element.closest('.unseen, .skip, thead, svg') || box.width === 0) continue;
    const name = `${element.tagName}.${element.className} ${element.textContent.slice(0, 40)}`;
    if (box.right > width + 1 || box.left < -1) found.push(`beyond the window: ${name}`);
    if (style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1) {
      found.push(`cut: ${name}`);
    }
  }
  return found;
}

/** What stands alone and is too small for a thumb, in CSS pixels. */
function tooSmall() {
  const alone = 'summary, button, .button, .touch, .top nav a, .brand, select, input:not([type=hidden])';
  return [...document.querySelectorAll(alone)]
    .filter((element) => element.getClientRects().length > 0)
    .filter((element) => element.getBoundingClientRect().height < 43.9)
    .map((element) => element.outerHTML.slice(0, 80));
}

for (const colorScheme of SCHEMES) {
  test(`every page fits, asks nothing elsewhere and passes axe, ${colorScheme}`, async () => {
    const { context, page, wrongs } = await open({ colorScheme });
    // Another theme changes colours, which are the same in each language.
    const languages = colorScheme === SCHEMES[0] ? LANGUAGES : LANGUAGES.slice(0, 2);
    for (const language of languages) {
      for (const [name, path, status] of pages) {
        const where = `${name} ${language} ${colorScheme}`;
        const response = await page.goto(inLanguage(path, language));
        assert.equal(response.status(), status, where);
        assert.equal(await page.getAttribute('html', 'lang'), language, where);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 });
          assert.deepEqual(await page.evaluate(misfits), [], `${where} ${width}`);
          if (width === 320) {
            assert.deepEqual(await page.evaluate(tooSmall), [], `${where} ${width}`);
          }
          // What people look at before a release: two languages show what four would.
          if (!['fr', 'nl'].includes(language)) continue;
          const file = join(SHOTS, `${name}-${language}-${width}-${colorScheme}.png`);
          await page.screenshot({ path: file, fullPage: true });
        }
        await page.evaluate(axe.source);
        const options = { resultTypes: ['violations'] };
        const { violations } = await page.evaluate((own) => window.axe.run(own), options);
        const told = violations.map((it) => [it.id, it.nodes.map((node) => node.html).slice(0, 3)]);
        assert.deepEqual(told, [], where);
      }
    }
    assert.deepEqual(wrongs, []);
    await context.close();
  });
}

test('every page is valid HTML', async () => {
  const validator = new HtmlValidate({
    root: true,
    extends: ['html-validate:standard'],
    rules: {
      // Style sheets that make blocks of a table's parts take their roles away: they are said again.
      'no-redundant-role': 'off',
      'prefer-native-element': 'off',
    },
  });
  for (const language of LANGUAGES) {
    for (const [name, path] of pages) {
      const text = await (await fetch(inLanguage(path, language))).text();
      assert.ok(Buffer.byteLength(text) <= 60_000, `${name} is ${Buffer.byteLength(text)} bytes`);
      const report = await validator.validateString(text);
      const told = report.results.flatMap((result) =>
        result.messages.map((it) => `${it.ruleId}: ${it.message} (${it.line}:${it.column})`),
      );
      assert.deepEqual(told, [], `${name} ${language}`);
    }
  }
});

for (const width of [320, 1280]) {
  test(`the keyboard reaches all, where it can be seen, at ${width} px`, async () => {
    const { context, page } = await open({ viewport: { width, height: 800 } });
    for (const [name, path] of pages.filter(([name]) => name !== 'calendar')) {
      await page.goto(inLanguage(path, 'fr'));
      const reachable = await page.evaluate(() => {
        const all = document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden])');
        return [...all].filter((it) => it.checkVisibility({ contentVisibilityAuto: true })).length;
      });
      const seen = new Set();
      for (let step = 0; step < 4 * reachable + 20; step += 1) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const own = document.activeElement;
          if (!own || own === document.body) return null;
          const box = own.getBoundingClientRect();
          const style = getComputedStyle(own);
          const all = [...document.querySelectorAll('a[href], button, summary, select, input')];
          return {
            place: all.indexOf(own),
            html: own.outerHTML.slice(0, 90),
            isShown: box.width > 1 && box.right > 0 && box.left < innerWidth,
            outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
          };
        });
        if (at === null) break;
        if (seen.size === 0) assert.match(at.html, /class="skip"/, name);
        assert.ok(at.isShown, `${name}: ${at.html} is focused out of sight`);
        assert.ok(at.outline >= 2, `${name}: ${at.html} has no visible focus`);
        seen.add(at.place);
      }
      assert.equal(seen.size, reachable, `${name}: ${seen.size} of ${reachable} reached`);
    }
    await page.goto(inLanguage('/', 'fr'));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(new URL(page.url()).hash, '#content');
    await context.close();
  });
}

test('without script one goes from the first page to a day, a session, and finds an address', async () => {
  const { context, page, wrongs } = await open({
    javaScriptEnabled: false,
    viewport: { width: 320, height: 700 },
  });
  await page.goto(inLanguage('/', 'nl'));
  await page.click('summary');
  await page.click('.rooms a[href*="timeline"]');
  await page.click('main a[href*="calendar"]');
  await page.click('.month a >> nth=0');
  await page.click('.list a >> nth=0');
  assert.match(await page.textContent('h1'), /^Sessie van /);
  assert.match(page.url(), /lang=nl/);
  await page.click('.back a');
  await page.click('.filter summary');
  await page.fill('#address', '203.0.113.7');
  await page.click('.filter button');
  assert.match(page.url(), /address=203\.0\.113\.7/);
  assert.match(page.url(), /lang=nl/);
  assert.match(await page.textContent('main'), /203\.0\.113\.7/);
  assert.deepEqual(wrongs, []);
  await context.close();
});

test('every page can be printed', async () => {
  const { context, page } = await open();
  for (const [name, path] of pages) {
    await page.goto(inLanguage(path, 'fr'));
    const pdf = await page.pdf({ format: 'A4', printBackground: false });
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
    writeFileSync(join(SHOTS, `${name}-fr.pdf`), pdf);
  }
  await context.close();
});

test('nothing of what was shown reached the log', () => {
  assert.doesNotMatch(box.log(), /203\.0\.113|192\.0\.2|2001:db8/);
});
