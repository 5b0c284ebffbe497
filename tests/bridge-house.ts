/**
 * A server's bridge end with everything it needs around it, for tests: a real database, the embedded CA, one customer
 * with a case and a software key. What the writer does for the bridge is done here with the core's own decisions.
 */
import { createPrivateKey, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Name } from '@peculiar/asn1-x509';
import { FIRST_TALK } from '../bot/talk.ts';
import { decide } from '../renewal/decide.ts';
import type { Instant } from '../renewal/calendar.ts';
import type { Case } from '../renewal/case.ts';
import type { CaseCommand } from '../renewal/commands.ts';
import { MANUAL_WINDOW, type Policy } from '../renewal/policy.ts';
import { promisedDay } from '../renewal/window.ts';
import { openBridge, type Bridge, type BridgeSettings } from '../server/bridge/bridge.ts';
import type { BridgeDependencies } from '../server/bridge/ports.ts';
import { serverKeys } from '../server/bridge/server-keys.ts';
import type { Database } from '../server/db.ts';
import { confirmHandler } from '../server/effects/confirm.ts';
import { issueHandler } from '../server/effects/issue.ts';
import type { EffectHandler } from '../server/effects/port.ts';
import { revokeHandler } from '../server/effects/revoke.ts';
import { openAuthority, type Authority } from '../server/embedded-ca/authority.ts';
import { createHints } from '../server/hints.ts';
import { createInbox } from '../server/inbox.ts';
import type { Signer } from '../server/embedded-ca/issue-certificate.ts';
import { createLinkCodes } from '../server/link-codes.ts';
import { createLog } from '../server/log.ts';
import { createVault } from '../server/personal/vault.ts';
import { readCertificate, type CertificateView } from '../server/pki/certificate.ts';
import { createWriter } from '../server/writer.ts';
import type { CertificateAuthority } from '../server/providers/ca/port.ts';
import { connectAgent, type ScriptedAgent } from './scripted-agent.ts';
import { softKey, type SoftKey } from './soft-key.ts';
import { freshDatabase } from './database.ts';

export const POLICY: Policy = {
  project: 'trial',
  version: 1,
  projectName: 'Trial',
  window: MANUAL_WINDOW,
  years: 1,
  sponsor: 'platform',
  bidGuard: 'off',
  caProfile: 'organisation',
  service: { hotline: '0534-0000000', hours: '9-17' },
  counter: { name: 'Counter', address: 'Street 1', papers: [] },
  rebindOn: [],
};

export interface Customer {
  readonly caseId: string;
  readonly conversationId: string;
  readonly key: SoftKey;
  readonly certificate: CertificateView;
}

export interface BridgeHouse {
  readonly db: Database;
  readonly bridge: Bridge;
  readonly authority: Authority;
  readonly ca: CertificateAuthority;
  readonly root: CertificateView;
  /** The CA's own key, for certificates that it would never issue. */
  readonly signer: Signer;
  readonly url: string;
  readonly keyId: string;
  readonly pinned: string;
  /** The customer goes on with the case elsewhere. @returns the other conversation's id */
  anotherBrowser(customer: Customer): Promise<string>;
  /** How often this conversation was asked to look again. */
  lookedAgain(conversationId: string): Promise<number>;
  readonly logged: { level: string; message: string }[];
  readonly now: () => Instant;
  pass(ms: number): void;
  /** A case whose certificate ends in so many days, at the question for a computer. */
  customer(endsInDays?: number): Promise<Customer>;
  linkCode(customer: Customer): Promise<string>;
  agent(deviceKey?: ScriptedAgent['deviceKey']): Promise<ScriptedAgent>;
  /** An agent that has joined the customer's case. */
  joined(customer: Customer): Promise<{ agent: ScriptedAgent; linkId: string }>;
  command(caseId: string, command: CaseCommand): Promise<void>;
  /** Details confirmed: the key making is asked for. */
  confirmDetails(customer: Customer): Promise<{ txnId: string; nonce: string }>;
  readCase(caseId: string): Promise<Case>;
  effect(key: string): Promise<{ state: string; problem: string | null }>;
  /** Carries out the open effects of this type. */
  carryOut(type: 'issue' | 'revoke' | 'confirm'): Promise<void>;
  close(): Promise<void>;
}

export async function openBridgeHouse(changes: Partial<BridgeSettings> = {}): Promise<BridgeHouse> {
  const store = await freshDatabase();
  const { db } = store;
  const folder = mkdtempSync(join(tmpdir(), 'bridge-'));
  const vault = createVault(randomBytes(32));
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  const clock = {
    now,
    get offsetMs() {
      return offsetMs;
    },
  };
  const issuer = { country: 'CN', organization: 'Trial', commonName: 'Trial CA' };
  const authority = openAuthority({ folder, now, issuer, backdatedYears: 10 });
  const root = readCertificate(authority.root);
  const ca: CertificateAuthority = {
    request: async (order) => authority.request(order),
    ask: async (requestId) => authority.ask(requestId),
    confirm: async (requestId) => authority.confirm(requestId),
    revoke: async (serial, reason) => authority.revoke(serial, reason),
  };
  const handlers: Readonly<Record<string, EffectHandler>> = {
    issue: issueHandler({ ca, db, clock, pinned: [root], log: createLog(undefined, 'silent') }),
    revoke: revokeHandler({ ca, db }),
    confirm: confirmHandler({ ca }),
  };
  const logged: { level: string; message: string }[] = [];
  const log = (level: string) => (_: object, message: string) => void logged.push({ level, message });
  const logs = { info: log('info'), warn: log('warn'), error: log('error') } as BridgeDependencies['log'];
  const hints = createHints(store.address, logs);
  const { tell } = hints;
  const { pool } = store;
  const writer = createWriter({ pool, tell, clock });
  const linkCodes = createLinkCodes({ db, vault, clock });
  const inbox = createInbox({ pool, vault, tell, clock });

  async function readCase(caseId: string): Promise<Case | undefined> {
    return (await writer.read({ commandId: '', caseId })).case?.state;
  }

  async function carryOutCommand(caseId: string, command: CaseCommand): Promise<void> {
    await writer.change({ commandId: randomUUID(), caseId }, (read) => {
      const decision = decide(read.case?.state, command, POLICY, read.now);
      if (decision.kind === 'refused') throw new Error(decision.problem);
      const { facts, work } = decision;
      return { kind: 'write', value: undefined, plan: { case: { id: caseId, facts, work } } };
    });
  }

  const deps: BridgeDependencies = {
    db,
    clock,
    log: logs,
    vault,
    inbox,
    hints,
    readCase,
    report: (...of) => writer.report(...of),
    useLinkCode: (...claim) => linkCodes.useLinkCode(...claim),
  };

  const keys = serverKeys(randomBytes(32), randomBytes(32));
  const bridge = openBridge(deps, { keys, pinned: [root], ...changes });
  const server = createServer();
  bridge.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/bridge`;
  await db.project.create({
    data: {
      id: POLICY.project,
      version: 1,
      policy: JSON.parse(JSON.stringify(POLICY)) as object,
    },
  });

  const house: BridgeHouse = {
    db,
    bridge,
    authority,
    ca,
    root,
    signer: {
      key: createPrivateKey(readFileSync(join(folder, 'root.key'))),
      name: AsnConvert.parse(root.subject, Name),
    },
    url,
    keyId: keys.keyId,
    pinned: keys.pinned[0],
    logged,
    now,
    pass: (ms) => void (offsetMs += ms),

    async customer(endsInDays = 20) {
      const key = softKey();
      const notAfter = Math.floor(now() / 1000) * 1000 + endsInDays * 86_400_000;
      const notBefore = notAfter - 366 * 86_400_000;
      const subject = { country: 'CN', organization: 'Trial', commonName: `Unit ${randomInt(1e6)}` };
      const certificate = readCertificate(authority.issueFirst({ subject, spki: key.spki, notBefore, notAfter }));
      const [certificateId, handlerId, caseId, conversationId] = [
        randomUUID(),
        randomUUID(),
        randomUUID(),
        randomUUID(),
      ];
      const known = {
        unit: 'Unit',
        uscc: '91371400MA3C7XQF08',
        serial: certificate.serial,
        sha256: certificate.sha256,
      };
      await db.certificate.create({
        data: {
          ...known,
          id: certificateId,
          projectId: POLICY.project,
          der: new Uint8Array(certificate.der),
          notBefore: new Date(notBefore),
          notAfter: new Date(notAfter),
          status: 'good',
          contactMobileIndex: 'x',
          contactMobileSealed: vault.seal('13800006027', 'mobile'),
        },
      });
      const snapshot = { version: 1, evolve: 1, tip: new Uint8Array(32) };
      const mobileSealed = vault.seal('13800006027', 'mobile');
      await db.handler.create({
        data: { ...snapshot, id: handlerId, mobileIndex: handlerId, mobileSealed, state: {} },
      });
      const at = new Date(now());
      await db.conversation.create({
        data: {
          id: conversationId,
          channel: 'web',
          visitor: conversationId,
          owner: 'bot',
          version: 1,
          state: { ...FIRST_TALK, id: conversationId, channel: 'web' },
          createdAt: at,
          changedAt: at,
        },
      });
      const wish = {
        type: 'open-case',
        caseId,
        handlerId,
        handlerMobile: '138****6027',
        verified: true,
        certificate: { id: certificateId, ...known, notBefore, notAfter, status: 'good' },
      } as const;
      await writer.change({ commandId: randomUUID(), conversationId, caseId, handlerId }, (read) => {
        const opened = decide(undefined, wish, POLICY, read.now);
        if (opened.kind === 'refused') throw new Error(opened.problem);
        const { facts, work } = opened;
        const plan = { case: { id: caseId, opened: { certificateId, handlerId }, facts, work } };
        return { kind: 'write', value: undefined, plan };
      });
      const state = { ...FIRST_TALK, id: conversationId, channel: 'web', caseId, handlerId };
      await db.conversation.update({ where: { id: conversationId }, data: { caseId, handlerId, state } });
      return { caseId, conversationId, key, certificate };
    },

    async linkCode({ caseId, conversationId }) {
      const codeId = randomUUID();
      const linkCode = linkCodes.draw({ codeId, caseId }, now());
      await writer.change({ commandId: randomUUID(), conversationId, caseId }, ({ conversation }) => {
        if (!conversation) throw new Error('no conversation');
        return { kind: 'write', value: undefined, plan: { linkCode, talk: conversation.talk } };
      });
      const digits = await linkCodes.reveal(codeId);
      if (digits === undefined) throw new Error('no code');
      return digits;
    },

    agent: (deviceKey) => connectAgent(url, keys.pinned[0], deviceKey),

    async joined(who) {
      const agent = await house.agent();
      agent.claim(await house.linkCode(who));
      const { linkId } = await agent.next('claimed');
      const verdict = await bridge.links.confirm(linkId, agent.matchNumber);
      if (verdict !== 'joined') throw new Error(verdict);
      await agent.next('linked');
      return { agent, linkId };
    },

    async anotherBrowser({ conversationId }) {
      const { state, ...row } = await db.conversation.findUniqueOrThrow({ where: { id: conversationId } });
      const id = randomUUID();
      await db.conversation.create({ data: { ...row, id, visitor: id, state: { ...(state as object), id } } });
      return id;
    },

    lookedAgain: (conversationId) => db.inbox.count({ where: { conversationId, kind: 'look-again' } }),

    command: carryOutCommand,

    async confirmDetails({ caseId, certificate }) {
      const [txnId, nonce] = [randomBytes(16).toString('hex'), randomBytes(32).toString('hex')];
      const day = promisedDay(certificate.notAfter, now(), 1);
      await carryOutCommand(caseId, { type: 'confirm-details', promisedDay: day, txnId, nonce });
      return { txnId, nonce };
    },

    async readCase(caseId) {
      const found = await readCase(caseId);
      if (!found) throw new Error('no case');
      return found;
    },

    effect: (key) => db.effect.findUniqueOrThrow({ where: { key }, select: { state: true, problem: true } }),

    async carryOut(type) {
      for (const row of await db.effect.findMany({ where: { type, state: 'wanted' } })) {
        const effect = { ...row, caseId: row.caseId ?? undefined };
        const outcome = await handlers[type]!.send(effect);
        if (outcome.kind === 'later' || outcome.kind === 'unknown') throw new Error(outcome.problem);
        if (outcome.report && row.caseId)
          await writer.report(row.caseId, `${row.key}/done`, outcome.report, { effectKey: row.key });
      }
    },

    async close() {
      bridge.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await hints.stop();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
  return house;
}
