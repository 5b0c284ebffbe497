/**
 * Whom a request counts for where limits are per network address: the address of who connected, or, behind a reverse
 * proxy on this machine, the one that the proxy saw. Of IPv6 it is the /64 network, which one customer has to himself.
 */
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/** @returns an IPv4 address, or the first four groups of an IPv6 one */
export function clientAddress({
  socket,
  headers,
}: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } }): string {
  const direct = plain(socket.remoteAddress ?? '');
  if (!isLoopback(direct)) return network(direct);
  // a proxy appends whom it saw; what stands before that anybody may have written
  const seen = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return network(seen ? plain(seen) : direct);
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** IPv4 as it stands inside IPv6 on a dual socket (RFC 4291 §2.5.5.2). */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function network(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}
