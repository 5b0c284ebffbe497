/**
 * Checks the ACS3-HMAC-SHA256 signature of a call as the provider does; written from the provider's page on its own,
 * so that a mistake in the product's client is not repeated here.
 *
 * https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface ReceivedCall {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface SignatureRules {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Remembers a nonce. @returns false when it was seen before */
  readonly firstUse: (nonce: string) => boolean;
}

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };

const MAX_SKEW_MS = 15 * 60_000;
const SHAPE = /^ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/;
const MUST_BE_SIGNED = ['host', 'x-acs-action', 'x-acs-content-sha256', 'x-acs-date', 'x-acs-version'];

export function checkSignature(call: ReceivedCall, rules: SignatureRules): Verdict {
  const header = (name: string) => {
    const value = call.headers[name];
    return typeof value === 'string' ? value.trim() : '';
  };
  const [, keyId, names, signature] = SHAPE.exec(header('authorization')) ?? [];
  if (keyId === undefined || names === undefined || signature === undefined) {
    return no('MissingAuthorization', 'Authorization is not of the form ACS3-HMAC-SHA256.');
  }
  if (keyId !== rules.accessKeyId) return no('InvalidAccessKeyId.NotFound', 'Specified access key is not found.');
  const date = Date.parse(header('x-acs-date'));
  if (Number.isNaN(date)) return no('InvalidTimeStamp.Format', 'x-acs-date is not an ISO 8601 time.');
  if (Math.abs(date - rules.now) > MAX_SKEW_MS) {
    return no('InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.');
  }
  const signed = names.split(';');
  if (!MUST_BE_SIGNED.every((name) => signed.includes(name))) {
    return no('IncompleteSignature', 'A required header is not signed.');
  }
  const payload = sha256(call.body);
  if (payload !== header('x-acs-content-sha256')) return no('InvalidPayload', 'The hash of the body differs.');

  const [path = '/', query = ''] = call.url.split('?', 2);
  const canonical = [
    call.method,
    path,
    query.split('&').sort().join('&'),
    ...signed.map((name) => `${name}:${header(name)}`),
    '',
    names,
    payload,
  ].join('\n');
  const expected = createHmac('sha256', rules.accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest();
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) {
    return no('SignatureDoesNotMatch', 'Specified signature is not matched with our calculation.');
  }
  const nonce = header('x-acs-signature-nonce');
  if (nonce === '' || !rules.firstUse(nonce))
    return no('SignatureNonceUsed', 'Specified signature nonce was used already.');
  return { ok: true };
}

function no(code: string, message: string): Verdict {
  return { ok: false, code, message };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
