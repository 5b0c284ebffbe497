import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScriptedHouse } from '../tests/browser/scripted-house.ts';
import { createApp } from './app.ts';
import type { AppDeps } from './pages/ports.ts';

let house: ScriptedHouse;
let server: Server;
let url: string;
let logged: object[];

beforeEach(async () => {
  house = new ScriptedHouse();
  logged = [];
  await serve();
});
afterEach(stop);

async function serve(change: Partial<AppDeps> = {}) {
  const log = { error: (facts: object) => logged.push(facts), warn: (facts: object) => logged.push(facts) };
  const app = createApp({
    chat: house,
    ready: () => Promise.resolve(true),
    log,
    evaluation: true,
    https: false,
    ...change,
  });
  server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => {
      resolve(listening);
    });
  });
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

async function stop() {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function restart(change: Partial<AppDeps>) {
  await stop();
  await serve(change);
}

/** A new visitor's cookie. */
async function visit(): Promise<string> {
  return (await fetch(url)).headers.get('set-cookie')?.split(';')[0] ?? '';
}

type Fields = Record<string, string>;

function post(cookie: string, fields: Fields, headers: Fields = {}) {
  return fetch(`${url}/chat/messages`, {
    method: 'POST',
    headers: { cookie, ...headers },
    body: new URLSearchParams({ clientMessageId: randomUUID(), ...fields }),
    redirect: 'manual',
  });
}

const pageOf = async (cookie: string) => (await fetch(url, { headers: { cookie } })).text();

const AS_A_FORM = { accept: 'text/html,application/xhtml+xml' };

test('the first page holds the first question and a cookie that no script reads', async () => {
  const first = await fetch(url);
  expect(await first.text()).toMatch(/请发证书登记的手机号[^]*<button class="choice" name="key" value="1">/);
  expect(first.headers.get('set-cookie')).toMatch(
    /^xuqi=[\w-]{43}; Max-Age=2592000; Path=\/; .*HttpOnly; SameSite=Lax$/,
  );
  expect(first.headers.get('cache-control')).toBe('no-store');
});

test('the token itself is not what the house gets to know', async () => {
  const token = (await visit()).replace('xuqi=', '');
  expect(house.received[0]?.visitor).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.stringify(house.received)).not.toContain(token);
});

test('over https the cookie travels over https only', async () => {
  await restart({ https: true });
  expect((await fetch(url)).headers.get('set-cookie')).toMatch(/^__Host-xuqi=.*Secure/);
});

test('a reload is the same conversation and asks nothing anew', async () => {
  const cookie = await visit();
  await pageOf(cookie);
  expect(house.conversations.size).toBe(1);
  expect(house.received).toHaveLength(1);
});

test('every visit keeps the same cookie for as long again', async () => {
  const cookie = await visit();
  const again = (await fetch(url, { headers: { cookie } })).headers.get('set-cookie');
  expect(again?.startsWith(`${cookie}; Max-Age=2592000`)).toBe(true);
});

test('looking at the headers opens no conversation', async () => {
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  expect(house.conversations.size).toBe(0);
});

test('a cookie that somebody planted is replaced before anyone signs in with it', async () => {
  const planted = `xuqi=${'B'.repeat(43)}`;
  expect((await post(planted, { text: '13800006027' }, AS_A_FORM)).headers.get('location')).toBe('/');
  const given = (await fetch(url, { headers: { cookie: planted } })).headers.get('set-cookie');
  expect(given).toMatch(/^xuqi=[\w-]{43};/);
  expect(given?.startsWith(planted)).toBe(false);
  expect(house.received.map(({ incoming }) => incoming.kind)).toEqual(['opened']);
});

test('a cookie nobody knows starts anew, and so does one that is not well formed', async () => {
  for (const cookie of [`xuqi=${'A'.repeat(43)}`, 'xuqi=%%%', 'other=1']) {
    expect(await pageOf(cookie)).toContain('请发证书登记的手机号');
  }
});

test('a form without scripts is answered by the page with the answer in it', async () => {
  const cookie = await visit();
  const answer = await post(cookie, { text: '13800006027' }, AS_A_FORM);
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/#latest']);
  expect(await pageOf(cookie)).toMatch(/13800006027[^]*还没开标/);
});

test('a script gets 204, and the same message twice is one message', async () => {
  const cookie = await visit();
  const fields = { clientMessageId: randomUUID(), text: '你好' };
  expect([(await post(cookie, fields)).status, (await post(cookie, fields)).status]).toEqual([204, 204]);
  expect(house.received.filter(({ incoming }) => incoming.kind === 'text')).toHaveLength(1);
});

test('JSON is taken as a form is', async () => {
  const cookie = await visit();
  const answer = await fetch(`${url}/chat/messages`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ clientMessageId: randomUUID(), questionId: 'q0', key: '1' }),
  });
  expect(answer.status).toBe(204);
  expect(house.received.at(-1)?.incoming).toEqual({ kind: 'choice', questionId: 'q0', key: '1' });
});

test('what a customer writes is text, never markup', async () => {
  const cookie = await visit();
  await post(cookie, { text: '<img src=x onerror=alert(1)> {{progress}} & "' });
  const page = await pageOf(cookie);
  expect(page).toContain('&lt;img src&#x3D;x onerror&#x3D;alert(1)&gt; {{progress}} &amp; &quot;');
  expect(page).not.toContain('<img');
});

test('the code for the computer stands in the customer’s own page while it serves, then it is gone', async () => {
  const cookie = await visit();
  await post(cookie, { text: 'a' });
  await post(cookie, { text: 'b' });
  expect(await pageOf(cookie)).toContain('<span>482</span><span>7160</span><span>5932</span>');
  house.linkCode = undefined;
  const page = await pageOf(cookie);
  expect(page).toContain('已失效');
  expect(page).not.toContain('<span>7160</span>');
});

test.each([
  ['2,001 characters', { text: 'x'.repeat(2001) }, 413, 'channel/too-long'],
  ['more than a body may hold', { text: 'x'.repeat(40_000) }, 413, 'channel/too-long'],
  ['no id', { clientMessageId: '', text: 'x' }, 400, 'channel/malformed'],
  ['nothing', {}, 400, 'channel/malformed'],
])('a message of %s gets a clear answer', async (_, fields, status, code) => {
  const cookie = await visit();
  const json = await post(cookie, fields);
  expect(json.status).toBe(status);
  expect(await json.json()).toMatchObject({ code, zh: expect.stringMatching(/。$/) as string });
  const page = await post(cookie, fields, AS_A_FORM);
  expect(page.status).toBe(status);
  expect(await page.text()).toContain('回到对话');
  expect(house.received).toHaveLength(1);
});

test.each([
  ['another site', { origin: 'https://evil.example' }, 403],
  ['another site, as new browsers say it', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a sister site', { 'sec-fetch-site': 'same-site' }, 403],
  ['nobody', { origin: 'null' }, 403],
  ['our own page', { 'sec-fetch-site': 'same-origin' }, 204],
  ['a program', {}, 204],
])('a message that comes from %s: %o → %i', async (_, headers, status) => {
  const cookie = await visit();
  expect((await post(cookie, { text: 'x' }, headers as Fields)).status).toBe(status);
});

test('our own origin is our own', async () => {
  expect((await post(await visit(), { text: 'x' }, { origin: url })).status).toBe(204);
});

test('a visitor who floods is told to wait; others are not', async () => {
  await restart({
    limits: {
      visitor: { perSecond: 0, burst: 2 },
      address: { perSecond: 0, burst: 100 },
      newcomers: { perSecond: 0, burst: 100 },
    },
  });
  const [one, other] = [await visit(), await visit()];
  const statuses = [];
  for (const cookie of [one, one, one, other]) statuses.push((await post(cookie, { text: 'x' })).status);
  expect(statuses).toEqual([204, 204, 429, 204]);
});

test('an address that only opens conversations is stopped', async () => {
  await restart({
    limits: {
      visitor: { perSecond: 0, burst: 100 },
      address: { perSecond: 0, burst: 100 },
      newcomers: { perSecond: 0, burst: 1 },
    },
  });
  const cookie = await visit();
  expect((await fetch(url, { headers: AS_A_FORM })).status).toBe(429);
  expect((await fetch(url, { headers: { cookie } })).status).toBe(200);
});

test('a defect is logged whole with the conversation and told as busy', async () => {
  const cookie = await visit();
  const defect = new Error('the table is gone');
  house.transcript = () => Promise.reject(defect);
  const page = await fetch(url, { headers: { cookie, ...AS_A_FORM } });
  expect(page.status).toBe(500);
  expect(await page.text()).not.toContain('table');
  expect(logged).toMatchObject([
    { err: defect, code: 'service/busy', conversationId: expect.stringContaining('of') as string },
  ]);
});

test('an unknown address is a page that leads back', async () => {
  const page = await fetch(`${url}/nowhere`, { headers: AS_A_FORM });
  expect(page.status).toBe(404);
  expect(await page.text()).toContain('href="/#latest"');
});

test.each([
  [() => Promise.resolve(true), 200],
  [() => Promise.resolve(false), 503],
  [() => Promise.reject(new Error('no database')), 503],
])('ready is what the house says: %s → %i; alive is alive', async (ready, status) => {
  await restart({ ready });
  expect((await fetch(`${url}/readyz`)).status).toBe(status);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('every page forbids inline styles, inline scripts, frames and other places', async () => {
  const policy = (await fetch(url)).headers.get('content-security-policy');
  expect(policy).toBe(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; " +
      "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
  expect(await (await fetch(url)).text()).not.toMatch(/ style=| on\w+=|<script>|<style/);
});

test('a first page weighs at most 40 KB on the wire, all in all', async () => {
  const page = await (await fetch(url)).text();
  const files = [...page.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map(([, file]) => file ?? '');
  expect(files).toHaveLength(4);
  const sizes = await Promise.all(['/', ...files].map((file) => bytesOnTheWire(file)));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(40 * 1024);
});

/** `fetch` unpacks what it gets, so the size is taken from the socket's side. */
async function bytesOnTheWire(file: string): Promise<number> {
  const { get } = await import('node:http');
  const body = await new Promise<Buffer>((resolve, reject) => {
    get(url + file, { headers: { 'accept-encoding': 'gzip' } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        resolve(Buffer.concat(chunks));
      });
    }).on('error', reject);
  });
  expect(gunzipSync(body).length).toBeGreaterThan(body.length);
  return body.length;
}

test('files are kept for ever under a name of their own', async () => {
  const file = /\/static\/[0-9a-f]{16}\.look\.css/.exec(await (await fetch(url)).text())?.[0] ?? '';
  const answer = await fetch(url + file);
  expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(answer.headers.get('content-type')).toBe('text/css; charset=utf-8');
  expect((await fetch(`${url}/static/0000000000000000.look.css`)).status).toBe(404);
});

test('large type is kept in a cookie and on the page', async () => {
  const cookie = await visit();
  const answer = await fetch(`${url}/view`, {
    method: 'POST',
    headers: { cookie },
    body: new URLSearchParams({ font: 'large' }),
    redirect: 'manual',
  });
  expect(answer.headers.get('set-cookie')).toContain('font=large');
  expect(await pageOf(`${cookie}; font=large`)).toContain('<html lang="zh-CN" data-font="large">');
});
