import { randomUUID } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Name } from '@peculiar/asn1-x509';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newEnd } from '../../renewal/window.ts';
import { openBridgeHouse, type BridgeHouse, type Customer } from '../../tests/bridge-house.ts';
import { packedProof, softKey, type SoftKey } from '../../tests/soft-key.ts';
import { ProblemError } from '../../renewal/problem.ts';
import { issueLeaf, nameOf, drawSerial } from '../embedded-ca/issue-certificate.ts';
import type { CaAnswer, CertificateAuthority, CertificateOrder } from '../providers/ca/port.ts';
import { confirmHandler } from './confirm.ts';
import { createLog } from '../log.ts';
import { issueHandler } from './issue.ts';
import type { EffectHandler, EffectRow } from './port.ts';
import { revokeHandler } from './revoke.ts';

let house: BridgeHouse;
beforeAll(async () => {
  house = await openBridgeHouse();
});
afterAll(() => house.close());

function issueRow({ caseId, certificate, key }: Customer, fresh: SoftKey, changes: object = {}): EffectRow {
  const requestId = `issue/${fresh.spkiSha256}`;
  const proof = {
    caseId,
    serverId: house.keyId,
    nonce: '11'.repeat(32),
    oldCertificateSha256: certificate.sha256,
    newSpkiSha256: fresh.spkiSha256,
    promisedDay: '2000-01-01',
    expiresAt: Date.now(),
  };
  const body = {
    key: requestId,
    type: 'issue',
    requestId,
    spki: fresh.spkiSha256,
    csr: fresh.csr(certificate.subject).toString('base64'),
    proof: packedProof(proof, key),
    replacesSerial: certificate.serial,
    oldNotAfter: certificate.notAfter,
    years: 1,
    profile: 'organisation',
    ...changes,
  };
  return { key: requestId, type: 'issue', caseId, body, attempts: 1 };
}

const SILENT = createLog(undefined, 'silent');

/** The handler with this CA instead of the embedded one, for its bad manners. */
function issuing(changes: Partial<CertificateAuthority> = {}): EffectHandler {
  const { db, ca, root, now } = house;
  return issueHandler({ ca: { ...ca, ...changes }, db, pinned: [root], clock: { now, offsetMs: 0 }, log: SILENT });
}

const unreachable = () => Promise.reject(new ProblemError('ca/unreachable'));
const lost = () => Promise.reject(new Error('socket hang up'));

test('the certificate ends as promised, counted from the second of sending, and is in the registry once', async () => {
  const who = await house.customer();
  const fresh = softKey();
  const row = issueRow(who, fresh);
  const done = await issuing().send(row);
  if (done.kind !== 'done' || done.report?.type !== 'report-certificate-issued') throw new Error(done.kind);
  const { notBefore, notAfter, sha256, spki } = done.report;
  expect(notBefore % 1000).toBe(0);
  expect(notAfter).toBe(newEnd(who.certificate.notAfter, notBefore, 1));
  expect(spki).toBe(fresh.spkiSha256);
  expect(await issuing().send(row)).toEqual(done);
  expect(await issuing().ask(row)).toEqual(done);
  const found = await house.db.certificate.findMany({ where: { sha256 }, include: { replaces: true } });
  expect(found).toMatchObject([{ status: 'good', unit: 'Unit', replaces: { sha256: who.certificate.sha256 } }]);
});

test('a CA that is not there was not asked: later', async () => {
  const row = issueRow(await house.customer(), softKey());
  expect(await issuing({ request: unreachable }).send(row)).toMatchObject({ kind: 'later', problem: 'ca/unreachable' });
});

test('a lost answer is asked for, not sent again; the certificate that exists is taken', async () => {
  const row = issueRow(await house.customer(), softKey());
  async function answerLost(order: CertificateOrder): Promise<CaAnswer> {
    await house.ca.request(order);
    return lost();
  }
  const first = issuing({ request: answerLost });
  expect(await first.send(row)).toMatchObject({ kind: 'unknown' });
  expect(await issuing({ ask: lost }).ask(row)).toMatchObject({ kind: 'unknown' });
  expect(await issuing({ ask: unreachable }).ask(row)).toMatchObject({ kind: 'unknown' });
  // asking is enough: nothing is requested once more
  expect(await issuing({ request: lost }).ask(row)).toMatchObject({ kind: 'done' });
});

test('a request that never arrived is sent after asking', async () => {
  const row = issueRow(await house.customer(), softKey());
  expect(await issuing({ request: lost }).send(row)).toMatchObject({ kind: 'unknown' });
  expect(await issuing().ask(row)).toMatchObject({ kind: 'done' });
});

test('a CA that decides by people is asked again when it said', async () => {
  const row = issueRow(await house.customer(), softKey());
  const pending = () => Promise.resolve({ kind: 'pending', askAfterMs: 60_000 } as const);
  expect(await issuing({ request: pending }).send(row)).toMatchObject({ kind: 'unknown', pauseMs: 60_000 });
});

test('a refusal of the CA is final', async () => {
  const who = await house.customer();
  const row = issueRow(who, softKey(), { proof: packedProof({} as never, who.key) });
  expect(await issuing().send(row)).toMatchObject({
    kind: 'failed',
    problem: 'ca/rejected',
    report: { type: 'report-issue-rejected', requestId: row.key, problem: 'ca/rejected' },
  });
});

const YEAR_MS = 365 * 86_400_000;
test.each([
  { what: 'for another key', fault: 'key', change: () => ({ spki: softKey().spki }) },
  { what: 'of another subject', fault: 'subject', change: () => ({ subject: nameOf({ commonName: 'Somebody' }) }) },
  { what: 'that ends a second early', fault: 'end', change: (notAfter: number) => ({ notAfter: notAfter - 1000 }) },
  { what: 'that ends a year late', fault: 'end', change: (notAfter: number) => ({ notAfter: notAfter + YEAR_MS }) },
])('a certificate $what goes to the case with its fault, and is not registered', async ({ change, fault }) => {
  const who = await house.customer();
  const fresh = softKey();
  const before = await house.db.certificate.count();
  const forged = async ({ notBefore, notAfter }: CertificateOrder) => {
    const subject = AsnConvert.parse(who.certificate.subject, Name);
    const right = { notBefore, notAfter, spki: fresh.spki, subject };
    const asked = { ...right, ...change(notAfter) };
    return { kind: 'issued', certificate: issueLeaf(asked, drawSerial(), house.signer) } as const;
  };
  const row = issueRow(who, fresh);
  expect(await issuing({ request: forged }).send(row)).toMatchObject({
    kind: 'failed',
    problem: 'certificate/not-acceptable',
    report: { type: 'report-certificate-issued', faults: [fault] },
  });
  expect(await house.db.certificate.count()).toBe(before);
});

test('no certificate at all is not acceptable', async () => {
  const row = issueRow(await house.customer(), softKey());
  const nothing = () => Promise.resolve({ kind: 'issued', certificate: Buffer.from('x') } as const);
  expect(await issuing({ request: nothing }).send(row)).toMatchObject({ problem: 'certificate/not-acceptable' });
});

test('a fault of ours is a defect, and not called the silence of the CA', async () => {
  const row = { ...issueRow(await house.customer(), softKey()), caseId: randomUUID() };
  await expect(issuing().send(row)).rejects.toThrow('no case to issue for');
  await expect(issuing().ask(row)).rejects.toThrow('no case to issue for');
});

test('a certificate of an unknown CA is not acceptable', async () => {
  const row = issueRow(await house.customer(), softKey());
  const { db, ca, now } = house;
  const handler = issueHandler({ ca, db, pinned: [], clock: { now, offsetMs: 0 }, log: SILENT });
  expect(await handler.send(row)).toMatchObject({ problem: 'certificate/not-acceptable' });
});

test('revoking marks the registry; twice is once', async () => {
  const { certificate } = await house.customer();
  const handler = revokeHandler(house);
  const { serial } = certificate;
  const row = {
    key: `revoke/${serial}`,
    type: 'revoke',
    caseId: randomUUID(),
    body: { serial, reason: 'superseded' },
    attempts: 1,
  };
  const revoked = { kind: 'done', report: { type: 'report-certificate-revoked', serial } };
  expect(await handler.send(row)).toEqual(revoked);
  expect(await handler.ask(row)).toEqual(revoked);
  expect(await house.db.certificate.findFirst({ where: { serial } })).toMatchObject({ status: 'revoked' });
  const away = revokeHandler({ db: house.db, ca: { ...house.ca, revoke: unreachable } });
  expect(await away.send(row)).toMatchObject({ kind: 'later' });
});

test('confirming tells the CA; twice is once', async () => {
  const row = issueRow(await house.customer(), softKey());
  await issuing().send(row);
  const body = { requestId: row.key, serial: 'AB' };
  const confirm = { key: 'confirm/AB', type: 'confirm', caseId: row.caseId, body, attempts: 1 };
  const confirmed = { kind: 'done', report: { type: 'report-issuance-confirmed', serial: 'AB' } };
  expect(await confirmHandler(house).send(confirm)).toEqual(confirmed);
  expect(await confirmHandler(house).ask(confirm)).toEqual(confirmed);
  const away = confirmHandler({ ca: { ...house.ca, confirm: unreachable } });
  expect(await away.send(confirm)).toMatchObject({ kind: 'later' });
});
