/**
 * Signs a call to an Alibaba Cloud OpenAPI of RPC style: ACS3-HMAC-SHA256, all parameters in the query, empty body.
 *
 * https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
 */
import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

export interface RpcCall {
  /** With the port where it is not the scheme's own, as it goes into the Host header. */
  readonly host: string;
  readonly action: string;
  readonly version: string;
  readonly query: Readonly<Record<string, string>>;
  /** ISO 8601 in UTC without fractions, at most 15 minutes off the provider's clock. */
  readonly date: string;
  /** Never used twice. */
  readonly nonce: string;
}

const ALGORITHM = 'ACS3-HMAC-SHA256';
const EMPTY_BODY_SHA256 = createHash('sha256').digest('hex');

/** The query as it is signed, and therefore as it must be sent: sorted by name, RFC 3986 encoding. */
export function canonicalQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

/** The headers that make a POST of `/?<canonicalQuery>` a signed call. `host` is left to the HTTP client. */
export function signedHeaders(call: RpcCall, credentials: Credentials): Record<string, string> {
  const headers = {
    host: call.host,
    'x-acs-action': call.action,
    'x-acs-content-sha256': EMPTY_BODY_SHA256,
    'x-acs-date': call.date,
    'x-acs-signature-nonce': call.nonce,
    'x-acs-version': call.version,
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['POST', '/', canonicalQuery(call.query), lines.join(''), names, EMPTY_BODY_SHA256].join('\n');
  const toSign = `${ALGORITHM}\n${createHash('sha256').update(canonical).digest('hex')}`;
  const signature = createHmac('sha256', credentials.accessKeySecret).update(toSign).digest('hex');
  const { host: _, ...sent } = headers;
  return {
    ...sent,
    authorization: `${ALGORITHM} Credential=${credentials.accessKeyId},SignedHeaders=${names},Signature=${signature}`,
  };
}

/** `encodeURIComponent` leaves `!'()*` alone; RFC 3986 does not. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
