import { expect, test } from 'vitest';
import { canonicalQuery, signedHeaders } from './acs3.ts';

// The worked example of the provider's page on signing (RunInstances, "YourAccessKeySecret").
test('the published example of the provider gives the published signature', () => {
  const headers = signedHeaders(
    {
      host: 'ecs.cn-shanghai.aliyuncs.com',
      action: 'RunInstances',
      version: '2014-05-26',
      query: { RegionId: 'cn-shanghai', ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd' },
      date: '2023-10-26T10:22:32Z',
      nonce: '3156853299f313e23d1673dc12e1703d',
    },
    { accessKeyId: 'YourAccessKeyId', accessKeySecret: 'YourAccessKeySecret' },
  );
  expect(headers['authorization']).toBe(
    'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;' +
      'x-acs-signature-nonce;x-acs-version,' +
      'Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
  );
});

test.each([
  [{ b: '2', a: '1 x' }, 'a=1%20x&b=2'],
  [{ a: "-_.~!'()*" }, 'a=-_.~%21%27%28%29%2A'],
  [{ a: '续期', Z: '+&=' }, 'Z=%2B%26%3D&a=%E7%BB%AD%E6%9C%9F'],
])('the query %o is signed sorted by code point and encoded by RFC 3986', (query, canonical) => {
  expect(canonicalQuery(query)).toBe(canonical);
});
