// Values from outside that try to be markup, in every place where such a value comes in: none runs,
// none breaks a page, and each is shown as it is.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, misfits, open } from './browser.mjs';
import { startBox } from './box.mjs';

const ROOT = process.env.TEMOIN_ROOT ?? process.cwd();

/** A text that would run where it became markup, with a long word, and a name to know it again by. */
const evil = (name) =>
  `${name}"'><img src=x onerror=pwned=1></p></a><script>pwned=1</script>{x}${'W'.repeat(90)}`;

/** A name that an interface may have. */
const DEVICE = '"><b>&\'x';

let box;
let browser;

before(async () => {
  box = await startBox(ROOT, { isWitnessed: true, change: spoil, tunnel: { dev: DEVICE } });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  box?.stop();
});

/** Has every text of the operator's profile and of the law be a hostile one. */
function spoil(directory) {
  const text = (name) => JSON.stringify(evil(name));
  const profile = join(directory, 'profiles.d/witnessed.toml');
  const spoilt = readFileSync(profile, 'utf8')
    .replace(/^name = .*$/m, `name = ${text('profile-name')}`)
    .replace(/^(label\.\w+) = .*$/gm, `$1 = ${text('profile-label')}`)
    .replace(/^by = .*$/gm, `by = ${text('profile-by')}`);
  writeFileSync(profile, spoilt);
  mkdirSync(join(directory, 'rules.d'));
  const law = readFileSync(join(ROOT, 'src/law/be/be-lce-2022.toml'), 'utf8');
  const words = /^((?:\w+\.)+(?:fr|nl|en|de)) = "(?:[^"\\]|\\.)*"$/gm;
  assert.ok(law.match(words).length > 100, 'the law has texts to spoil');
  writeFileSync(join(directory, 'rules.d/spoilt.toml'), law.replace(words, `$1 = ${text('rule')}`));
  const broken = law.replace(/^jurisdiction = .*$/m, `jurisdiction = ${text('complaint')}`);
  writeFileSync(join(directory, 'rules.d/broken.toml'), broken);
  const config = join(directory, 'temoin.toml');
  const devices = `devices = ["tun9", ${JSON.stringify(DEVICE)}]`;
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^devices = .*$/m, devices));
}

test('what comes from outside is shown as it is, and nothing of it runs', async () => {
  const hostile = { 'Accept-Language': evil('header').replaceAll(/[^\x20-\x7e]/g, '') };
  const options = { viewport: { width: 320, height: 700 }, extraHTTPHeaders: hostile };
  const { context, page, wrongs } = await open(browser, [box.address], options);
  const shown = [];
  const look = async (where) => {
    assert.equal(await page.evaluate('typeof pwned'), 'undefined', where);
    assert.equal(await page.locator('img, script, b').count(), 0, where);
    assert.deepEqual(await page.evaluate(misfits), [], where);
    shown.push(await page.textContent('body'));
  };
  const list = await (await fetch(`${box.address}/sessions`)).text();
  const [id] = list.match(/[0-9a-f]{64}/);
  const address = encodeURIComponent(`${evil('address')}\u001b[2J`);
  const paths = ['/', '/timeline', '/calendar', '/sessions', `/session/${id}`, '/ask', '/sent', '/rights'];
  for (const path of [
    ...paths,
    '/erased',
    '/settings',
    `/sessions?address=${address}`,
    `/sessions?since=${address}&state=${address}`,
    `/?lang=${address}`,
    `/${address}`,
    `/session/${address}`,
    `/sent?page=${address}`,
  ]) {
    for (const language of path.includes('?') ? [''] : ['?lang=fr', '?lang=de']) {
      await page.goto(`${box.address}${path}${language}`);
      await look(path);
    }
  }
  const answers = [
    `session_start,origin_address,${JSON.stringify(evil('column')).replaceAll('\\"', '""')}\n2026-11-20T10:00:00Z,203.0.113.9,x\n`,
    JSON.stringify([{ session_start: '2026-11-20T10:00:00Z', end_reason: evil('value'), [evil('key')]: 1 }]),
    `session_start\n${evil('time').replaceAll(/["',]/g, '')}\n`,
    evil('file'),
  ];
  for (const answer of answers) {
    await page.goto(`${box.address}/rights`);
    const name = `${evil('file-name').slice(0, 90).replaceAll('/', '')}.csv`;
    await page.setInputFiles('#reply', { name, mimeType: 'text/csv', buffer: Buffer.from(answer) });
    await page.click('form[enctype] button');
    await look(answer.slice(0, 60));
  }
  const all = shown.join('\n');
  for (const source of ['profile-name', 'rule', 'complaint', 'column', 'key', DEVICE]) {
    assert.ok(all.includes(source), `${source} is shown nowhere`);
  }
  for (const letter of ['access', 'complaint', 'erasure']) {
    await page.goto(`${box.address}/rights/${letter}`);
    assert.equal(await page.evaluate('typeof pwned'), 'undefined', letter);
    assert.equal(await page.locator('img, script').count(), 0, letter);
    assert.match(await page.textContent('body'), /profile-name/, letter);
  }
  assert.deepEqual(wrongs, []);
  assert.ok(!/[\u0000-\u0008\u000b-\u001f\u007f]/.test(box.log()), 'a control character is in the log');
  await context.close();
});
