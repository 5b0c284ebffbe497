import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aliyunSms } from '../../server/providers/sms/aliyun.ts';
import { AnswerLost } from '../../server/providers/sms/port.ts';
import { createSandbox } from '../sandbox.ts';

const NOON = Date.parse('2026-05-20T12:00:00+08:00');
const MOBILE = '13800006027';
const KEYS = { accessKeyId: 'test-key', accessKeySecret: 'test-secret' };
const MINUTE_MS = 60_000;

let folder: string;
let server: Server;
let url: string;
let now: number;

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sandbox-'));
  now = NOON;
  await start();
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

async function start() {
  const app = createSandbox({ dataDir: folder, chatUrl: 'http://127.0.0.1:3000', ...KEYS, now: () => now });
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

function client(change: Partial<Parameters<typeof aliyunSms>[0]> = {}) {
  return aliyunSms({ endpoint: url, ...KEYS, signName: '续期', templateCode: 'SMS_1', now: () => now, ...change });
}

const send = (requestId = 'sms/1', mobile = MOBILE) => client().send({ mobile, code: '604218', requestId });
const ask = (requestId = 'sms/1') => client().ask({ mobile: MOBILE, requestId, wantedAt: now });

async function script(body: object) {
  const answer = await fetch(`${url}/control/sms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(204);
}

async function messages(): Promise<{ text: string; code: string; mobile: string }[]> {
  const answer = (await (await fetch(`${url}/control/sms`)).json()) as { messages: [] };
  return answer.messages;
}

test('a signed SendSms is a message on the phone, and the code stands on the page', async () => {
  expect((await send()).messageId).not.toBe('');
  expect(await messages()).toMatchObject([{ mobile: MOBILE, code: '604218' }]);
  expect(await (await fetch(url)).text()).toContain('604218');
});

test('a restarted sandbox still has its messages', async () => {
  await send();
  await stop();
  await start();
  expect(await messages()).toHaveLength(1);
});

test.each([
  ['another secret', { accessKeySecret: 'other' }],
  ['another key', { accessKeyId: 'other' }],
  ['a clock 16 minutes off', { now: () => now - 16 * MINUTE_MS }],
])('a call with %s is refused and nothing is sent', async (_, change) => {
  await expect(client(change).send({ mobile: MOBILE, code: '604218', requestId: 'x' })).rejects.toMatchObject({
    code: 'sms/refused',
  });
  expect(await messages()).toEqual([]);
});

test('a number gets one message a minute, five an hour, ten a day; the carrier says when that is used up', async () => {
  const outcomes: string[] = [];
  const sendAfter = async (ms: number) => {
    now += ms;
    outcomes.push(
      await send().then(
        () => 'sent',
        (error: unknown) => (error as { code: string }).code,
      ),
    );
  };
  await sendAfter(0);
  await sendAfter(MINUTE_MS - 1);
  for (let i = 0; i < 5; i++) await sendAfter(MINUTE_MS);
  expect(outcomes).toEqual(['sent', 'code/too-many', 'sent', 'sent', 'sent', 'sent', 'code/too-many']);
  for (let i = 0; i < 6; i++) await sendAfter(60 * MINUTE_MS);
  expect(outcomes.slice(7)).toEqual(['sent', 'sent', 'sent', 'sent', 'sent', 'code/too-many']);
});

test('limits of one number are no other number’s limits', async () => {
  await send('sms/1');
  await send('sms/2', '13900001111');
  expect(await messages()).toHaveLength(2);
});

test.each([
  ['isv.BUSINESS_LIMIT_CONTROL', { code: 'code/too-many' }],
  ['isv.MOBILE_NUMBER_ILLEGAL', { code: 'mobile/not-a-mobile' }],
  ['isv.ACCOUNT_ABNORMAL', { code: 'sms/refused' }],
  ['Throttling.User', { code: 'sms/unreachable' }],
  ['isp.SYSTEM_ERROR', { name: 'AnswerLost' }],
])('the provider’s %s is our %o', async (code, error) => {
  await script({ manners: [{ kind: 'refuse', code }] });
  await expect(send()).rejects.toMatchObject(error);
});

test('an answer that got lost is not known to be sent, and asking finds the message', async () => {
  await script({ manners: [{ kind: 'drop-answer' }] });
  await expect(send()).rejects.toBeInstanceOf(AnswerLost);
  expect(await ask()).toBe('accepted');
  expect(await ask('sms/another')).toBe('unseen');
});

test('a message from before midnight is found after midnight', async () => {
  now = Date.parse('2026-05-20T23:59:59+08:00');
  const wantedAt = now;
  await send();
  now += 2_000;
  expect(await client().ask({ mobile: MOBILE, requestId: 'sms/1', wantedAt })).toBe('accepted');
});

test('a call that was not taken is as lost as one whose answer was dropped, and nothing is found', async () => {
  await script({ manners: [{ kind: 'drop-call' }] });
  await expect(send()).rejects.toBeInstanceOf(AnswerLost);
  expect(await ask()).toBe('unseen');
});

test('a provider that cannot be reached has surely sent nothing', async () => {
  await stop();
  await expect(send()).rejects.toMatchObject({ code: 'sms/unreachable' });
  await expect(ask()).rejects.toMatchObject({ code: 'sms/unreachable' });
  await start();
});

test('one behaviour is for one message', async () => {
  await script({ manners: [{ kind: 'refuse', code: 'isv.ACCOUNT_ABNORMAL' }] });
  await expect(send()).rejects.toMatchObject({ code: 'sms/refused' });
  expect((await send()).messageId).not.toBe('');
});
