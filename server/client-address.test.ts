import { expect, test } from 'vitest';
import { clientAddress } from './client-address.ts';

test.each([
  { from: '203.0.113.7', forwarded: undefined, counts: '203.0.113.7' },
  { from: '203.0.113.7', forwarded: '198.51.100.1', counts: '203.0.113.7' },
  { from: '127.0.0.1', forwarded: undefined, counts: '127.0.0.1' },
  { from: '127.0.0.1', forwarded: '198.51.100.1', counts: '198.51.100.1' },
  { from: '::1', forwarded: '10.0.0.9, 198.51.100.1', counts: '198.51.100.1' },
  { from: '::ffff:127.0.0.1', forwarded: '198.51.100.1', counts: '198.51.100.1' },
  { from: '::ffff:203.0.113.7', forwarded: undefined, counts: '203.0.113.7' },
  { from: '2001:db8:1:2:3:4:5:6', forwarded: undefined, counts: '2001:db8:1:2' },
  { from: '2001:DB8:1:2::9', forwarded: undefined, counts: '2001:db8:1:2' },
  { from: '2001:db8::1', forwarded: undefined, counts: '2001:db8:0:0' },
  { from: '127.0.0.1', forwarded: '2001:0db8:0:7::1', counts: '2001:db8:0:7' },
])('a request of $from, forwarded for $forwarded, counts for $counts', ({ from, forwarded, counts }) => {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  expect(clientAddress({ socket: { remoteAddress: from }, headers })).toBe(counts);
});
