import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FIRST_TALK, type Bubble } from '../bot/talk.ts';
import { replay } from '../renewal/evolve.ts';
import type { CaseFact } from '../renewal/case.ts';
import { decide } from '../renewal/decide.ts';
import type { Wish } from '../renewal/commands.ts';
import { freshDatabase } from '../tests/database.ts';
import { openOffice, type Office } from '../tests/office.ts';
import { checkChain } from './chain.ts';
import type { Store } from './db.ts';
import { createInbox, type Inbox } from './inbox.ts';
import type { Snapshot } from './snapshot.ts';
import { createWriter, type Planned, type Target } from './writer.ts';

let store: Store;
let office: Office;
let inbox: Inbox;
beforeAll(async () => {
  store = await freshDatabase();
  office = await openOffice(store);
  inbox = createInbox({ ...office, pool: store.pool, tell: (hints) => void office.told.push(...hints) });
});
beforeEach(() => void office.told.splice(0));
afterAll(() => store.close());

const SAID: Bubble = { template: 'help', data: {} };
const COMPUTER = { os: 'Windows 11', name: 'PC-1' };

async function conversation(): Promise<string> {
  const visitor = randomUUID();
  const opened = { messageId: `${visitor}/opened`, visitor, incoming: { kind: 'opened' } } as const;
  return (await inbox.accept('web', opened, '127.0.0.1')).conversationId;
}

/** Carries a wish out and keeps the conversation, if there is one, looking at the case. */
function wish(read: Snapshot, caseId: string, wanted: Wish, certificateId?: string): Planned<undefined> {
  const { policy, conversation: talking } = read;
  const decision = decide(read.case?.state, wanted, policy!, read.now);
  if (decision.kind === 'refused') throw new Error(decision.problem);
  const opened = certificateId && { certificateId, handlerId: office.handlerId };
  const { facts, work } = decision;
  return {
    kind: 'write',
    value: undefined,
    plan: {
      ...(talking
        ? { talk: { ...talking.talk, handlerId: office.handlerId, caseId }, says: [SAID] }
        : { answer: null }),
      case: { id: caseId, facts, work, ...(opened && { opened }) },
    },
  };
}

async function openCase(target: Partial<Target> = {}, certificateId?: string): Promise<string> {
  const id = certificateId ?? (await office.certificate());
  const caseId = randomUUID();
  const row = await store.db.certificate.findUniqueOrThrow({ where: { id }, include: { project: true } });
  const certificate = {
    ...{ id, serial: row.serial, sha256: row.sha256, unit: row.unit, uscc: row.uscc },
    status: 'good' as const,
    ...{ notBefore: row.notBefore.getTime(), notAfter: row.notAfter.getTime() },
  };
  const open = { type: 'open-case', caseId, handlerId: office.handlerId, handlerMobile: '138****6027' } as const;
  await office.writer.change({ commandId: randomUUID(), ...target }, (read) =>
    wish(
      { ...read, case: undefined, policy: row.project.policy as never },
      caseId,
      { ...open, verified: true, certificate },
      id,
    ),
  );
  return caseId;
}

const joined = (linkId = randomUUID()) => ({ type: 'report-computer-joined', linkId, computer: COMPUTER }) as const;

test('a case that was written is read again as it was decided', async () => {
  const caseId = await openCase();
  const read = await office.writer.read({ commandId: 'x', caseId });
  expect(read.case?.state).toMatchObject({ id: caseId, handlerMobile: '138****6027', bid: { kind: 'unanswered' } });
  expect(read.policy?.projectName).toBe('测试项目');
  expect(await store.db.timer.count({ where: { thingId: caseId } })).toBe(1);
});

test('facts hang together and give the snapshot', async () => {
  const caseId = await openCase();
  for (let i = 0; i < 3; i++) await office.writer.report(caseId, `${caseId}/${i}`, joined());
  const rows = await store.db.fact.findMany({ where: { thingId: caseId }, orderBy: { seq: 'asc' } });
  const facts = rows.map((row) => ({ ...row, at: row.at.getTime() }));
  const row = await store.db.renewalCase.findUniqueOrThrow({ where: { id: caseId } });
  expect(facts).toHaveLength(4);
  expect(checkChain(facts, row.tip)).toEqual({ kind: 'whole' });
  expect(replay(facts.map(({ body, at }) => ({ fact: body as unknown as CaseFact, at })))).toEqual(row.state);
});

test('a snapshot of another release is replayed from its facts', async () => {
  const caseId = await openCase();
  await store.db.renewalCase.update({ where: { id: caseId }, data: { evolve: 0, state: { id: caseId, old: true } } });
  // the project is found by the snapshot, which an older release wrote too
  const { state } = (await office.writer.read({ commandId: 'x', caseId })).case!;
  expect(state).toMatchObject({ id: caseId, bid: { kind: 'unanswered' } });
});

test('the same command id again changes nothing', async () => {
  const caseId = await openCase();
  const commandId = randomUUID();
  await office.writer.report(caseId, commandId, joined());
  const { version } = await store.db.renewalCase.findUniqueOrThrow({ where: { id: caseId } });
  await office.writer.report(caseId, commandId, joined());
  expect((await store.db.renewalCase.findUniqueOrThrow({ where: { id: caseId } })).version).toBe(version);
});

test('a report for a case that is not here is a defect of whoever sends it', async () => {
  await expect(office.writer.report(randomUUID(), randomUUID(), joined())).rejects.toThrow('which is no case here');
});

test('many reports at once, from several processes, all count', async () => {
  const caseId = await openCase();
  const processes = [1, 2, 3].map(() => createWriter({ pool: store.pool, clock: office.clock, tell: () => {} }));
  await Promise.all(Array.from({ length: 24 }, (_, i) => processes[i % 3]!.report(caseId, `${caseId}/${i}`, joined())));
  const { version } = await store.db.renewalCase.findUniqueOrThrow({ where: { id: caseId } });
  expect(version).toBe(25);
});

test('an effect is asked for once whatever asks, and settled by the report that it brought', async () => {
  const caseId = await openCase();
  await office.writer.report(caseId, randomUUID(), joined());
  expect(office.told).toContainEqual({ kind: 'effects', caseId });
  const effect = await store.db.effect.findFirstOrThrow({ where: { caseId } });
  expect(effect).toMatchObject({ type: 'bridge/cert.read', state: 'wanted' });
  const failed = {
    type: 'report-look-failed',
    linkId: (effect.body as { linkId: string }).linkId,
    problem: 'token/none',
  } as const;
  await office.writer.report(caseId, randomUUID(), failed, { effectKey: effect.key, problem: 'token/none' });
  expect(await store.db.effect.findUniqueOrThrow({ where: { key: effect.key } })).toMatchObject({
    state: 'failed',
    problem: 'token/none',
    settledAt: expect.any(Date) as Date,
  });
});

test('only one case of a certificate goes on; who comes second reads again and finds it', async () => {
  const certificateId = await office.certificate();
  await openCase({}, certificateId);
  let reads = 0;
  const second = office.writer.change({ commandId: randomUUID() }, (read) => {
    if (++reads > 1) return { kind: 'leave', value: 'busy' };
    const caseId = randomUUID();
    const opened = { type: 'case-opened', caseId } as unknown as CaseFact;
    const work = { effects: [], timers: [] };
    expect(read.case).toBeUndefined();
    return {
      kind: 'write',
      value: 'opened',
      plan: {
        answer: null,
        case: { id: caseId, opened: { certificateId, handlerId: office.handlerId }, facts: [opened], work },
      },
    };
  });
  expect(await second).toMatchObject({ kind: 'left', value: 'busy' });
});

test('when the step of a case changes, the other conversations that look at it are asked to look again', async () => {
  const [mine, theirs] = [await conversation(), await conversation()];
  const caseId = await openCase({ conversationId: mine });
  await office.writer.change({ commandId: randomUUID(), conversationId: theirs }, (read) => ({
    kind: 'write',
    value: undefined,
    plan: { answer: null, talk: { ...read.conversation!.talk, handlerId: office.handlerId, caseId }, says: [] },
  }));
  office.told.splice(0);

  const answer = { type: 'answer-bid-question', answer: 'none' } as const;
  await office.writer.change({ commandId: randomUUID(), conversationId: mine }, (read) => wish(read, caseId, answer));
  const waiting = await store.db.inbox.findMany({ where: { kind: 'look-again', doneAt: null } });
  expect(waiting.map((row) => row.conversationId)).toEqual([theirs]);
  expect(office.told).toEqual([
    { kind: 'inbox', conversationId: theirs },
    { kind: 'conversation', conversationId: mine },
  ]);

  const consented = { type: 'report-consented', txnId: 'none', attempt: 1 } as const;
  await office.writer.report(caseId, randomUUID(), consented);
  expect(await store.db.inbox.count({ where: { kind: 'look-again', doneAt: null } })).toBe(1);
});

test('what is said gets the next numbers of its conversation', async () => {
  const id = await conversation();
  for (const count of [2, 1])
    await office.writer.change({ commandId: randomUUID(), conversationId: id }, (read) => ({
      kind: 'write',
      value: undefined,
      plan: { answer: null, talk: read.conversation!.talk, says: Array<Bubble>(count).fill(SAID) },
    }));
  const rows = await store.db.outbox.findMany({ where: { conversationId: id }, orderBy: { seq: 'asc' } });
  expect(rows.map((row) => row.seq)).toEqual([1n, 2n, 3n]);
});

test('a message that was dealt with is not dealt with again', async () => {
  const id = await conversation();
  const message = (await inbox.claim(id))!;
  const turn = () =>
    office.writer.change({ commandId: message.id, conversationId: id }, (read) => ({
      kind: 'write',
      value: undefined,
      plan: { talk: { ...FIRST_TALK, ...read.conversation!.talk }, says: [SAID], settles: { inboxId: message.id } },
    }));
  expect((await turn()).kind).toBe('written');
  expect((await turn()).kind).toBe('answered');
  expect(await store.db.outbox.count({ where: { conversationId: id } })).toBe(1);
});

test('when one part of a change cannot be written, nothing of it is', async () => {
  const caseId = await openCase();
  const facts = await store.db.fact.count();
  const change = office.writer.change({ commandId: randomUUID(), caseId }, () => ({
    kind: 'write',
    value: undefined,
    plan: {
      answer: null,
      case: { id: caseId, facts: [{ type: 'staff-asked-for' }], work: { effects: [], timers: [] } },
      audit: [{ act: 'x', subject: null as unknown as string, detail: {} }],
    },
  }));
  await expect(change).rejects.toThrow('null value');
  expect(await store.db.fact.count()).toBe(facts);
});

test('a text that the database cannot keep is kept with a replacement', async () => {
  const caseId = await openCase();
  await office.writer.report(caseId, randomUUID(), { ...joined(), computer: { os: 'PC\0\ud800', name: 'x' } });
  const { state } = (await office.writer.read({ commandId: 'x', caseId })).case!;
  expect(state.computer).toMatchObject({ os: 'PC\ufffd\ufffd' });
});

test('facts and audit can only be added to', async () => {
  await openCase();
  await expect(store.pool.query('update fact set type = $1', ['x'])).rejects.toThrow('append-only');
  await expect(store.pool.query('delete from fact')).rejects.toThrow('append-only');
});
