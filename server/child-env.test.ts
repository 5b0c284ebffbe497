import { afterEach, expect, test, vi } from 'vitest';
import { childEnv } from './child-env.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a program gets no key of ours unless it is named', () => {
  vi.stubEnv('MASTER_KEY', 'secret');
  vi.stubEnv('CA_PASSPHRASE', 'secret');
  vi.stubEnv('TZ', 'Asia/Shanghai');
  expect(childEnv()).not.toHaveProperty('MASTER_KEY');
  expect(childEnv()).toMatchObject({ TZ: 'Asia/Shanghai' });
  expect(childEnv(['CA_PASSPHRASE'])).toMatchObject({ CA_PASSPHRASE: 'secret' });
  expect(childEnv(['NOT_SET'])).not.toHaveProperty('NOT_SET');
});
