/**
 * One customer's computer joined to one case, as a row with a life of its own:
 *
 *   asking ─ right number ─ linked ─ closed
 *      └──── wrong number, expired, not mine ─ refused
 *
 * Every change is guarded by the state it starts from, so of two that race one wins and the other sees what became.
 */
import { randomUUID } from 'node:crypto';
import { LINK_LIFE_MS, LINK_SILENCE_MS, MATCH_LIFE_MS } from '../../bridge-agent/protocol.ts';
import type { LiveLink } from '../../renewal/agenda.ts';
import type { Instant } from '../../renewal/calendar.ts';
import type { Computer } from '../../renewal/case.ts';
import type { ProblemCode } from '../../renewal/problem.ts';
import type { KnownCode } from '../link-codes.ts';
import type { BridgeDependencies } from './ports.ts';

export type LinkRow = NonNullable<Awaited<ReturnType<BridgeDependencies['db']['bridgeLink']['findUnique']>>>;

export interface Asker {
  readonly devicePublicKey: Buffer;
  readonly matchNumber: string;
  readonly computer: Computer;
}

export type Asked =
  { readonly kind: 'asking'; readonly row: LinkRow } | { readonly kind: 'wrong' } | { readonly kind: 'expired' };

export type MatchVerdict = 'joined' | 'wrong-number' | 'expired';

export interface Links {
  /**
   * A computer typed a code; if it is right, the case's conversations ask for the match number. The same computer may
   * type it once more when it did not get to hear that.
   */
  ask(code: string, asker: Asker): Promise<Asked>;
  /**
   * The customer typed digits for the computer that asks. One try; what was decided once stays, so the same message
   * may be asked about again.
   */
  confirm(linkId: string, digits: string): Promise<MatchVerdict>;
  /** 不是我的电脑 */
  refuse(linkId: string): Promise<void>;
  /** The device came back on another connection; undefined when it has no link to come back to. */
  resume(linkId: string, asker: Asker): Promise<LinkRow | undefined>;
  find(linkId: string): Promise<LinkRow | undefined>;
  /** The link still lives; written at most once a minute. */
  touch(linkId: string): Promise<void>;
  close(linkId: string, why: string): Promise<void>;
  /** What the agenda asks: is a computer there, asking, or expected? */
  liveLink(caseId: string, now: Instant): Promise<LiveLink>;
}

const TOUCH_EVERY_MS = 60_000;

export function openLinks(deps: BridgeDependencies): Links {
  const { db, clock, hints, inbox, vault } = deps;

  const find = async (linkId: string) => (await db.bridgeLink.findUnique({ where: { id: linkId } })) ?? undefined;

  async function refuseAsking(linkId: string, why: ProblemCode): Promise<void> {
    const closed = { state: 'refused', closedAt: new Date(clock.now()), closedWhy: why };
    const { count } = await db.bridgeLink.updateMany({ where: { id: linkId, state: 'asking' }, data: closed });
    if (count > 0) await changed(linkId);
  }

  async function join({ id, caseId }: LinkRow): Promise<void> {
    const now = clock.now();
    const at = new Date(now);
    const older = await db.bridgeLink.findMany({ where: { caseId, state: 'linked' }, select: { id: true } });
    await db
      .$transaction(async (tx) => {
        const closed = { state: 'closed', closedAt: at, closedWhy: 'link/replaced' };
        await tx.bridgeLink.updateMany({ where: { caseId, state: 'linked' }, data: closed });
        const joined = { state: 'linked', joinedAt: at, seenAt: at, expiresAt: new Date(now + LINK_LIFE_MS) };
        const { count } = await tx.bridgeLink.updateMany({ where: { id, state: 'asking' }, data: joined });
        if (count === 0) throw new LostRace();
      })
      .catch((error: unknown) => {
        if (!(error instanceof LostRace)) throw error;
      });
    hints.tell(older.map(({ id: linkId }) => ({ kind: 'link', linkId })));
  }

  /** Its connection looks, and so does every conversation about its case, in whichever browser that is. */
  async function changed(linkId: string): Promise<void> {
    hints.tell([{ kind: 'link', linkId }]);
    const row = await find(linkId);
    if (row) await inbox.lookAgainAt(row.caseId);
  }

  async function announce(row: LinkRow): Promise<void> {
    const computer = row.computer as unknown as Computer;
    const joined = { type: 'report-computer-joined', linkId: row.id, computer } as const;
    await deps.report(row.caseId, `link/${row.id}/joined`, joined);
    await changed(row.id);
  }

  async function resume(linkId: string, { devicePublicKey, matchNumber }: Asker): Promise<LinkRow | undefined> {
    const row = await find(linkId);
    if (!row || !devicePublicKey.equals(row.devicePublicKey) || row.expiresAt.getTime() <= clock.now())
      return undefined;
    if (row.state === 'linked') {
      const seenAt = new Date(clock.now());
      await db.bridgeLink.updateMany({ where: { id: linkId, state: 'linked' }, data: { seenAt } });
      if (isSilent(row, clock.now())) await inbox.lookAgainAt(row.caseId);
      return row;
    }
    if (row.state !== 'asking') return undefined;
    // the number belongs to the handshake: a new one is shown now
    const matchSealed = vault.seal(matchNumber, sealedFor(linkId));
    const { count } = await db.bridgeLink.updateMany({
      where: { id: linkId, state: 'asking' },
      data: { matchSealed },
    });
    return count > 0 ? row : await find(linkId);
  }

  /** The code was used up, and whoever typed it did not get to hear of it. */
  async function askAgain({ codeId, caseId }: KnownCode, asker: Asker): Promise<LinkRow | undefined> {
    const devicePublicKey = new Uint8Array(asker.devicePublicKey);
    const mine = await db.bridgeLink.findFirst({ where: { caseId, codeId, devicePublicKey, state: 'asking' } });
    return mine ? resume(mine.id, asker) : undefined;
  }

  return {
    find,
    resume,

    async ask(digits, asker) {
      const id = randomUUID();
      const now = new Date(clock.now());
      const replaced = { state: 'refused', closedAt: now, closedWhy: 'link/expired' };
      let earlier: readonly { id: string }[] = [];
      const used = await deps.useLinkCode(digits, async (tx, { codeId, caseId }) => {
        earlier = await tx.bridgeLink.findMany({ where: { caseId, state: 'asking' }, select: { id: true } });
        await tx.bridgeLink.updateMany({ where: { caseId, state: 'asking' }, data: replaced });
        await tx.bridgeLink.create({
          data: {
            ...{ id, caseId, codeId, state: 'asking', askedAt: now, seenAt: now },
            devicePublicKey: new Uint8Array(asker.devicePublicKey),
            computer: { ...asker.computer },
            matchSealed: vault.seal(asker.matchNumber, sealedFor(id)),
            expiresAt: new Date(now.getTime() + MATCH_LIFE_MS),
          },
        });
      });
      if (used.kind === 'wrong') return used;
      const row = used.kind === 'right' ? await find(id) : await askAgain(used, asker);
      if (!row) return { kind: 'expired' };
      hints.tell(earlier.map(({ id: linkId }) => ({ kind: 'link', linkId })));
      await inbox.lookAgainAt(row.caseId);
      return { kind: 'asking', row };
    },

    async confirm(linkId, digits) {
      const asked = await find(linkId);
      if (asked?.state === 'asking') {
        if (asked.expiresAt.getTime() <= clock.now()) await refuseAsking(linkId, 'link/expired');
        else if (vault.open(asked.matchSealed, sealedFor(linkId)) === digits) await join(asked);
        else await refuseAsking(linkId, 'link/wrong-number');
      }
      const row = await find(linkId);
      if (row?.state === 'linked') await announce(row);
      if (row?.joinedAt) return 'joined';
      return row?.closedWhy === 'link/wrong-number' ? 'wrong-number' : 'expired';
    },

    refuse: (linkId) => refuseAsking(linkId, 'link/not-mine'),

    async touch(linkId) {
      const now = clock.now();
      const stale = { id: linkId, state: 'linked', seenAt: { lt: new Date(now - TOUCH_EVERY_MS) } };
      await db.bridgeLink.updateMany({ where: stale, data: { seenAt: new Date(now) } });
    },

    async close(linkId, why) {
      const closed = { state: 'closed', closedAt: new Date(clock.now()), closedWhy: why };
      const open = { id: linkId, state: { in: ['asking', 'linked'] } };
      const { count } = await db.bridgeLink.updateMany({ where: open, data: closed });
      if (count > 0) await changed(linkId);
    },

    async liveLink(caseId, now) {
      const [links, code] = await Promise.all([
        db.bridgeLink.findMany({
          where: { caseId, state: { in: ['asking', 'linked'] }, expiresAt: { gt: new Date(now) } },
          orderBy: { askedAt: 'desc' },
        }),
        db.code.findFirst({
          where: { purpose: 'link', caseId, usedAt: null, voidedAt: null, expiresAt: { gt: new Date(now) } },
          orderBy: { createdAt: 'desc' },
        }),
      ]);
      return liveLinkOf(links, code ?? undefined, now);
    },
  };
}

/** A computer that asks comes first: somebody waits in front of it. */
export function liveLinkOf(
  links: readonly Pick<LinkRow, 'id' | 'state' | 'computer' | 'expiresAt' | 'seenAt'>[],
  code: { readonly id: string } | undefined,
  now: Instant,
): LiveLink {
  const alive = links.filter(({ expiresAt }) => expiresAt.getTime() > now);
  const asking = alive.find(({ state }) => state === 'asking');
  if (asking) return { kind: 'asking', linkId: asking.id, computer: asking.computer as unknown as Computer };
  const linked = alive.find(({ state, seenAt }) => state === 'linked' && !isSilent({ seenAt }, now));
  if (linked) return { kind: 'linked', linkId: linked.id };
  if (code) return { kind: 'code', codeId: code.id };
  return { kind: 'none' };
}

function sealedFor(linkId: string): string {
  return `bridge-link/${linkId}`;
}

/** So long without a sign of life the customer is asked to join a computer again. */
export function isSilent({ seenAt }: Pick<LinkRow, 'seenAt'>, now: Instant): boolean {
  return seenAt.getTime() <= now - LINK_SILENCE_MS;
}

/** Another decision about the same row came first. */
class LostRace extends Error {}
