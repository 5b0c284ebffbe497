import { expect, test } from 'vitest';
import { checkSignature, type ReceivedCall } from './signature.ts';

const SENT_AT = Date.parse('2023-10-26T10:22:32Z');

// The worked example of the provider's page on signing.
const PUBLISHED: ReceivedCall = {
  method: 'POST',
  url: '/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai',
  headers: {
    host: 'ecs.cn-shanghai.aliyuncs.com',
    'x-acs-action': 'RunInstances',
    'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'x-acs-date': '2023-10-26T10:22:32Z',
    'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
    'x-acs-version': '2014-05-26',
    authorization:
      'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;' +
      'x-acs-signature-nonce;x-acs-version,' +
      'Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
  },
  body: '',
};

function check(change: Partial<ReceivedCall> & { header?: Record<string, string> } = {}, now = SENT_AT, seen = false) {
  const { header, ...rest } = change;
  const verdict = checkSignature(
    { ...PUBLISHED, ...rest, headers: { ...PUBLISHED.headers, ...header } },
    { accessKeyId: 'YourAccessKeyId', accessKeySecret: 'YourAccessKeySecret', now, firstUse: () => !seen },
  );
  return verdict.ok ? 'ok' : verdict.code;
}

const MINUTE_MS = 60_000;

test('the published example of the provider is taken', () => {
  expect(check()).toBe('ok');
});

test.each([
  ['15 minutes late', SENT_AT + 15 * MINUTE_MS, 'ok'],
  ['15 minutes early', SENT_AT - 15 * MINUTE_MS, 'ok'],
  ['a millisecond later than that', SENT_AT + 15 * MINUTE_MS + 1, 'InvalidTimeStamp.Expired'],
  ['a millisecond earlier than that', SENT_AT - 15 * MINUTE_MS - 1, 'InvalidTimeStamp.Expired'],
])('a call %s: %s', (_, now, verdict) => {
  expect(check({}, now)).toBe(verdict);
});

test.each([
  ['another query', { url: PUBLISHED.url.replace('shanghai', 'hangzhou') }, 'SignatureDoesNotMatch'],
  ['another action', { header: { 'x-acs-action': 'StopInstances' } }, 'SignatureDoesNotMatch'],
  ['a body that was not signed', { body: 'x' }, 'InvalidPayload'],
  [
    'another key',
    { header: { authorization: PUBLISHED.headers['authorization']!.toString().replace('YourAccessKeyId', 'x') } },
    'InvalidAccessKeyId.NotFound',
  ],
  ['no signature', { header: { authorization: '' } }, 'MissingAuthorization'],
  ['a date that is none', { header: { 'x-acs-date': 'today' } }, 'InvalidTimeStamp.Format'],
  [
    'the host left unsigned',
    { header: { authorization: PUBLISHED.headers['authorization']!.toString().replace('host;', '') } },
    'IncompleteSignature',
  ],
])('%s is refused: %s', (_, change, verdict) => {
  expect(check(change)).toBe(verdict);
});

test('a nonce counts once', () => {
  expect(check({}, SENT_AT, true)).toBe('SignatureNonceUsed');
});
