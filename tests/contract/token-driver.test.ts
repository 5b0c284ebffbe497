/** What the agent relies on in every token driver (bridge-agent/token/port.ts), held against each of them. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TokenProcess } from '../../bridge-agent/token/process.ts';
import type { Algorithm } from '../../bridge-agent/token/port.ts';
import { TestAuthority } from './test-authority.ts';
import { PIN, sandboxRig, softHsmRig } from './token-rigs.ts';

const OLD = 'aa'.repeat(16);
const NEW = 'bb'.repeat(16);
const pin = (text = PIN) => Buffer.from(text);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe.each([softHsmRig(), sandboxRig()])('$name', (rig) => {
  let serial: string;
  let authority: TestAuthority;
  const open: TokenProcess[] = [];

  const driver = () => {
    const tokens = new TokenProcess(rig.driver);
    open.push(tokens);
    return tokens;
  };
  const loggedIn = async () => {
    const tokens = driver();
    await tokens.login(serial, pin());
    return tokens;
  };

  beforeAll(async () => {
    authority = await TestAuthority.create();
    serial = await rig.addToken('Contract');
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((tokens) => tokens.stop()));
  });

  test('lists initialised tokens only, by serial', async () => {
    const tokens = await driver().list();
    expect(tokens).toEqual([
      expect.objectContaining({ serial, label: 'Contract', pin: 'ok', writeProtected: false, ownPinPad: false }),
    ]);
    expect(tokens[0]?.makes).toEqual(['P-256', 'RSA-2048']);
  });

  test.each<Algorithm>(['P-256', 'RSA-2048'])(
    'a new %s pair is found again under its id by another process, and signs',
    async (algorithm) => {
      const id = sha256(Buffer.from(algorithm)).slice(0, 32);
      const making = await loggedIn();
      await making.generate(serial, { id, label: 'RENEW-2026-aaaa', algorithm });
      await making.stop();

      const using = await loggedIn();
      const keys = await using.keys(serial, id);
      expect(keys).toMatchObject({ privateKeys: 1, publicKeys: 1 });
      const spki = Buffer.from(keys.spki ?? '', 'base64');
      const data = Buffer.from('what is to be signed');
      const signature = await using.sign(serial, id, data);
      const publicKey = createPublicKey({ key: spki, type: 'spki', format: 'der' });
      expect(verify('sha256', data, publicKey, signature)).toBe(true);
      expect(verify('sha256', Buffer.from('other'), publicKey, signature)).toBe(false);
    },
  );

  test('a certificate is kept beside others, byte for byte, and read without a PIN', async () => {
    const tokens = await loggedIn();
    await tokens.generate(serial, { id: OLD, label: 'old', algorithm: 'P-256' });
    const spki = Buffer.from((await tokens.keys(serial, OLD)).spki ?? '', 'base64');
    const der = await authority.issue({ spki, notAfter: new Date('2027-03-01T00:00:00Z') });
    await tokens.writeCertificate(serial, { id: OLD, label: 'old', der });
    expect(await driver().certificates(serial)).toEqual([{ id: OLD, der: der.toString('base64') }]);
  });

  test('a snapshot names every object, and a new pair only adds to it', async () => {
    const tokens = await loggedIn();
    const before = await tokens.objects(serial);
    expect(
      before
        .filter((object) => object.id === OLD)
        .map((object) => object.class)
        .sort(),
    ).toEqual(['certificate', 'private-key', 'public-key']);
    await tokens.generate(serial, { id: NEW, label: 'new', algorithm: 'P-256' });
    const after = await tokens.objects(serial);
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after).toHaveLength(before.length + 2);
  });

  test('private keys are neither seen nor used before login', async () => {
    const tokens = driver();
    expect((await tokens.keys(serial, OLD)).privateKeys).toBe(0);
    await expect(tokens.sign(serial, OLD, Buffer.from('x'))).rejects.toMatchObject({ code: 'token/no-private-key' });
  });

  test('a wrong PIN is told with the tries it cost, a right one gives them back', async () => {
    const tokens = driver();
    await expect(tokens.login(serial, pin('00000000'))).rejects.toMatchObject({ code: 'pin/incorrect' });
    expect((await tokens.list())[0]?.pin).toBe('low');
    await tokens.login(serial, pin());
    await tokens.login(serial, pin());
    expect((await tokens.list())[0]?.pin).toBe('ok');
  });

  test('the PIN is gone from memory that we hold as soon as it is used', async () => {
    const right = pin();
    const wrong = pin('99999999');
    await driver().login(serial, right);
    await expect(driver().login(serial, wrong)).rejects.toMatchObject({ code: 'pin/incorrect' });
    expect([...right, ...wrong].every((octet) => octet === 0)).toBe(true);
  });

  test('nothing is made without login', async () => {
    const pair = { id: 'cc'.repeat(16), label: 'x', algorithm: 'P-256' } as const;
    await expect(driver().generate(serial, pair)).rejects.toMatchObject({ code: 'token/driver-failed' });
    expect(await driver().keys(serial, pair.id)).toEqual({ privateKeys: 0, publicKeys: 0 });
  });

  test('a token that is not there is removed, whatever is asked', async () => {
    await expect(driver().certificates('no-such-serial')).rejects.toMatchObject({ code: 'token/removed' });
  });
});
