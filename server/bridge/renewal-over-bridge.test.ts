/** A whole renewal as the server sees it: from the code to the proof by use, over a real WebSocket. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  proofBytes,
  verifyBytes,
  type Args,
  type CommandFrame,
  type RenewalProof,
} from '../../bridge-agent/protocol.ts';
import { shanghaiDate } from '../../renewal/calendar.ts';
import { openBridgeHouse, type BridgeHouse, type Customer } from '../../tests/bridge-house.ts';
import type { ScriptedAgent } from '../../tests/scripted-agent.ts';
import { softKey, type SoftKey } from '../../tests/soft-key.ts';
import { sha256Hex } from '../pki/public-key.ts';

const TOKEN = {
  label: 'UKEY',
  model: 'M1',
  serialTail: '0427',
  algorithm: 'P-256',
  pin: 'ok',
  certificates: 1,
} as const;

let house: BridgeHouse;
beforeAll(async () => {
  house = await openBridgeHouse();
});
afterAll(() => house.close());

function argsOf<N extends 'renew.csr' | 'renew.write' | 'renew.verify'>(command: CommandFrame): Args<N> {
  return command.args as Args<N>;
}

async function look(who: Customer, agent: ScriptedAgent): Promise<void> {
  const { cmdId } = await agent.command('cert.read');
  agent.result(cmdId, { ok: true, data: { token: TOKEN, certificate: who.certificate.der.toString('base64') } });
  await until(async () => (await house.readCase(who.caseId)).look.kind === 'seen');
}

interface Request {
  readonly csr: string;
  readonly proof: string;
  readonly proofSignature: string;
}

function requestFor(
  who: Customer,
  args: Args<'renew.csr'>,
  fresh: SoftKey,
  changes: Partial<RenewalProof> = {},
): Request {
  const bytes = proofBytes({
    caseId: args.caseId,
    serverId: args.serverId,
    nonce: args.nonce,
    oldCertificateSha256: args.certificateSha256,
    newSpkiSha256: fresh.spkiSha256,
    promisedDay: args.promisedDay,
    expiresAt: args.proofExpiresAt,
    ...changes,
  });
  return {
    csr: fresh.csr(who.certificate.subject).toString('base64'),
    proof: bytes.toString('base64'),
    proofSignature: who.key.sign(bytes).toString('base64'),
  };
}

/** Up to the request for the CSR. */
async function consented(who: Customer) {
  const { agent, linkId } = await house.joined(who);
  await look(who, agent);
  const { txnId, nonce } = await house.confirmDetails(who);
  const begin = await agent.command('renew.begin');
  agent.result(begin.cmdId, { ok: true, data: { consentedAt: house.now() } });
  const csr = await agent.command('renew.csr');
  return { agent, linkId, txnId, nonce, begin, csr, args: argsOf<'renew.csr'>(csr) };
}

/** Up to the certificate that is to be written. */
async function issued(who: Customer, fresh = softKey()) {
  const started = await consented(who);
  started.agent.result(started.csr.cmdId, { ok: true, data: requestFor(who, started.args, fresh) });
  expect(await started.agent.next('notice')).toEqual({ t: 'notice', text: 'waiting-for-ca' });
  await house.carryOut('issue');
  const write = await started.agent.command('renew.write');
  return { ...started, fresh, write };
}

test('from the code to 验证通过', async () => {
  const who = await house.customer();
  const { agent, txnId, fresh, write, begin } = await issued(who);
  const promisedDay = shanghaiDate((await house.readCase(who.caseId)).certificate.notAfter).replace(/^\d+/, (y) =>
    String(+y + 1),
  );
  expect(begin.args).toEqual({
    certificateSha256: who.certificate.sha256,
    txnId,
    caseId: who.caseId,
    unit: 'Unit',
    askedBy: '138****6027',
    oldEndDay: shanghaiDate(who.certificate.notAfter),
    promisedDay,
  });
  const { certificate, issuers } = argsOf<'renew.write'>(write);
  expect(issuers).toEqual([house.root.der.toString('base64')]);
  const sha256 = sha256Hex(Buffer.from(certificate, 'base64'));
  expect(await agent.next('notice')).toMatchObject({ text: 'issued', day: promisedDay });
  agent.result(write.cmdId, { ok: true, data: { sha256 } });

  const verify = await agent.command('renew.verify');
  const { nonce } = argsOf<'renew.verify'>(verify);
  const signature = fresh.sign(verifyBytes(txnId, nonce, sha256)).toString('base64');
  agent.result(verify.cmdId, { ok: true, data: { certificate, signature, oldObjects: true, tokenSerialTail: '0427' } });
  expect(await agent.next('notice')).toMatchObject({ text: 'verified', day: promisedDay });

  await house.carryOut('confirm');
  const { verifying, issuance } = await house.readCase(who.caseId);
  expect(verifying).toMatchObject({ kind: 'verified', checks: { testSignature: true, tokenSerialTail: '0427' } });
  if (issuance.kind !== 'issued') throw new Error(issuance.kind);
  const row = await house.db.certificate.findUniqueOrThrow({ where: { sha256 }, include: { replaces: true } });
  expect(row).toMatchObject({ serial: issuance.serial, status: 'good', replaces: { sha256: who.certificate.sha256 } });
  expect((await house.effect(verify.cmdId)).state).toBe('done');
});

test('the computer may change at any step: what is open goes to the one that joined last', async () => {
  const who = await house.customer();
  const first = await consented(who);
  const second = await house.joined(who);
  expect(await first.agent.next('close')).toEqual({ t: 'close', reason: 'link/replaced' });
  const again = await second.agent.command('renew.csr');
  expect(again.cmdId).toBe(first.csr.cmdId);
  second.agent.result(again.cmdId, { ok: true, data: requestFor(who, argsOf<'renew.csr'>(again), softKey()) });
  await second.agent.next('notice');
});

test('a lost connection: the same command, the same id, until there is a result', async () => {
  const who = await house.customer();
  const { agent, linkId } = await house.joined(who);
  const asked = await agent.command('cert.read');
  await agent.vanish();
  const back = await house.agent(agent.deviceKey);
  back.resume(linkId);
  await back.next('linked');
  const again = await back.command('cert.read');
  expect(again.cmdId).toBe(asked.cmdId);
  back.result(again.cmdId, { ok: true, data: { token: TOKEN, certificate: who.certificate.der.toString('base64') } });
  await until(async () => (await house.effect(asked.cmdId)).state === 'done');
  // a second answer to the same command changes nothing
  back.result(again.cmdId, { ok: false, code: 'token/removed' });
  await house.confirmDetails(who);
  await back.command('renew.begin');
  expect((await house.readCase(who.caseId)).look.kind).toBe('seen');
});

test('a hint that was lost costs a moment: sweeping finds what is open', async () => {
  const who = await house.customer();
  const { agent } = await house.joined(who);
  await look(who, agent);
  const at = new Date(house.now());
  const theCase = await house.readCase(who.caseId);
  const look2 = {
    key: 'bridge/lost/cert.read/9',
    type: 'bridge/cert.read',
    caseId: who.caseId,
    createdAt: at,
    nextAt: at,
  };
  const linkId = theCase.computer === 'none' ? '' : theCase.computer.linkId;
  const asked = { ...theCase, look: { kind: 'asked', linkId } };
  const state = JSON.parse(JSON.stringify(asked)) as object;
  await house.db.renewalCase.update({ where: { id: who.caseId }, data: { state } });
  const body = { ...look2, linkId, certificateSha256: who.certificate.sha256 };
  await house.db.effect.create({ data: { ...look2, state: 'wanted', body } });
  await house.bridge.sweep();
  expect((await agent.command('cert.read')).cmdId).toBe(look2.key);
});

test('a case that was cancelled: nothing more is sent, and the agent is let go', async () => {
  const who = await house.customer();
  const { agent } = await house.joined(who);
  await look(who, agent);
  await house.confirmDetails(who);
  const begin = await agent.command('renew.begin');
  await house.command(who.caseId, { type: 'cancel-case' });
  await house.bridge.sweep();
  expect(await agent.next('close')).toEqual({ t: 'close', reason: 'case/ended' });
  expect(await agent.closed).toBe(1000);
  expect((await house.effect(begin.cmdId)).state).toBe('failed');
});

describe('what a look may find', () => {
  test('another certificate is not the one of the case', async () => {
    const who = await house.customer();
    const { agent } = await house.joined(who);
    const { cmdId } = await agent.command('cert.read');
    agent.result(cmdId, { ok: true, data: { token: TOKEN, certificate: house.root.der.toString('base64') } });
    await until(async () => (await house.readCase(who.caseId)).look.kind === 'failed');
    expect((await house.readCase(who.caseId)).look).toMatchObject({ problem: 'token/other-certificate' });
  });

  test.each([
    { told: 'token/none', kept: 'token/none' },
    { told: 'pin/locked', kept: 'pin/locked' },
    { told: 'ca/rejected', kept: 'token/driver-failed' },
    { told: 'token/no-such-thing', kept: 'token/driver-failed' },
    { told: 'constructor/x', kept: 'token/driver-failed' },
  ])('an agent that says $told is kept as $kept', async ({ told, kept }) => {
    const who = await house.customer();
    const { agent } = await house.joined(who);
    const { cmdId } = await agent.command('cert.read');
    agent.result(cmdId, { ok: false, code: told });
    await until(async () => (await house.readCase(who.caseId)).look.kind === 'failed');
    expect((await house.readCase(who.caseId)).look).toMatchObject({ problem: kept });
  });

  test('a result that is not of the command is a driver that failed', async () => {
    const who = await house.customer();
    const { agent } = await house.joined(who);
    const { cmdId } = await agent.command('cert.read');
    agent.result(cmdId, { ok: true, data: { token: { ...TOKEN, pinCode: '1234' }, certificate: '' } });
    await until(async () => (await house.readCase(who.caseId)).look.kind === 'failed');
    expect((await house.readCase(who.caseId)).look).toMatchObject({ problem: 'token/driver-failed' });
  });
});

describe('what stops a key that was made from being certified', () => {
  type Forgery = (who: Customer, args: Args<'renew.csr'>) => Request | Promise<Request>;
  const forgeries: [string, string, Forgery][] = [
    ['a proof by another key', 'proof/invalid', (who, args) => requestFor({ ...who, key: softKey() }, args, softKey())],
    [
      'the proof for another case',
      'proof/invalid',
      (who, args) => requestFor(who, args, softKey(), { caseId: crypto.randomUUID() }),
    ],
    [
      'the proof for another server',
      'proof/invalid',
      (who, args) => requestFor(who, args, softKey(), { serverId: '00'.repeat(8) }),
    ],
    [
      'the proof of another attempt',
      'proof/invalid',
      (who, args) => requestFor(who, args, softKey(), { nonce: '00'.repeat(32) }),
    ],
    [
      'the proof for another day',
      'proof/invalid',
      (who, args) => requestFor(who, args, softKey(), { promisedDay: '2020-01-01' }),
    ],
    [
      'the proof for another key',
      'proof/invalid',
      (who, args) => requestFor(who, args, softKey(), { newSpkiSha256: '00'.repeat(32) }),
    ],
    [
      'a proof that has expired',
      'proof/expired',
      (who, args) => requestFor(who, args, softKey(), { expiresAt: house.now() - 1 }),
    ],
    [
      'a proof that lasts too long',
      'proof/invalid',
      (who, args) => requestFor(who, args, softKey(), { expiresAt: args.proofExpiresAt + 600_000 }),
    ],
    ['the old key once more', 'csr/invalid', (who, args) => requestFor(who, args, who.key)],
    [
      'another subject',
      'csr/invalid',
      (who, args) => ({
        ...requestFor(who, args, softKey()),
        csr: softKey().csr(house.root.subject).toString('base64'),
      }),
    ],
    ['a CSR that is none', 'csr/invalid', (who, args) => ({ ...requestFor(who, args, softKey()), csr: 'AAAA' })],
    [
      'proof bytes that are none',
      'proof/invalid',
      (who, args) => ({ ...requestFor(who, args, softKey()), proof: 'AAAA' }),
    ],
    [
      'a certificate that was revoked meanwhile',
      'certificate/revoked',
      async (who, args) => {
        await house.db.certificate.update({ where: { sha256: who.certificate.sha256 }, data: { status: 'revoked' } });
        return requestFor(who, args, softKey());
      },
    ],
    [
      'a certificate of another CA',
      'proof/invalid',
      async (who, args) => {
        const der = new Uint8Array(house.root.der);
        await house.db.certificate.update({ where: { sha256: who.certificate.sha256 }, data: { der } });
        return requestFor(who, args, softKey());
      },
    ],
  ];
  test.each(forgeries)('%s: %s', async (_, problem, forge) => {
    const who = await house.customer();
    const { agent, csr, args } = await consented(who);
    agent.result(csr.cmdId, { ok: true, data: await forge(who, args) });
    await until(async () => (await house.readCase(who.caseId)).rekey.kind === 'stopped');
    const { rekey, issuance } = await house.readCase(who.caseId);
    expect(rekey).toMatchObject({ problem });
    expect(issuance.kind).toBe('none');
  });

  test('nothing, when the certificate has long expired: its key proves all the same', async () => {
    const who = await house.customer(-100);
    const { write } = await issued(who);
    expect(write.name).toBe('renew.write');
  });
});

describe('what is no verification', () => {
  test.each([
    { what: 'a signature by another key', problem: 'verify/failed' },
    { what: 'another certificate', problem: 'verify/failed' },
    { what: 'old objects that are gone', problem: 'token/changed-outside' },
    { what: 'a signature over another nonce', problem: 'verify/failed' },
  ])('$what: $problem', async ({ what, problem }) => {
    const who = await house.customer();
    const { agent, txnId, fresh, write } = await issued(who);
    const { certificate } = argsOf<'renew.write'>(write);
    const sha256 = sha256Hex(Buffer.from(certificate, 'base64'));
    agent.result(write.cmdId, { ok: true, data: { sha256 } });
    const verify = await agent.command('renew.verify');
    const asked = what === 'a signature over another nonce' ? '00'.repeat(32) : argsOf<'renew.verify'>(verify).nonce;
    const signer = what === 'a signature by another key' ? softKey() : fresh;
    const data = {
      certificate: what === 'another certificate' ? house.root.der.toString('base64') : certificate,
      signature: signer.sign(verifyBytes(txnId, asked, sha256)).toString('base64'),
      oldObjects: what !== 'old objects that are gone',
      tokenSerialTail: '0427',
    };
    agent.result(verify.cmdId, { ok: true, data });
    await until(async () => (await house.readCase(who.caseId)).verifying.kind === 'failed');
    expect((await house.readCase(who.caseId)).verifying).toMatchObject({ problem });
  });
});

test('another certificate than the issued one was not written', async () => {
  const who = await house.customer();
  const { agent, write } = await issued(who);
  agent.result(write.cmdId, { ok: true, data: { sha256: '00'.repeat(32) } });
  await until(async () => (await house.readCase(who.caseId)).writing.kind === 'failed');
});

/** Asks the tables until it is so; the test's own time limit ends a wait in vain. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
