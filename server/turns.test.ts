import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Incoming } from '../bot/talk.ts';
import { DAY_MS } from '../renewal/calendar.ts';
import type { Report } from '../renewal/commands.ts';
import { freshDatabase } from '../tests/database.ts';
import { MOBILE, openOffice, type Office } from '../tests/office.ts';
import { openLinks, type Links } from './bridge/links.ts';
import type { Store } from './db.ts';
import type { Hint } from './hints.ts';
import { createHandlers } from './handlers.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { createLinkCodes, type LinkCodes } from './link-codes.ts';
import { transcript } from './outbox.ts';
import { createRegistry } from './registry.ts';
import { createSignInCodes, type SignInCodes } from './sign-in-codes.ts';
import { createTurns, type Turns } from './turns.ts';

const told: Hint[] = [];
const hints = { tell: (all: readonly Hint[]) => void told.push(...all), on: () => () => {}, onGap: () => () => {} };
const logged: unknown[] = [];
const log = {
  info: () => {},
  warn: (about: object) => void logged.push(about),
  error: (about: object) => void logged.push(about),
};

let store: Store;
let office: Office;
let inbox: Inbox;
let linkCodes: LinkCodes;
let signInCodes: SignInCodes;
let links: Links;
let turns: Turns;

/** Everything that a process of ours would have. */
function openProcess(): Turns {
  return createTurns({
    ...office,
    ...{ inbox, linkCodes, signInCodes, links, hints, log },
    registry: createRegistry({ ...office, db: store.db }),
    handlers: createHandlers({ ...office, db: store.db }),
  });
}

beforeAll(async () => {
  store = await freshDatabase();
  office = await openOffice(store);
  const deps = { ...office, db: store.db, pool: store.pool };
  inbox = createInbox({ ...deps, tell: hints.tell });
  linkCodes = createLinkCodes(deps);
  signInCodes = createSignInCodes(deps);
  links = openLinks({
    ...deps,
    ...{ log, inbox, hints },
    useLinkCode: (...claim) => linkCodes.useLinkCode(...claim),
    readCase: async (caseId) => (await office.writer.read({ commandId: '', caseId })).case?.state,
    report: (...all) => office.writer.report(...all),
  });
  turns = openProcess();
});
beforeEach(async () => {
  logged.splice(0);
  // the limits of one mobile are another test's subject
  await store.db.code.updateMany({ data: { createdAt: new Date(0) } });
});
afterAll(() => store.close());

/** A browser. */
class Visitor {
  readonly #visitor = randomUUID();
  conversationId = '';
  #seen = 0;

  /** Stores a message and takes its turn. @returns the templates of what the bot said */
  async send(incoming: Incoming, messageId: string = randomUUID()): Promise<string[]> {
    await this.post(incoming, messageId);
    return this.hear();
  }

  async post(incoming: Incoming, messageId: string = randomUUID()): Promise<void> {
    const received = { messageId: `${this.#visitor}/${messageId}`, visitor: this.#visitor, incoming };
    this.conversationId = (await inbox.accept('web', received, '192.0.2.7')).conversationId;
  }

  async hear(by: Turns = turns): Promise<string[]> {
    await by.run(this.conversationId);
    const lines = await transcript(store.pool, this.conversationId, this.#seen);
    this.#seen = lines.at(-1)?.seq ?? this.#seen;
    return lines.flatMap((line) => (line.from === 'bot' ? [line.bubble.template] : []));
  }

  text(text: string): Promise<string[]> {
    return this.send({ kind: 'text', text });
  }

  get caseId(): Promise<string> {
    const where = { id: this.conversationId };
    return store.db.conversation.findUniqueOrThrow({ where }).then(({ caseId }) => caseId ?? '');
  }
}

/** What the phone shows. */
async function smsCode(): Promise<string> {
  const effect = await store.db.effect.findFirstOrThrow({ where: { type: 'sms' }, orderBy: { createdAt: 'desc' } });
  const { codeId } = effect.body as { codeId: string };
  return (await signInCodes.readSmsCode(codeId))!.digits;
}

async function signedIn(mobile = MOBILE): Promise<Visitor> {
  const visitor = new Visitor();
  await visitor.send({ kind: 'opened' });
  await visitor.text(mobile);
  await visitor.text(await smsCode());
  return visitor;
}

/** A computer that typed the code; its match number. */
async function computerAsks(visitor: Visitor): Promise<string> {
  const read = await office.writer.read({ commandId: '', conversationId: visitor.conversationId });
  const code = read.link.kind === 'code' ? await linkCodes.reveal(read.link.codeId) : undefined;
  const computer = { os: 'Windows 11', name: 'PC-1' };
  const asked = await links.ask(code!, { devicePublicKey: Buffer.alloc(44), matchNumber: '57', computer });
  if (asked.kind !== 'asking') throw new Error(asked.kind);
  return '57';
}

const report = async (visitor: Visitor, news: Report) => office.writer.report(await visitor.caseId, randomUUID(), news);
const VIEW = { model: 'm', serialTail: '1', algorithm: 'P-256', pin: 'ok', certificates: 1 } as const;

test('from the first question to the details in five messages, through the database', async () => {
  await office.certificate();
  const customer = new Visitor();
  expect(await customer.send({ kind: 'opened' })).toEqual(['ask-mobile']);
  expect(await customer.text(MOBILE)).toEqual(['ask-code']);
  expect(await customer.text(await smsCode())).toEqual(['choose-certificate']);
  expect(await customer.text('1')).toEqual(['bid-guard']);
  expect(await customer.text('1')).toEqual(['link']);
  const match = await computerAsks(customer);
  expect(await customer.hear()).toEqual(['match']);
  expect(await customer.text(match)).toEqual(['look']);
  const { link } = await office.writer.read({ commandId: '', conversationId: customer.conversationId });
  if (link.kind !== 'linked') throw new Error(link.kind);
  await report(customer, { type: 'report-token-looked', linkId: link.linkId, token: VIEW });
  expect(await customer.hear()).toEqual(['details']);
  expect(await customer.text('1')).toEqual(['rekey']);
  expect(await store.db.effect.count({ where: { type: 'bridge/renew.begin' } })).toBe(1);
  expect(logged).toEqual([]);
});

test('a message that comes twice is answered once', async () => {
  const customer = new Visitor();
  await customer.send({ kind: 'opened' });
  expect(await customer.send({ kind: 'text', text: MOBILE }, 'same')).toEqual(['ask-code']);
  expect(await customer.send({ kind: 'text', text: MOBILE }, 'same')).toEqual([]);
});

test('two processes that take the same turns say everything once', async () => {
  const customer = await signedIn();
  const other = openProcess();
  for (const text of ['帮助', '重复', '帮助']) await customer.post({ kind: 'text', text });
  await Promise.all([turns.run(customer.conversationId), other.run(customer.conversationId)]);
  await customer.hear(other);
  const answered = await store.db.inbox.count({ where: { conversationId: customer.conversationId, doneAt: null } });
  expect(answered).toBe(0);
  const bubbles = await store.db.outbox.findMany({ where: { conversationId: customer.conversationId } });
  expect(bubbles.filter(({ bubble }) => (bubble as { template: string }).template === 'help')).toHaveLength(2);
});

test('messages are answered in the order in which they came', async () => {
  const customer = new Visitor();
  await customer.post({ kind: 'opened' });
  await customer.post({ kind: 'text', text: MOBILE });
  expect(await customer.hear()).toEqual(['ask-mobile', 'ask-code']);
});

test('a second browser of the same handler goes on with the case, and the first hears of it', async () => {
  const mobile = '13900001111';
  await createHandlers({ ...office, db: store.db }).register(mobile, office.clock.now() + DAY_MS);
  await office.certificate({ mobile });
  const [first, second] = [new Visitor(), new Visitor()];
  for (const browser of [first, second]) {
    await browser.send({ kind: 'opened' });
    await browser.text(mobile);
    const asked = await browser.text(await smsCode());
    if (browser === first) expect(asked).toEqual(['choose-certificate']);
    else expect(asked).toContain('bid-guard');
    if (browser === first) await browser.text('1');
    await store.db.code.updateMany({ data: { createdAt: new Date(0) } });
  }
  expect(await second.text('1')).toEqual(['link']);
  expect(await first.hear()).toEqual(['link']);
});

test('both browsers go along with the computer, and when it goes they show the same new code', async () => {
  const mobile = '13900002222';
  await createHandlers({ ...office, db: store.db }).register(mobile, office.clock.now() + DAY_MS);
  await office.certificate({ mobile });
  const [first, second] = [new Visitor(), new Visitor()];
  for (const browser of [first, second]) {
    await browser.send({ kind: 'opened' });
    await browser.text(mobile);
    await browser.text(await smsCode());
    if (browser === first) await browser.text('1');
    await store.db.code.updateMany({ data: { createdAt: new Date(0) } });
  }
  await second.text('1');
  // who said something is told up to three things
  for (const browser of [first, second]) await browser.text('重复');
  const match = await computerAsks(first);
  const both = () => Promise.all([first.hear(), second.hear()]);
  expect(await both()).toEqual([['match'], ['match']]);
  expect(await second.text(match)).toEqual(['look']);
  expect(await both()).toEqual([['look'], []]);
  const caseId = await first.caseId;
  const { link } = await office.writer.read({ commandId: '', caseId });
  if (link.kind !== 'linked') throw new Error(link.kind);
  const codes = () => store.db.code.count({ where: { caseId } });
  const before = await codes();
  await first.text('重复');
  await links.close(link.linkId, 'agent');
  expect(await both()).toEqual([['link'], ['link']]);
  expect((await codes()) - before).toBe(1);
  expect(logged).toEqual([]);
});

/** Before the look at the key, with a computer. */
async function joined(mobile: string): Promise<Visitor> {
  await createHandlers({ ...office, db: store.db }).register(mobile, office.clock.now() + DAY_MS);
  await office.certificate({ mobile });
  const customer = await signedIn(mobile);
  for (const text of ['1', '1']) await customer.text(text);
  const match = await computerAsks(customer);
  await customer.hear();
  expect(await customer.text(match)).toEqual(['look']);
  return customer;
}

test('a computer that answers no more is left for another, which gets a new code', async () => {
  const customer = await joined('13900003333');
  expect(await customer.text('换一台电脑')).toEqual(['link']);
  const rows = await store.db.bridgeLink.findMany({ where: { caseId: await customer.caseId } });
  expect(rows).toMatchObject([{ state: 'closed', closedWhy: 'link/left' }]);
  const { link } = await office.writer.read({ commandId: '', conversationId: customer.conversationId });
  expect(link.kind).toBe('code');
  const match = await computerAsks(customer);
  expect(await customer.hear()).toEqual(['match']);
  expect(await customer.text(match)).toEqual(['look']);
  expect(logged).toEqual([]);
});

test('the computer of a case that is given up hears of it at once', async () => {
  const customer = await joined('13900004444');
  const caseId = await customer.caseId;
  await customer.text('取消');
  told.splice(0);
  await customer.text('1');
  expect(told).toContainEqual({ kind: 'effects', caseId });
});

test('a code that cannot be delivered is told once to whoever waits for it', async () => {
  const customer = new Visitor();
  await customer.send({ kind: 'opened' });
  await customer.text('13900005555');
  const { id } = await store.db.code.findFirstOrThrow({ where: { conversationId: customer.conversationId } });
  for (let twice = 0; twice < 2; twice++) await inbox.codeFailed(id, 'sms/refused');
  expect(await customer.hear()).toEqual(['code-void']);
  expect(logged).toEqual([]);
});

test('a code that is wrong counts once, also when its turn is run again', async () => {
  const customer = new Visitor();
  await customer.send({ kind: 'opened' });
  await customer.text(MOBILE);
  const right = await smsCode();
  const wrong = right === '000000' ? '000001' : '000000';
  await customer.text(wrong);
  const code = await store.db.code.findFirstOrThrow({
    where: { conversationId: customer.conversationId, purpose: 'sign-in' },
  });
  expect(code).toMatchObject({ triesLeft: 4, usedAt: null });
  expect(await customer.text(right)).not.toContain('problem');
});

test('a PIN is in no table, and the customer is warned', async () => {
  await office.certificate();
  const customer = await signedIn();
  expect(await customer.text('我的密码是Qx7391zz')).toContain('masked');
  const rows = await store.pool.query<{ dump: string }>(
    'select coalesce(string_agg(t::text, $1), $1) as dump from (select * from inbox) t',
    [' '],
  );
  expect(rows.rows[0]!.dump).not.toContain('Qx7391zz');
  const row = await store.db.inbox.findFirstOrThrow({ where: { kind: 'masked' } });
  expect(office.vault.open(row.bodySealed!, `inbox/web/${row.messageId}`)).toBe('{"kind":"masked","what":"pin"}');
});

test('a turn that cannot be taken is tried again, and in the end the customer is told', async () => {
  const customer = new Visitor();
  await customer.send({ kind: 'opened' });
  await customer.post({ kind: 'text', text: '1' });
  const { conversationId } = customer;
  await store.db.inbox.updateMany({
    where: { conversationId, doneAt: null },
    data: { bodySealed: office.vault.seal('{}', 'something else') },
  });
  const free = () =>
    store.db.inbox.updateMany({ where: { conversationId, doneAt: null }, data: { leasedUntil: null } });
  for (let i = 0; i < 6; i++) {
    await turns.run(conversationId);
    await free();
  }
  expect(logged).toHaveLength(5);
  expect(await customer.hear()).toEqual(['problem']);
});
