/**
 * S4: the new end is a year after the old end or after the issuance, whichever is later, the day clamped (domain §7.2,
 * §1.8). Promised in the details card, and on the certificate that lies on the key in the end.
 */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addYears, shanghaiDate } from '../../renewal/calendar.ts';
import { PIN, Product } from './product.ts';
import { renew } from './renewal.ts';

const CASES = [
  { name: 'a', unit: '甲示例建设有限公司', end: '2026-06-15', now: '2026-05-20T10:00:00+08:00', anew: '2027-06-15' },
  { name: 'b', unit: '乙示例建设有限公司', end: '2026-06-15', now: '2026-09-01T10:00:00+08:00', anew: '2027-09-01' },
  { name: 'd', unit: '丁示例建设有限公司', end: '2027-02-28', now: '2027-02-10T10:00:00+08:00', anew: '2028-02-28' },
  { name: 'c', unit: '丙示例建设有限公司', end: '2028-02-29', now: '2028-02-10T10:00:00+08:00', anew: '2029-02-28' },
  { name: 'e', unit: '戊示例建设有限公司', end: '2027-12-01', now: '2028-02-29T10:00:00+08:00', anew: '2029-02-28' },
] as const;
const TOKEN = 'JOURNEY-S4';
const endOf = (day: string) => Date.parse(`${day}T23:59:59+08:00`);

describe.each(CASES)('S4 $name) ends $end, renewed $now', ({ name, unit, end, now, anew }) => {
  let product: Product;
  beforeAll(() => {
    const notAfter = new Date(endOf(end)).toISOString();
    const notBefore = new Date(endOf(end) - 365 * 86_400_000).toISOString();
    product = new Product([{ name, unit, uscc: '91371400MA3XQ01D7Q', notBefore, notAfter, token: TOKEN }]);
  });
  afterAll(() => product.dispose());

  test('the new end is promised, told in the end, and on the certificate', async () => {
    await product.runAt(now);
    const told = await renew(product, unit);
    expect(told).toEqual({ promised: anew, done: anew, messages: 6 });

    const [old, renewed, ...more] = certificatesOn(product);
    expect(more).toEqual([]);
    const issued = Date.parse(renewed!.validFrom);
    expect(shanghaiDate(issued)).toBe(now.slice(0, 10));
    expect(Date.parse(renewed!.validTo)).toBe(addYears(Math.max(Date.parse(old!.validTo), issued), 1));
    expect(Date.parse(old!.validTo)).toBe(endOf(end));
    expect(shanghaiDate(Date.parse(renewed!.validTo))).toBe(anew);
    expect(renewed!.subject).toBe(old!.subject);
  });
});

/** Read with OpenSC, the earlier end first. */
function certificatesOn(product: Product): X509Certificate[] {
  const demo = JSON.parse(readFileSync(path.join(product.folder, 'demo.json'), 'utf8')) as {
    driver: { module: string; env: Record<string, string> };
  };
  const tool = (...args: string[]) =>
    execFileSync('pkcs11-tool', ['--module', demo.driver.module, '--token-label', TOKEN, ...args], {
      env: { ...process.env, ...demo.driver.env },
      encoding: 'utf8',
      stdio: 'pipe',
    });
  const objects = tool('--login', '--pin', PIN, '--list-objects', '--type', 'cert');
  const folder = mkdtempSync(path.join(tmpdir(), 'certificates-'));
  try {
    return [...objects.matchAll(/ID: +([0-9a-f]+)/g)]
      .map(([, id = '']) => {
        const file = path.join(folder, id);
        tool('--read-object', '--type', 'cert', '--id', id, '--output-file', file);
        return new X509Certificate(readFileSync(file));
      })
      .sort((a, b) => Date.parse(a.validTo) - Date.parse(b.validTo));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
