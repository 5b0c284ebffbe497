/** Every template of the chat is rendered with what the bot really says, and kept short. */
import { readdirSync, readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { describe, expect, test } from 'vitest';
import { Conversation, EVERYWHERE, arrivedAt, certificate, HANDLER, NOW, POLICY } from '../tests/conversation.ts';
import { DAY_MS } from '../renewal/calendar.ts';
import { bubbleData } from './bubble-data.ts';
import type { Bubble } from './talk.ts';

const FOLDER = new URL('../templates/chat/', import.meta.url);
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.hbs'))
  .map((file) => file.slice(0, -'.hbs'.length));
const TEMPLATES = new Map(
  NAMES.map((name) => [
    name,
    Handlebars.compile(readFileSync(new URL(`${name}.hbs`, FOLDER), 'utf8'), { strict: true }),
  ]),
);
const LONGEST_BUBBLE = 120;

function render(bubble: Bubble, linkCode?: string): string {
  const template = TEMPLATES.get(bubble.template);
  if (!template) throw new Error(`no template ${bubble.template}`);
  return template(bubbleData(bubble, linkCode));
}

/** What a person reads: the words without markup. */
function visible(html: string): string {
  return html
    .replace(/<[^>]+>/g, '')
    .replace(/&#x27;|&quot;|&amp;|&lt;|&gt;/g, '·')
    .replace(/\s+/g, '');
}

const WORDS = [
  '帮助',
  '进度',
  '人工',
  '返回',
  '取消',
  '重新开始',
  '退订',
  '验真',
  '嗯嗯',
  '嗯嗯',
  '嗯嗯',
  'x'.repeat(600),
];

/** Everything that is said at a place: the way there, every word, misses, a picture, a PIN. */
function everythingSaidAt(go: () => Conversation): readonly Bubble[] {
  const c = go();
  for (const text of WORDS) c.text(text);
  c.hear({ kind: 'picture' });
  c.hear({ kind: 'masked', what: 'pin' });
  c.hear({ kind: 'masked', what: 'id-number' });
  c.hear({ kind: 'choice', questionId: 'of yesterday', key: '1' });
  return c.said;
}

/** The few bubbles that stand at none of those places. */
function alsoSaid(): readonly Bubble[] {
  const c = arrivedAt('bid-guard');
  c.text('2');
  c.text('明天');
  c.text('上午9点');
  c.text('1');
  c.text('取消');
  c.text('什么');
  const several = arrivedAt('choose-certificate', (it) => {
    it.certificates = [
      certificate(),
      certificate({ id: 'early', notAfter: it.now + 60 * DAY_MS }),
      certificate({ id: 'expired', notAfter: it.now - 100 * DAY_MS }),
      certificate({ id: 'late', notAfter: it.now - 800 * DAY_MS }),
      certificate({ id: 'revoked', status: 'revoked' }),
      certificate({ id: 'suspended', status: 'suspended' }),
      certificate({ id: 'busy', liveCase: 'others' }),
      certificate({ id: 'mine', liveCase: { caseId: 'ca5e' } }),
    ];
  });
  const unavailable = [
    { status: 'revoked' },
    { status: 'suspended' },
    { liveCase: 'others' },
    { notAfter: NOW + 60 * DAY_MS },
    { notAfter: NOW - 800 * DAY_MS },
  ] as const;
  const asked = unavailable.map((about) => {
    const one = arrivedAt('choose-certificate', (it) => (it.certificates = [certificate(about)]));
    one.text('7F3A');
    return one;
  });
  const kept = arrivedAt('link');
  kept.linkCodes = 'too-many';
  kept.text('换一个码');
  const late = arrivedAt('sign-in-code');
  late.now += 10 * 60_000;
  late.text('帮助');
  const query = new Conversation();
  query.hear({ kind: 'opened' });
  query.tap('1');
  query.text('91350100M000100Y43');
  const moved = arrivedAt('details');
  moved.now += 40 * DAY_MS;
  moved.text('1');
  const low = arrivedAt('look');
  const token = { model: 'K5', serialTail: '1', algorithm: '', certificates: 2 };
  low.report({ type: 'report-token-looked', linkId: 'link-1', token: { ...token, pin: 'final' } });
  const early = arrivedAt('sign-in');
  early.text('取消');
  early.text('返回');
  const back = new Conversation();
  back.openCases = [arrivedAt('bid-guard').case!];
  back.text('13800138000');
  const openCaseIds = back.openCases.map(({ id }) => id);
  back.text('123456', () => ({ kind: 'sms-code', verdict: 'right', handlerId: HANDLER.id, openCaseIds }));
  return [c, several, ...asked, kept, late, query, moved, low, early, back].flatMap(({ said }) => said);
}

const SAID = [...Object.values(EVERYWHERE).flatMap((go) => everythingSaidAt(go)), ...alsoSaid()];

test.each(NAMES)('%s is said somewhere, and renders with all its data', (name) => {
  const used = SAID.filter(({ template }) => template === name);
  expect(used).not.toEqual([]);
  for (const bubble of used) expect(render(bubble).trim()).not.toBe('');
});

test('every bubble that is no card stays within 120 characters', () => {
  const long = SAID.map((bubble) => render(bubble, '48271605932'))
    .filter((html) => !html.includes('<section'))
    .map(visible)
    .filter((text) => text.length > LONGEST_BUBBLE);
  expect([...new Set(long)]).toEqual([]);
});

test('every question names its place first, once', () => {
  for (const bubble of SAID.filter(({ question }) => question)) {
    expect(visible(render(bubble)), bubble.template).toMatch(/第[1-7]\/7步/);
    expect(render(bubble).match(/class="step"/g), bubble.template).toHaveLength(1);
  }
});

test.each(NAMES)('%s has no inline style or script, no exclamation mark and no emoji', (name) => {
  const source = readFileSync(new URL(`${name}.hbs`, FOLDER), 'utf8');
  expect(source).not.toMatch(/style=|<script|\son\w+=|！|!|\p{Extended_Pictographic}/u);
});

test('what a customer typed or a certificate says is shown as text', () => {
  const html = render({
    template: 'match',
    data: { computer: { os: '<b>', name: '"><script>alert(1)</script>' }, progress: { chapter: 4, name: '核对' } },
  });
  expect(html).not.toContain('<script');
});

describe('the link code', () => {
  const link = SAID.find(({ secret }) => secret !== undefined);

  test('stands in the customer’s own view in groups of 3, 4 and 4', () => {
    expect(link && render(link, '48271605932')).toContain('<span>482</span><span>7160</span><span>5932</span>');
  });

  test('is nowhere in the bubble itself, and nowhere else shown', () => {
    expect(link && visible(render(link))).toContain('已失效');
  });
});

test('no bubble holds a whole mobile number or an SMS code', () => {
  expect(JSON.stringify(SAID)).not.toMatch(/13800138000|123456/);
  expect(JSON.stringify(SAID)).toContain(HANDLER.mobile);
});

test('the service words are the project’s', () => {
  const staff = SAID.filter(({ template }) => template === 'staff').map((bubble) => render(bubble));
  expect(staff.join('')).toContain(POLICY.service.hotline);
});
