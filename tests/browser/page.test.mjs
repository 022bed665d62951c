// The page as members meet it: every page in four languages, three widths, light and dark; by the
// keyboard alone, without script, in print; checked by axe-core and html-validate.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import axe from 'axe-core';
import { HtmlValidate } from 'html-validate';

import { launch, misfits, open as openPage } from './browser.mjs';
import { startBox } from './box.mjs';

const ROOT = process.env.TEMOIN_ROOT ?? process.cwd();
const SHOTS = join(ROOT, 'build/screenshots');
const LANGUAGES = ['fr', 'nl', 'en', 'de'];
const WIDTHS = [320, 768, 1280];
const SCHEMES = ['light', 'dark'];

let box;
/** One whose operator was asked, and said everything that an operator can say. */
let witnessed;
let browser;
/** Each page's name, path and status. */
let pages;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  box = await startBox(ROOT);
  witnessed = await startBox(ROOT, { isWitnessed: true });
  browser = await launch();
  const list = await (await fetch(`${box.address}/sessions`)).text();
  const ids = [...list.matchAll(/session\/([0-9a-f]{64})/g)].map((found) => found[1]);
  assert.ok(ids.length > 40, 'sessions to look at');
  const { address } = witnessed;
  const sent = await (await fetch(`${address}/sent`)).text();
  const [, request] = sent.match(/sent\/([0-9]+)/);
  const first = await (await fetch(`${address}/?lang=en`)).text();
  const [, differing] = first.match(/note the same as this box[^]*?session\/([0-9a-f]{64})/);
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
    ['attention', `${address}/`, 200],
    ['signed', `${address}/session/${differing}`, 200],
    ['entries', `${address}/sent`, 200],
    ['entry', `${address}/sent/${request}`, 200],
    ['overdue', `${address}/rights`, 200],
  ];
});

after(async () => {
  await browser?.close();
  box?.stop();
  witnessed?.stop();
});

const inLanguage = (path, language) =>
  `${path.startsWith('/') ? box.address : ''}${path}${path.includes('?') ? '&' : '?'}lang=${language}`;

const open = (options) => openPage(browser, [box.address, witnessed.address], options);

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

const validator = new HtmlValidate({
  root: true,
  extends: ['html-validate:standard'],
});

async function assertValid(text, where) {
  const report = await validator.validateString(text);
  const told = report.results.flatMap((result) =>
    result.messages.map((it) => `${it.ruleId}: ${it.message} (${it.line}:${it.column})`),
  );
  assert.deepEqual(told, [], where);
}

test('every page is valid HTML', async () => {
  for (const language of LANGUAGES) {
    for (const [name, path] of pages) {
      const text = await (await fetch(inLanguage(path, language))).text();
      assert.ok(Buffer.byteLength(text) <= 60_000, `${name} is ${Buffer.byteLength(text)} bytes`);
      await assertValid(text, `${name} ${language}`);
    }
    for (const letter of ['access', 'complaint', 'erasure']) {
      const address = inLanguage(`${witnessed.address}/rights/${letter}`, language);
      await assertValid(await (await fetch(address)).text(), `${letter} ${language}`);
    }
  }
});

test('an answer of the operator is compared on a page that fits and passes axe', async () => {
  const { context, page, wrongs } = await open();
  const csv = await (await fetch(`${box.address}/sessions.csv`)).text();
  const [head, ...lines] = csv.trimEnd().split('\r\n');
  // One that differs, one that is missing, one that is of no session here, and fields of its own.
  const other = lines[4].replace(/203\.0\.113\.[0-9]+/, '198.51.100.77');
  const stray = lines[8].replace(/^[0-9a-f]{64}/, '').replaceAll('2026-', '2024-');
  const all = [...lines.slice(0, 4), other, ...lines.slice(6), stray];
  const answer = [`${head},User-Name,Frob`, ...all.map((line) => `${line},membre-42,x`)].join('\n');
  for (const language of LANGUAGES) {
    await page.goto(inLanguage('/rights', language));
    await page.setInputFiles('#reply', { name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from(answer) });
    await page.click('form[enctype] button');
    const text = await page.textContent('main');
    for (const part of ['198.51.100.77', 'Frob']) assert.ok(text.includes(part), `${part} ${language}`);
    assert.equal(await page.locator('.badge.warn').count(), 1, language);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      assert.deepEqual(await page.evaluate(misfits), [], `${language} ${width}`);
      const file = join(SHOTS, `compared-${language}-${width}-light.png`);
      await page.screenshot({ path: file, fullPage: true });
    }
    await assertValid(`<!DOCTYPE html>${await page.evaluate('document.documentElement.outerHTML')}`, language);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
    assert.deepEqual(violations.map((it) => it.id), [], language);
  }
  writeFileSync(join(SHOTS, 'compared.pdf'), await page.pdf({ format: 'A4' }));
  assert.deepEqual(wrongs, []);
  await context.close();
});

test('what an answer leaves open is asked on a page that fits and passes axe, without script', async () => {
  const answer =
    'Identifiant;Connexion depuis;Fin de connexion;Adresse IP source;Adresse IP attribuée;Une colonne au nom fort long\n' +
    'ada;03/11/2026 09:00:00;03/11/2026 10:30:00;203.0.113.7;10.99.0.10;x\n'.repeat(4);
  const file = { name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from(answer) };
  const { context, page, wrongs } = await open();
  for (const language of LANGUAGES) {
    await page.goto(inLanguage('/rights', language));
    await page.setInputFiles('#reply', file);
    await page.click('form[enctype] button');
    assert.equal(await page.inputValue('#dates'), 'day-month-year', language);
    for (const width of [320, 360, ...WIDTHS.slice(1)]) {
      await page.setViewportSize({ width, height: 800 });
      assert.deepEqual(await page.evaluate(misfits), [], `${language} ${width}`);
      if (width === 320) assert.deepEqual(await page.evaluate(tooSmall), [], language);
      await page.screenshot({ path: join(SHOTS, `asked-${language}-${width}-light.png`), fullPage: true });
    }
    await assertValid(`<!DOCTYPE html>${await page.evaluate('document.documentElement.outerHTML')}`, language);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
    assert.deepEqual(violations.map((it) => it.id), [], language);
  }
  assert.deepEqual(wrongs, []);
  await context.close();
  const plain = await open({ javaScriptEnabled: false });
  await plain.page.goto(inLanguage('/rights', 'fr'));
  await plain.page.setInputFiles('#reply', file);
  await plain.page.click('form[enctype] button');
  await plain.page.selectOption('#dates', 'month-day-year');
  await plain.page.click('button[value=compare]');
  assert.match(await plain.page.textContent('main'), /11\/03\/2026/);
  await plain.context.close();
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
  // What a web server before this one would write down.
  assert.doesNotMatch(page.url(), /203/);
  assert.match(page.url(), /lang=nl/);
  assert.match(await page.textContent('main'), /203\.0\.113\.7/);
  assert.equal(await page.inputValue('#address'), '203.0.113.7');
  await page.screenshot({ path: join(SHOTS, 'searched-nl.png'), fullPage: true });
  // Where none is looked for, there is a page to go back to.
  await page.fill('#address', '');
  await page.selectOption('#state', 'closed');
  await page.click('.filter button');
  assert.match(page.url(), /sessions\?state=closed&lang=nl/);
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
  assert.doesNotMatch(box.log() + witnessed.log(), /203\.0\.113|192\.0\.2|2001:db8/);
});
