import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LINK_LIFE_MS, LINK_SILENCE_MS, MATCH_LIFE_MS } from '../../bridge-agent/protocol.ts';
import { openBridgeHouse, type BridgeHouse, type Customer } from '../../tests/bridge-house.ts';
import { liveLinkOf } from './links.ts';

let house: BridgeHouse;
beforeAll(async () => {
  house = await openBridgeHouse();
});
afterAll(() => house.close());

async function asking(who?: Customer) {
  const customer = who ?? (await house.customer());
  const agent = await house.agent();
  agent.claim(await house.linkCode(customer));
  const claimed = await agent.next('claimed');
  return { who: customer, agent, claimed, linkId: claimed.linkId };
}

const other = (digits: string) => String((Number(digits) + 1) % 100).padStart(2, '0');

test('a claim with the code names the unit, who asks and where, and the conversation looks again', async () => {
  const { who, claimed, linkId } = await asking();
  expect(claimed).toMatchObject({ unit: 'Unit', askedBy: '138****6027', channel: 'web' });
  expect(claimed.matchExpiresAt - house.now()).toBeLessThanOrEqual(MATCH_LIFE_MS);
  expect(await house.lookedAgain(who.conversationId)).toBe(1);
  expect(await house.bridge.links.liveLink(who.caseId, house.now())).toEqual({
    kind: 'asking',
    linkId,
    computer: { os: 'Windows 11', name: 'DESK-7' },
  });
});

test('the right match number joins the computer; the same message asked about again says the same', async () => {
  const { who, agent, linkId } = await asking();
  expect(await house.bridge.links.confirm(linkId, agent.matchNumber)).toBe('joined');
  expect(await house.bridge.links.confirm(linkId, agent.matchNumber)).toBe('joined');
  const linked = await agent.next('linked');
  expect(Math.abs(linked.expiresAt - house.now() - LINK_LIFE_MS)).toBeLessThan(60_000);
  expect(await house.bridge.links.liveLink(who.caseId, house.now())).toEqual({ kind: 'linked', linkId });
  expect((await house.readCase(who.caseId)).computer).toEqual({ linkId, os: 'Windows 11' });
});

test('one try: after a wrong number the right one joins nothing', async () => {
  const { who, agent, linkId } = await asking();
  expect(await house.bridge.links.confirm(linkId, other(agent.matchNumber))).toBe('wrong-number');
  expect(await agent.next('close')).toEqual({ t: 'close', reason: 'link/wrong-number' });
  expect(await house.bridge.links.confirm(linkId, agent.matchNumber)).toBe('wrong-number');
  expect(await house.bridge.links.liveLink(who.caseId, house.now())).toEqual({ kind: 'none' });
});

test('of many who answer at once one is heard', async () => {
  const { agent, linkId } = await asking();
  const wrong = Array.from({ length: 5 }, () => house.bridge.links.confirm(linkId, other(agent.matchNumber)));
  const right = Array.from({ length: 5 }, () => house.bridge.links.confirm(linkId, agent.matchNumber));
  const verdicts = new Set(await Promise.all([...wrong, ...right]));
  expect(verdicts.size).toBe(1);
});

test.each(['', '7', '007', 'ab', '１２'])('%j is not a match number', async (digits) => {
  const { linkId } = await asking();
  expect(await house.bridge.links.confirm(linkId, digits)).toBe('wrong-number');
});

test('after three minutes no number joins', async () => {
  const { agent, linkId } = await asking();
  house.pass(MATCH_LIFE_MS);
  expect(await house.bridge.links.confirm(linkId, agent.matchNumber)).toBe('expired');
  expect(await agent.next('close')).toEqual({ t: 'close', reason: 'link/expired' });
});

test('the deadline passes by itself for the one who waits', async () => {
  const { agent } = await asking();
  house.pass(MATCH_LIFE_MS);
  await house.bridge.sweep();
  expect(await agent.next('close')).toEqual({ t: 'close', reason: 'link/expired' });
});

test('a computer that is not mine is let go', async () => {
  const { agent, linkId } = await asking();
  await house.bridge.links.refuse(linkId);
  expect(await agent.next('close')).toEqual({ t: 'close', reason: 'link/not-mine' });
  expect(await house.bridge.links.confirm(linkId, agent.matchNumber)).toBe('expired');
});

test('the computer that asks last is the one that is asked about', async () => {
  const first = await asking();
  const second = await asking(first.who);
  expect(await first.agent.next('close')).toEqual({ t: 'close', reason: 'link/expired' });
  expect(await house.bridge.links.liveLink(first.who.caseId, house.now())).toMatchObject({ linkId: second.linkId });
});

test('a case has one computer: the older one is let go when another joins', async () => {
  const who = await house.customer();
  const first = await house.joined(who);
  const second = await house.joined(who);
  await first.agent.command('cert.read');
  expect(await first.agent.next('close')).toEqual({ t: 'close', reason: 'link/replaced' });
  expect(await house.bridge.links.liveLink(who.caseId, house.now())).toEqual({ kind: 'linked', linkId: second.linkId });
  expect(await house.bridge.links.confirm(first.linkId, '00')).toBe('joined');
});

describe('coming back', () => {
  test('while asking: the new connection shows a new number', async () => {
    const { agent, linkId } = await asking();
    await agent.vanish();
    const back = await house.agent(agent.deviceKey);
    back.resume(linkId);
    await back.next('claimed');
    expect(await house.bridge.links.confirm(linkId, back.matchNumber)).toBe('joined');
    await back.next('linked');
  });

  test('another device has nothing to come back to', async () => {
    const { linkId } = await house.joined(await house.customer());
    const thief = await house.agent();
    thief.resume(linkId);
    expect(await thief.next('close')).toEqual({ t: 'close', reason: 'link/lost' });
  });

  test('a link that was closed is closed', async () => {
    const who = await house.customer();
    const { agent, linkId } = await house.joined(who);
    agent.send({ t: 'close', reason: 'done' });
    await agent.closed;
    const back = await house.agent(agent.deviceKey);
    back.resume(linkId);
    await back.next('close');
    expect(await house.bridge.links.liveLink(who.caseId, house.now())).toEqual({ kind: 'none' });
  });

  test('after twelve hours it needs another code', async () => {
    const { agent, linkId } = await house.joined(await house.customer());
    await agent.vanish();
    house.pass(LINK_LIFE_MS);
    const back = await house.agent(agent.deviceKey);
    back.resume(linkId);
    await back.next('close');
  });

  test('after a long silence the computer counts again, and the conversation hears of it', async () => {
    const who = await house.customer();
    const { agent, linkId } = await house.joined(who);
    await agent.vanish();
    house.pass(LINK_SILENCE_MS);
    expect(await house.bridge.links.liveLink(who.caseId, house.now())).toEqual({ kind: 'none' });
    const before = await house.lookedAgain(who.conversationId);
    const back = await house.agent(agent.deviceKey);
    back.resume(linkId);
    await back.next('linked');
    expect(await house.bridge.links.liveLink(who.caseId, house.now())).toEqual({ kind: 'linked', linkId });
    expect(await house.lookedAgain(who.conversationId)).toBe(before + 1);
  });

  test('the newer connection of a link is the one that counts', async () => {
    const { agent, linkId } = await house.joined(await house.customer());
    const back = await house.agent(agent.deviceKey);
    back.resume(linkId);
    await back.next('linked');
    expect(await agent.closed).toBe(1006);
  });
});

test('a connected agent is not idle: its pongs keep the link alive', async () => {
  const who = await house.customer();
  const { agent, linkId } = await house.joined(who);
  house.pass(LINK_SILENCE_MS - 1000);
  agent.socket.pong();
  await seen(linkId, house.now());
  house.pass(LINK_SILENCE_MS - 1000);
  expect(await house.bridge.links.liveLink(who.caseId, house.now())).toEqual({ kind: 'linked', linkId });
});

test('a computer that did not hear that its code was right types it once more; nobody else may', async () => {
  const who = await house.customer();
  const code = await house.linkCode(who);
  const first = await house.agent();
  first.claim(code);
  const { linkId } = await first.next('claimed');
  await first.vanish();
  const stranger = await house.agent();
  stranger.claim(code);
  expect(await stranger.next('claim-error')).toMatchObject({ code: 'code/expired' });
  const back = await house.agent(first.deviceKey);
  back.claim(code);
  expect(await back.next('claimed')).toMatchObject({ linkId });
  expect(await house.bridge.links.confirm(linkId, back.matchNumber)).toBe('joined');
});

describe('whoever looks at the case hears of its computer', () => {
  /** Counts from now on, in both browsers. */
  async function inBothBrowsers(who: Customer) {
    const elsewhere = await house.anotherBrowser(who);
    const before = await house.lookedAgain(who.conversationId);
    return async () => [(await house.lookedAgain(who.conversationId)) - before, await house.lookedAgain(elsewhere)];
  }

  test('that it joins and goes, also in another browser than the one that showed the code', async () => {
    const { who, agent, linkId } = await asking();
    const heard = await inBothBrowsers(who);
    await house.bridge.links.confirm(linkId, agent.matchNumber);
    expect(await heard()).toEqual([1, 1]);
    await house.bridge.links.close(linkId, 'agent');
    expect(await heard()).toEqual([2, 2]);
  });

  test('that it asks', async () => {
    const who = await house.customer();
    const code = await house.linkCode(who);
    const heard = await inBothBrowsers(who);
    const agent = await house.agent();
    agent.claim(code);
    await agent.next('claimed');
    expect(await heard()).toEqual([1, 1]);
  });

  test('that it has been silent for too long, once', async () => {
    const who = await house.customer();
    const { agent } = await house.joined(who);
    const heard = await inBothBrowsers(who);
    await agent.vanish();
    await house.bridge.sweep();
    expect(await heard()).toEqual([0, 0]);
    house.pass(LINK_SILENCE_MS);
    await sweptUntil(async () => (await heard())[0] === 1);
    await house.bridge.sweep();
    expect(await heard()).toEqual([1, 1]);
  });

  test('that nobody at it answered in time', async () => {
    const { who, agent, linkId } = await asking();
    const heard = await inBothBrowsers(who);
    await agent.vanish();
    house.pass(MATCH_LIFE_MS);
    await sweptUntil(async () => (await house.bridge.links.find(linkId))?.closedWhy === 'link/expired');
    await sweptUntil(async () => (await heard())[0] === 1);
    expect(await heard()).toEqual([1, 1]);
  });

  test('that it was refused', async () => {
    const { who, linkId } = await asking();
    const heard = await inBothBrowsers(who);
    await house.bridge.links.refuse(linkId);
    expect(await heard()).toEqual([1, 1]);
  });
});

describe('what the agenda is told of a case', () => {
  const now = Date.parse('2026-06-01T12:00:00+08:00');
  const row = (state: string, changes: object = {}) => ({
    id: state,
    state,
    computer: { os: 'o', name: 'n' },
    expiresAt: new Date(now + 1),
    seenAt: new Date(now),
    ...changes,
  });
  const code = { id: 'code' };
  test.each([
    { rows: [], kind: 'none' },
    { rows: [], code, kind: 'code' },
    { rows: [row('asking')], code, kind: 'asking' },
    { rows: [row('linked')], code, kind: 'linked' },
    { rows: [row('linked'), row('asking')], kind: 'asking' },
    { rows: [row('asking', { expiresAt: new Date(now) })], kind: 'none' },
    { rows: [row('linked', { expiresAt: new Date(now) })], code, kind: 'code' },
    { rows: [row('linked', { seenAt: new Date(now - LINK_SILENCE_MS) })], kind: 'none' },
    { rows: [row('linked', { seenAt: new Date(now - LINK_SILENCE_MS + 1) })], kind: 'linked' },
    { rows: [row('refused'), row('closed')], kind: 'none' },
  ])('$rows.length link(s), code $code.id: $kind', ({ rows, code: given, kind }) => {
    expect(liveLinkOf(rows, given, now).kind).toBe(kind);
  });
});

/** That a socket is gone is heard a moment later. */
async function sweptUntil(condition: () => Promise<boolean>): Promise<void> {
  do await house.bridge.sweep();
  while (!(await condition()));
}

async function seen(linkId: string, since: number): Promise<void> {
  const recent = async () => (await house.bridge.links.find(linkId))!.seenAt.getTime() >= since;
  while (!(await recent())) await new Promise((resolve) => setImmediate(resolve));
}
