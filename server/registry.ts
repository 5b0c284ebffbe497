/** What the registration authority knows of certificates: those of a mobile, and those asked for by USCC or serial. */
import type { Finding, QueryAnswer, RegisteredCertificate } from '../bot/turn.ts';
import { DAY_MS } from '../renewal/calendar.ts';
import type { Policy } from '../renewal/policy.ts';
import type { Clock } from './clock.ts';
import type { Database, Prisma } from './db.ts';

export interface RegistryDependencies {
  readonly db: Database;
  readonly clock: Clock;
}

export interface Registry {
  /** Of the handler's mobile, those that end first in front; replaced ones are left out. */
  certificatesOf(handlerId: string): Promise<readonly RegisteredCertificate[]>;
  /**
   * 先查能不能办, before anybody signs in.
   *
   * @param asked.messageId the same message counts once
   */
  query(asked: Asked): Promise<Extract<Finding, { kind: 'query' }>>;
}

export interface Asked {
  readonly by: 'uscc' | 'serial';
  readonly value: string;
  readonly messageId: string;
  readonly addressIndex: string;
}

/** Questions from one network address; an office shares one. */
const QUERIES = [
  { withinMs: 60_000, most: 10 },
  { withinMs: DAY_MS, most: 200 },
];
/** Certificates of one USCC that are told. */
const MOST_ANSWERS = 20;

/** Its successor counts unless that was taken back; one that is being renewed is still the one to look at. */
const CURRENT = { OR: [{ replacedBy: { none: { status: { not: 'revoked' } } } }, { cases: { some: { live: true } } }] };
const withCases = { project: true, cases: { where: { live: true }, select: { id: true, handlerId: true } } } as const;
type Row = Prisma.CertificateGetPayload<{ include: typeof withCases }>;

export function createRegistry({ db, clock }: RegistryDependencies): Registry {
  return {
    async certificatesOf(handlerId) {
      const { mobileIndex: contactMobileIndex } = await db.handler.findUniqueOrThrow({ where: { id: handlerId } });
      const rows = await db.certificate.findMany({
        where: { contactMobileIndex, ...CURRENT },
        include: withCases,
        orderBy: [{ notAfter: 'asc' }, { id: 'asc' }],
      });
      return rows.map((row) => registered(row, handlerId));
    },

    async query({ by, value, messageId, addressIndex }) {
      const now = clock.now();
      const asked = { messageId, addressIndex, at: new Date(now) };
      await db.queryAsked.upsert({ where: { messageId }, create: asked, update: {} });
      for (const { withinMs, most } of QUERIES) {
        const at = { gt: new Date(now - withinMs), lte: new Date(now) };
        if ((await db.queryAsked.count({ where: { addressIndex, at } })) > most)
          return { kind: 'query', verdict: 'too-many' };
      }
      const found = await db.certificate.findMany({
        where: { [by]: value.toUpperCase(), ...CURRENT },
        include: { project: true },
        orderBy: { notAfter: 'asc' },
        take: MOST_ANSWERS,
      });
      return { kind: 'query', verdict: 'answered', answers: found.map(answerOf) };
    },
  };
}

function registered(row: Row, handlerId: string): RegisteredCertificate {
  const { id, serial, sha256, unit, uscc, notBefore, notAfter } = row;
  const live = row.cases[0];
  return {
    ...{ id, serial, sha256, unit, uscc, notBefore: notBefore.getTime(), notAfter: notAfter.getTime() },
    status: row.status as RegisteredCertificate['status'],
    policy: policyOf(row.project),
    liveCase: !live ? 'none' : live.handlerId === handlerId ? { caseId: live.id } : 'others',
  };
}

function answerOf(row: Prisma.CertificateGetPayload<{ include: { project: true } }>): QueryAnswer {
  const { serial, status, notAfter } = row;
  return {
    serialTail: serial.slice(-4),
    status: status as QueryAnswer['status'],
    notAfter: notAfter.getTime(),
    policy: policyOf(row.project),
  };
}

function policyOf({ id, version, policy }: { id: string; version: number; policy: Prisma.JsonValue }): Policy {
  return { ...(policy as unknown as Policy), project: id, version };
}
