import path from 'node:path';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

const KEY = Buffer.alloc(32, 1).toString('base64');
const PRODUCTION = {
  MODE: 'production',
  PUBLIC_URL: 'https://xuqi.example.cn/',
  MASTER_KEY: KEY,
  BRIDGE_KEY: KEY,
  BRIDGE_KEY_NEXT: KEY,
  SMS_ENDPOINT: 'https://dysmsapi.aliyuncs.com',
  SMS_ACCESS_KEY_ID: 'id',
  SMS_ACCESS_KEY_SECRET: 'secret',
  SMS_SIGN_NAME: 'sign',
  SMS_TEMPLATE_CODE: 'SMS_1',
};

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

test('an evaluation needs nothing', () => {
  expect(readConfig({})).toMatchObject({
    mode: 'evaluation',
    dataDir: path.resolve('.data'),
    databaseUrl: undefined,
    host: '127.0.0.1',
    port: 3000,
    publicUrl: 'http://127.0.0.1:3000',
    clockOffsetMs: 0,
    sms: { endpoint: 'http://127.0.0.1:3001', accessKeyId: 'sandbox' },
    caSocket: path.resolve('.data/ca/ca.sock'),
  });
});

test('an empty value counts as none', () => {
  expect(readConfig({ PORT: '', MASTER_KEY: '' })).toMatchObject({ port: 3000, masterKey: undefined });
});

test('all faults are told at once', () => {
  const faults = faultsOf({
    MODE: 'demo',
    PORT: 'many',
    DATABASE_URL: 'mysql://x',
    CLOCK_OFFSET: 'soon',
    MASTER_KEY: 'x',
  });
  expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
    'MODE',
    'DATABASE_URL',
    'PORT',
    'CLOCK_OFFSET',
    'MASTER_KEY',
  ]);
});

test('production with everything starts', () => {
  expect(readConfig(PRODUCTION)).toMatchObject({ mode: 'production', publicUrl: 'https://xuqi.example.cn' });
});

test('production with nothing names everything that is missing', () => {
  expect(faultsOf({ MODE: 'production' })).toEqual(
    Object.keys(PRODUCTION)
      .slice(1)
      .map((name) => `${name} is missing.`),
  );
});

test.each([
  [{ PUBLIC_URL: 'http://xuqi.example.cn' }, 'PUBLIC_URL must be an https address.'],
  [{ SMS_ENDPOINT: 'https://localhost:3001' }, 'SMS_ENDPOINT names this machine; that is for evaluations only.'],
  [{ SMS_ENDPOINT: 'https://[::1]:3001' }, 'SMS_ENDPOINT names this machine; that is for evaluations only.'],
  [{ CLOCK_OFFSET: 'P1D' }, 'CLOCK_OFFSET is for evaluations only.'],
])('production refuses %o', (change, fault) => {
  expect(faultsOf({ ...PRODUCTION, ...change })).toEqual([fault]);
});

test('one bridge key without the other is a fault', () => {
  expect(faultsOf({ BRIDGE_KEY: KEY })).toHaveLength(1);
});

test('.env.example names every variable of production', () => {
  const example = readFileSync('.env.example', 'utf8');
  for (const name of Object.keys(PRODUCTION)) expect(example).toMatch(new RegExp(`^#?${name}=`, 'm'));
});
