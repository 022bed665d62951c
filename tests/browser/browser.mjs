// A real Chromium, and what a page must not do in it.

import { chromium } from 'playwright-core';

/** Chromium without what would reach for the network by itself. */
export function launch() {
  return chromium.launch({
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
}

/** A page that notes all that it should not do. */
export async function open(browser, addresses, options = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const wrongs = [];
  page.on('console', (message) => {
    // The browser itself says so of a page whose status is an error.
    if (!/Failed to load resource.*(400|404|422)/.test(message.text())) wrongs.push(message.text());
  });
  page.on('pageerror', (error) => wrongs.push(String(error)));
  page.on('request', (request) => {
    if (!addresses.some((own) => request.url().startsWith(`${own}/`))) wrongs.push(`asks ${request.url()}`);
  });
  page.on('requestfailed', (request) => wrongs.push(`cannot load ${request.url()}`));
  return { context, page, wrongs };
}

/** What does not fit its place: wider than the window, or cut off within its box. */
export function misfits() {
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
