/** The sandbox page in a real browser: the phone shows what was sent, by itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { aliyunSms } from '../../server/providers/sms/aliyun.ts';
import { findings, openBrowser, serve, sidewaysScroll } from './browser.ts';

const KEYS = { accessKeyId: 'sandbox', accessKeySecret: 'sandbox-secret' };
const now = () => Date.parse('2026-05-20T09:12:00+08:00');
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-'));

let browser: Browser;
let sandbox: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  browser = await openBrowser();
  sandbox = await serve(createSandbox({ dataDir, chatUrl: 'http://127.0.0.1:3000/', ...KEYS, now }));
});
afterAll(async () => {
  await browser.close();
  await sandbox.close();
  rmSync(dataDir, { recursive: true });
});

const send = (code: string) =>
  aliyunSms({ endpoint: sandbox.url, ...KEYS, signName: '续期', templateCode: 'SMS_1', now }).send({
    mobile: '13800006027',
    code,
    requestId: 'sms/1',
  });

test('a code that is sent appears on the phone without a reload, and can be refused by a click', async () => {
  const page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
  await page.goto(sandbox.url);
  await send('604218');
  await page.getByRole('img', { name: '验证码 6 0 4 2 1 8' }).waitFor();
  expect({ found: await findings(page), sideways: await sidewaysScroll(page) }).toEqual({ found: [], sideways: 0 });

  await page.getByRole('button', { name: '拒绝' }).click();
  await page.getByText('下一条短信会被拒绝').waitFor();
  await expect(send('604219')).rejects.toMatchObject({ code: 'sms/refused' });
});
