/** The rules of the conversation, one by one; `every-step.test.ts` holds what is true at every step. */
import { describe, expect, test } from 'vitest';
import {
  arrivedAt,
  certificate,
  Conversation,
  DETOURS,
  EVERYWHERE,
  HANDLER,
  NOW,
  POLICY,
  TOKEN,
  txnOf,
  WAY,
} from '../tests/conversation.ts';
import { DAY_MS } from '../renewal/calendar.ts';
import { turn, type Finding } from './turn.ts';

const templates = (bubbles: readonly { readonly template: string }[]) => bubbles.map(({ template }) => template);
const lastFacts = (c: Conversation) => c.last?.caseChange?.facts.map(({ type }) => type) ?? [];
const found = (finding: Finding) => () => finding;
const detour = (name: string) => DETOURS[name]!();

describe('the ordinary path', () => {
  test('takes six messages of the customer, and says each thing once', () => {
    const c = arrivedAt('done');
    expect(templates(c.said)).toEqual([
      'ask-mobile',
      'ask-code',
      'choose-certificate',
      'bid-guard',
      'link',
      'match',
      'look',
      'details',
      'rekey',
      'done',
    ]);
  });

  test('never says more than three bubbles between two messages of the customer', () => {
    const c = new Conversation();
    for (const go of Object.values(WAY)) {
      go(c);
      expect(c.talk.said).toBeLessThanOrEqual(3);
    }
  });

  test('the end is told whatever was said before it', () => {
    const c = arrivedAt('rekey');
    c.talk = { ...c.talk, said: 3 };
    for (const point of ['issue', 'write-certificate', 'verify', 'done'] as const) WAY[point](c);
    expect(c.said.at(-1)?.template).toBe('done');
  });

  test('while the computer and the CA work, the chat is silent', () => {
    const c = arrivedAt('rekey');
    const before = c.said.length;
    for (const point of ['issue', 'write-certificate', 'verify'] as const) WAY[point](c);
    expect(c.said).toHaveLength(before);
    WAY.done(c);
    expect(templates(c.said.slice(before))).toEqual(['done']);
  });
});

describe('signing in', () => {
  test('a code goes out to the number that was typed, and the bubble shows it masked', () => {
    const c = arrivedAt('sign-in-code');
    expect(c.last?.smsCode).toEqual({ codeId: 'code-2' });
    expect(c.said.at(-1)?.data).toMatchObject({ mobile: HANDLER.mobile });
  });

  test('a wrong code is told, and the code asked for again', () => {
    const c = arrivedAt('sign-in-code');
    const says = c.text('123456', found({ kind: 'sms-code', verdict: 'wrong', triesLeft: 3 }));
    expect(templates(says)).toEqual(['problem', 'ask-code']);
    expect(JSON.stringify(says[0])).toContain('还可以再试 3 次');
    expect(c.handler).toBeUndefined();
  });

  test.each([
    [{ kind: 'sms-code', verdict: 'wrong', triesLeft: 0 }, '作废'],
    [{ kind: 'sms-code', verdict: 'expired' }, '过期'],
    [{ kind: 'sms-code', verdict: 'no-tries' }, '作废'],
  ] as const)('%j: the code is void, which one bubble says with the wait for another', (finding, words) => {
    const c = arrivedAt('sign-in-code');
    c.now += 18_000;
    const says = c.text('123456', found(finding));
    expect(says).toMatchObject([{ template: 'code-void', data: { waitSeconds: 42 } }]);
    expect(JSON.stringify(says[0])).toContain(words);
    expect(c.options).toEqual(['1 重新发送', '2 换手机号']);
    expect(c.handler).toBeUndefined();
    expect(templates(c.text('1', found({ kind: 'send-code', verdict: 'too-soon', waitSeconds: 42 })))).toEqual([
      'code-void',
    ]);
    c.now += 42_000;
    expect(c.text('帮助').at(-1)).toMatchObject({ template: 'code-void', data: { waitSeconds: 0 } });
    expect(templates(c.text('1'))).toEqual(['ask-code']);
  });

  test('a code that grew old meanwhile is not asked for any more', () => {
    const c = arrivedAt('sign-in-code');
    c.now += 300_000;
    expect(templates(c.text('重复'))).toEqual(['code-void']);
  });

  test.each(['too-soon', 'too-many'] as const)(
    'a code that may not be sent (%s) is told, and none goes out',
    (verdict) => {
      const c = arrivedAt('sign-in');
      const finding = verdict === 'too-soon' ? ({ verdict, waitSeconds: 42 } as const) : ({ verdict } as const);
      expect(templates(c.text('13800138000', found({ kind: 'send-code', ...finding })))).toEqual([
        'problem',
        'ask-mobile',
      ]);
      expect(c.last?.smsCode).toBeUndefined();
    },
  );

  test('another code is a new one: the old question no longer counts', () => {
    const c = arrivedAt('sign-in-code');
    const old = c.talk.question!;
    c.text('重新发送');
    expect(c.last?.smsCode).toBeDefined();
    expect(c.talk.question?.shows).not.toBe(old.shows);
  });

  test('at the code question another mobile number is a correction', () => {
    const c = arrivedAt('sign-in-code');
    expect(templates(c.text('13900139000'))).toEqual(['ask-code']);
  });

  test('返回 at the code question asks for the mobile again', () => {
    expect(templates(arrivedAt('sign-in-code').text('返回'))).toEqual(['ask-mobile']);
  });

  test('a number that is none is told', () => {
    expect(templates(arrivedAt('sign-in').text('1380013800012'))).toEqual(['problem', 'ask-mobile']);
  });

  test('with exactly one case going on, the conversation goes straight to its question', () => {
    const going = arrivedAt('bid-guard');
    const c = new Conversation();
    c.openCases = [going.case!];
    c.text('13800138000');
    const says = c.text(
      '123456',
      found({ kind: 'sms-code', verdict: 'right', handlerId: HANDLER.id, openCaseIds: [going.case!.id] }),
    );
    expect(templates(says)).toEqual(['going-on', 'bid-guard']);
    expect(says[0]?.data).toEqual({ unit: certificate().unit, tail: '7F3A' });
  });

  test('with two cases going on, the customer chooses', () => {
    const going = arrivedAt('bid-guard').case!;
    const c = new Conversation();
    c.openCases = [going];
    c.certificates = [certificate({ liveCase: { caseId: going.id } }), certificate({ id: 'other' })];
    c.text('13800138000');
    const right = { kind: 'sms-code', verdict: 'right', handlerId: HANDLER.id, openCaseIds: [going.id, 'x'] } as const;
    expect(templates(c.text('123456', found(right)))).toEqual(['choose-certificate']);
    expect(c.options[0]).toMatch(/^1 接着办/);
    expect(templates(c.text('1'))).toEqual(['bid-guard']);
    expect(c.case?.id).toBe(going.id);
  });
});

describe('先查能不能办', () => {
  test('answers before sign-in, without a name, and goes on with the first question', () => {
    const c = detour('query');
    const says = c.text('91350100M000100Y43');
    expect(templates(says)).toEqual(['query-answers']);
    expect(JSON.stringify(says)).not.toContain('恒信');
    expect(c.options).toEqual(['1 现在办', '0 返回']);
    expect(templates(c.text('现在办'))).toEqual(['ask-mobile']);
  });

  test.each([
    { is: 'early', about: { notAfter: NOW + 60 * DAY_MS }, goesToCounter: false },
    { is: 'late', about: { notAfter: NOW - 800 * DAY_MS }, goesToCounter: true },
    { is: 'revoked', about: { status: 'revoked' }, goesToCounter: true },
  ] as const)(
    'one that is $is is not offered, and the counter is named: $goesToCounter',
    ({ about, goesToCounter }) => {
      const { policy, notAfter, status } = certificate(about);
      const answers = [{ serialTail: '7F3A', policy, notAfter, status }];
      const c = detour('query');
      const says = c.text('91350100M000100Y43', found({ kind: 'query', verdict: 'answered', answers }));
      expect(c.options).toEqual(['0 返回']);
      const { name, address } = POLICY.counter;
      expect(says[0]?.data).toMatchObject({
        may: false,
        counters: goesToCounter ? [{ name, address, ...POLICY.service }] : [],
      });
    },
  );

  test('after an answer another can be asked about, and 返回 leads to the first question', () => {
    const c = detour('query');
    c.text('91350100M000100Y43');
    expect(templates(c.text('91350100M000100Y43'))).toEqual(['query-answers']);
    expect(templates(c.text('0'))).toEqual(['ask-mobile']);
  });

  test('nothing found is told, and asked again', () => {
    const says = detour('query').text('91350100M000100Y43', found({ kind: 'query', verdict: 'answered', answers: [] }));
    expect(templates(says)).toEqual(['problem', 'query']);
  });

  test('too many are refused', () => {
    const says = detour('query').text('91350100M000100Y43', found({ kind: 'query', verdict: 'too-many' }));
    expect(templates(says)).toEqual(['problem', 'ask-mobile']);
  });

  test('a mobile number instead starts signing in; 0 goes back', () => {
    expect(templates(detour('query').text('13800138000'))).toEqual(['ask-code']);
    expect(templates(detour('query').text('0'))).toEqual(['ask-mobile']);
  });

  test('a USCC sent as the first message is looked up at once', () => {
    expect(templates(arrivedAt('sign-in').text('91350100M000100Y43'))).toEqual(['query-answers']);
  });
});

describe('choosing a certificate', () => {
  const day = (text: string) => Date.parse(`${text}T23:59:59+08:00`);
  const STATES = [
    // today is 2026-05-20: 到期日前30天内至后730天内, both included
    { ends: '2026-06-19', may: true },
    { ends: '2026-06-20', may: false },
    { ends: '2026-05-20', may: true },
    { ends: '2024-05-20', may: true },
    { ends: '2024-05-19', may: false },
  ];

  test.each(STATES)('one that ends on $ends gets a number: $may', ({ ends, may }) => {
    const c = arrivedAt('choose-certificate', (it) => {
      it.certificates = [certificate({ notAfter: day(ends) })];
    });
    expect(c.options).toHaveLength(may ? 2 : 1);
    expect(c.options.at(-1)).toBe('0 换手机号');
  });

  test.each([{ status: 'revoked' }, { status: 'suspended' }, { liveCase: 'others' }] as const)(
    'one that is %j gets none',
    (about) => {
      const c = arrivedAt('choose-certificate', (it) => {
        it.certificates = [certificate(about)];
      });
      expect(c.options).toEqual(['0 换手机号']);
    },
  );

  test('the only eligible one is still asked about, and is opened by its number', () => {
    const c = arrivedAt('choose-certificate');
    expect(c.case).toBeUndefined();
    c.text('1');
    expect(lastFacts(c)).toEqual(['case-opened']);
    expect(c.last?.caseChange?.opened).toEqual({ certificateId: 'certificate-1', handlerId: HANDLER.id });
  });

  test('the end of its serial chooses it as well', () => {
    const c = arrivedAt('choose-certificate');
    expect(templates(c.text('7f3a'))).toEqual(['bid-guard']);
  });

  test('those that may be renewed stand first', () => {
    const c = arrivedAt('choose-certificate', (it) => {
      it.certificates = [certificate({ id: 'late', notAfter: NOW - 800 * DAY_MS }), certificate()];
    });
    const data = c.said.at(-1)?.data;
    expect(data).toMatchObject({ available: [{ key: '1' }], unavailable: [{ key: null }] });
  });

  test.each(['7F3A', '尾号7f3a', '证书尾号 7F3A'])('one that may not is explained when %s is typed', (typed) => {
    const revoked = certificate({ id: 'r', status: 'revoked' });
    const c = arrivedAt('choose-certificate', (it) => {
      it.certificates = [certificate({ serial: '10C4A90B52E60000' }), revoked];
    });
    const { options } = c;
    const says = c.text(typed);
    expect(templates(says)).toEqual(['unavailable', 'brief']);
    expect(says[0]?.data).toMatchObject({ tail: '7F3A', revoked: true, counter: { name: POLICY.counter.name } });
    expect(c.options).toEqual(options);
  });

  test('who is not verified is told so, and nothing is opened', () => {
    const c = arrivedAt('choose-certificate');
    c.handler = { ...HANDLER, verified: false };
    expect(templates(c.text('1'))).toEqual(['problem', 'brief']);
    expect(c.case).toBeUndefined();
  });

  test('one that was taken meanwhile is refused', () => {
    const c = arrivedAt('choose-certificate');
    c.certificates = [certificate({ liveCase: 'others' })];
    expect(templates(c.text('1'))).toEqual(['problem', 'brief']);
  });

  test('换手机号 signs out', () => {
    const c = arrivedAt('choose-certificate');
    expect(templates(c.text('换手机号'))).toEqual(['ask-mobile']);
    expect(c.talk.handlerId).toBeUndefined();
  });

  test('with ten that may be renewed, nine have numbers', () => {
    const c = arrivedAt('choose-certificate', (it) => {
      it.certificates = Array.from({ length: 12 }, (_, i) => certificate({ id: `certificate-${i}` }));
    });
    expect(c.options).toHaveLength(10);
  });
});

describe('the bid guard (domain §3.0)', () => {
  test('no unopened bid: go on', () => {
    expect(templates(arrivedAt('bid-guard').text('没有'))).toEqual(['link']);
  });

  test('not sure: how to check, and the same question', () => {
    const c = detour('bid-guard unsure');
    expect(c.said.at(-1)).toMatchObject({ template: 'bid-guard', data: { unsure: true } });
    expect(templates(c.text('没有'))).toEqual(['link']);
  });

  test('the certificate outlives the opening: renew afterwards, or type that the file will be made again', () => {
    const c = detour('bid-risk wait');
    expect(templates(c.text('2'))).toEqual(['bid-risk-confirm']);
    expect(templates(c.text('好'))).toEqual(['miss-example']);
    expect(templates(c.text('我会重做标书。'))).toEqual(['link']);
  });

  test('开标后再来 keeps the case, and after the opening it goes on', () => {
    const c = detour('bid-risk wait');
    expect(templates(c.text('1'))).toEqual(['bid-later']);
    expect(c.options).toEqual(['2 标书会重做并重新上传，现在办', '0 返回']);
    c.now += 2 * DAY_MS;
    expect(templates(c.hear({ kind: 'opened' }))).toEqual(['link']);
  });

  test('the certificate ends before the opening: renew now, and make the file again', () => {
    const c = detour('bid-risk now');
    expect(c.said.at(-1)?.template).toBe('bid-risk-now');
    expect(templates(c.text('1'))).toEqual(['link']);
  });

  test('返回 takes the typed confirmation back, then the answer', () => {
    const c = detour('bid-risk confirm');
    expect(templates(c.text('0'))).toEqual(['bid-risk-wait']);
    expect(templates(c.text('0'))).toEqual(['bid-opening']);
    expect(templates(c.text('0'))).toEqual(['bid-guard']);
  });

  test('an opening that has passed is told', () => {
    expect(templates(detour('bid-opening').text('2026-05-19 9:00'))).toEqual(['problem', 'bid-opening']);
  });

  test('after a day its hour is asked for, and with it the moment is known', () => {
    const c = detour('bid-opening');
    expect(c.text('明天')).toMatchObject([{ template: 'bid-hour', data: { day: { iso: '2026-05-21' } } }]);
    expect(c.text('上午9点半')).toMatchObject([
      { template: 'bid-risk-wait', data: { opens: { iso: '2026-05-21T09:30:00+08:00' } } },
    ]);
    expect(c.talk.openingDay).toBeUndefined();
  });

  test('the day that waits for its hour can be corrected, or taken back', () => {
    const c = detour('bid-opening');
    c.text('明天');
    expect(c.text('7月3日')).toMatchObject([{ template: 'bid-hour', data: { day: { iso: '2026-07-03' } } }]);
    expect(templates(c.text('返回'))).toEqual(['bid-opening']);
    expect(templates(c.text('9点'))).toEqual(['miss-example']);
  });

  test('a time typed below the advice corrects the one before', () => {
    const c = detour('bid-risk wait');
    expect(templates(c.text('说错了，是7月3日上午9点'))).toEqual(['bid-risk-now']);
    expect(lastFacts(c)).toEqual(['bid-question-answered', 'bid-opening-told']);
    expect(templates(c.text('7月5日'))).toEqual(['bid-hour']);
  });

  test.each([
    ['明天上午9点', 'bid-risk-wait'],
    ['有，7月3日上午9点开标', 'bid-risk-now'],
    ['7月3日9点，还没开标', 'bid-risk-now'],
    ['7月3日', 'bid-hour'],
    ['5月19日的标 2026-05-19 9:00', 'problem'],
    ['明天9点再来', 'miss-example'],
    ['没有，5月30日9点的不算', 'miss-example'],
    ['5月30日再说', 'miss-example'],
    ['2-3个人', 'miss-example'],
  ])('at the first question, %s leads to %s', (text, template) => {
    expect(arrivedAt('bid-guard').text(text)[0]?.template).toBe(template);
  });
});

describe('joining the computer', () => {
  test('a code is made with the question, and stands nowhere in it', () => {
    const c = arrivedAt('link');
    expect(c.last?.linkCode).toEqual({ codeId: 'code-6', caseId: c.case?.id });
    expect(c.said.at(-1)?.secret).toEqual({ kind: 'link-code', codeId: 'code-6' });
  });

  test('换一个码 makes a new one', () => {
    const c = arrivedAt('link');
    c.text('换一个码');
    expect(c.last?.linkCode).toBeDefined();
    expect(c.said.at(-1)?.secret?.codeId).not.toBe('code-6');
  });

  test('another message does not', () => {
    const c = arrivedAt('link');
    c.text('进度');
    expect(c.last?.linkCode).toBeUndefined();
    expect(c.text('重复').at(-1)?.secret?.codeId).toBe('code-6');
  });

  test('a code that is still good asks nothing new', () => {
    const c = arrivedAt('link');
    expect(c.hear({ kind: 'look-again' })).toEqual([]);
  });

  test('too many codes: the one that is good is kept, and it is told', () => {
    const c = arrivedAt('link');
    c.linkCodes = 'too-many';
    expect(templates(c.tap('1'))).toEqual(['link-code-kept', 'brief']);
    expect(c.last?.linkCode).toBeUndefined();
    expect(c.text('重复').at(-1)?.secret?.codeId).toBe('code-6');
  });

  test('too many codes and none is good: nothing to type and nothing to choose, until one may be made', () => {
    const c = detour('too many link codes');
    expect(c.said.at(-1)?.template).toBe('link-none');
    expect(c.options).toEqual([]);
    for (let n = 0; n < 4; n++) expect(templates(c.text('什么意思'))).toEqual(['link-none']);
    c.linkCodes = 'allowed';
    expect(templates(c.text('继续'))).toEqual(['link']);
    expect(c.last?.linkCode).toBeDefined();
  });

  test.each(['wrong-number', 'expired'] as const)('a number that is %s costs the code', (verdict) => {
    const c = arrivedAt('match');
    expect(templates(c.text('46', found({ kind: 'match-number', verdict })))).toEqual(['problem', 'link']);
    expect(c.last?.linkCode).toBeDefined();
  });

  test('a computer that is not the customer’s is refused, and there is a new code', () => {
    const c = arrivedAt('match');
    expect(templates(c.text('不是我的电脑'))).toEqual(['problem', 'link']);
    expect(c.last?.linkCode).toBeDefined();
  });

  test('the computer that joined is the bridge’s news: the chat goes on, and records nothing itself', () => {
    const c = arrivedAt('match');
    expect(templates(c.text('47'))).toEqual(['look']);
    expect(lastFacts(c)).toEqual([]);
    expect(c.case?.computer).toMatchObject({ linkId: 'link-1' });
  });

  test('another computer that asks by then is not taken for the one that joined', () => {
    const c = arrivedAt('match');
    const typed = c.input({ kind: 'text', text: '47' });
    const link = { kind: 'asking', linkId: 'link-2', computer: { os: 'Linux', name: 'other' } } as const;
    const output = turn({ ...typed, live: { ...typed.live, link } }, { kind: 'match-number', verdict: 'joined' });
    expect(output.caseChange).toBeUndefined();
    expect(output.talk.question?.shows).toBe('match/link-2');
  });

  test('a link that is lost while the key is worked on says so with the new code', () => {
    expect(detour('link again').said.at(-1)).toMatchObject({ template: 'link', data: { again: true } });
  });

  test('a computer that comes and goes stops talking after three bubbles', () => {
    const c = arrivedAt('link');
    for (let n = 0; n < 5; n++) {
      c.computerAsks(`link-${n}`);
      c.link = { kind: 'none' };
      c.hear({ kind: 'look-again' });
    }
    expect(c.talk.said).toBe(3);
    expect(c.text('继续')).toHaveLength(1);
  });
});

describe('details', () => {
  test('都对，继续 promises the day on the card and starts', () => {
    const c = arrivedAt('details');
    expect(c.said.at(-1)?.data).toMatchObject({ endsAnew: { words: '2027年6月15日（周二）' } });
    c.text('都对');
    expect(lastFacts(c)).toEqual(['details-confirmed', 'rekey-started']);
    expect(c.case?.promised).toMatchObject({ promisedDay: '2027-06-15' });
  });

  test('a day that changed overnight is shown again before it counts', () => {
    const c = arrivedAt('details');
    c.now += 40 * DAY_MS;
    expect(templates(c.text('1'))).toEqual(['moved-on', 'details']);
    expect(c.case?.promised).toBe('none');
  });

  test('继续 alone confirms nothing', () => {
    const c = arrivedAt('details');
    expect(templates(c.text('继续'))).toEqual(['details']);
    expect(c.case?.promised).toBe('none');
  });

  test('信息有变更 leads to the counter, and back', () => {
    const c = detour('change');
    expect(c.said.at(-1)?.data).toMatchObject({ counter: POLICY.counter });
    expect(templates(c.text('其实没有变更'))).toEqual(['details']);
  });

  test('返回 asks about bids again and keeps the look', () => {
    const c = arrivedAt('details');
    expect(templates(c.text('0'))).toEqual(['bid-guard']);
    expect(templates(c.text('没有'))).toEqual(['details']);
  });

  test('while the computer waits for consent, 返回 says how to stop it there', () => {
    expect(templates(arrivedAt('rekey').text('返回'))).toEqual(['back-at-computer', 'rekey']);
  });

  test.each(['rekey-again', 'link again'])('before a key is made, 返回 at %s says what leads back', (place) => {
    expect(templates(detour(place).text('返回'))[0]).toBe('back-restart');
  });

  test('after the consent 返回 says why it cannot', () => {
    const c = arrivedAt('rekey');
    c.report({ type: 'report-consented', txnId: txnOf(c), attempt: 1 });
    expect(JSON.stringify(c.text('返回')[0])).toContain('不能再改');
  });
});

describe('what stops on the key', () => {
  test.each([
    ['look-again', 'look', 'look-asked-again'],
    ['rekey-again', 'rekey', 'rekey-started'],
    ['write-again', 'write-certificate', 'writing-asked-again'],
    ['verify-again', 'verify', 'verification-asked-again'],
  ])('%s: once more on request', (stopped, next, fact) => {
    const c = detour(stopped);
    expect(c.talk.said).toBeLessThanOrEqual(3);
    expect(templates(c.text('1'))).toEqual([next]);
    expect(lastFacts(c)).toEqual([fact]);
  });

  test('what staff must do names the telephone and the number of the case', () => {
    const c = detour('with-staff');
    expect(c.said.at(-1)?.data).toMatchObject({ service: POLICY.service });
    expect(c.said.at(-1)?.data['number']).toMatch(/^XQ260520-/);
  });
});

describe('cancelling and starting over', () => {
  test('取消 is asked back, and 1 does it', () => {
    const c = arrivedAt('details');
    expect(templates(c.text('取消'))).toEqual(['confirm-cancel']);
    expect(lastFacts(c)).toEqual([]);
    expect(templates(c.text('1'))).toEqual(['cancelled']);
    expect(lastFacts(c)).toEqual(['case-cancelled']);
  });

  test.each(['0', '不', '接着办', '继续', '返回'])('asked back, %s keeps the case', (text) => {
    const c = detour('confirming cancel');
    expect(templates(c.text(text))).toEqual(['details']);
    expect(c.talk.confirming).toBe('none');
    expect(c.case?.ended).toBe('no');
  });

  test('asked back, anything else keeps the case as well, and says so', () => {
    const c = detour('confirming cancel');
    expect(templates(c.text('嗯？'))).toEqual(['kept', 'brief']);
    expect(c.case?.ended).toBe('no');
  });

  test('a look-again that asks something new forgets that it was asked back', () => {
    const c = arrivedAt('match');
    c.text('取消');
    c.link = { kind: 'none' };
    c.hear({ kind: 'look-again' });
    expect(c.talk.question?.step).toBe('link');
    c.text('1');
    expect(c.case?.ended).toBe('no');
  });

  test('重新开始 gives this case up and shows the certificates', () => {
    const c = detour('confirming restart');
    expect(templates(c.text('1'))).toEqual(['choose-certificate']);
    expect(c.talk.caseId).toBeUndefined();
  });

  test('once the CA was asked, 取消 says why it cannot', () => {
    const c = arrivedAt('issue');
    expect(templates(c.text('取消'))).toEqual(['problem', 'issue']);
    expect(c.talk.confirming).toBe('none');
  });

  test.each(['cancelled', 'lapsed', 'too-early', 'too-late'])(
    'from %s there is a way to another certificate',
    (name) => {
      expect(templates(detour(name).text('1'))).toEqual(['choose-certificate']);
    },
  );

  test('and from done', () => {
    expect(templates(arrivedAt('done').text('再办一张'))).toEqual(['choose-certificate']);
  });
});

describe('misunderstanding', () => {
  test('first an example, then only the options, then a person; then from the beginning', () => {
    const c = arrivedAt('bid-guard');
    expect(templates(c.text('什么意思'))).toEqual(['miss-example']);
    expect(templates(c.text('什么意思'))).toEqual(['miss-options']);
    expect(templates(c.text('什么意思'))).toEqual(['miss-staff', 'bid-guard']);
    expect(templates(c.text('什么意思'))).toEqual(['miss-example']);
  });

  test('an answer starts the count anew', () => {
    const c = arrivedAt('bid-guard');
    c.text('什么意思');
    c.text('不确定');
    expect(templates(c.text('什么意思'))).toEqual(['miss-example']);
  });

  test.each([
    ['bid-guard', true],
    ['bid-opening', false],
    ['details', true],
    ['link', false],
  ] as const)('at %s there is more than one thing to choose: %s', (place, several) => {
    const c = EVERYWHERE[place]!();
    c.text('什么意思');
    expect(c.text('什么意思')[0]?.data).toMatchObject({ several });
  });

  test('a question shown as options only can be answered', () => {
    const c = arrivedAt('bid-guard');
    c.text('什么意思');
    c.text('什么意思');
    expect(templates(c.tap('1'))).toEqual(['link']);
  });
});

describe('questions of before', () => {
  test('an option of an older question does not count', () => {
    const c = arrivedAt('bid-guard');
    const old = c.talk.question!;
    c.text('进度');
    expect(templates(c.hear({ kind: 'choice', questionId: old.id, key: '1' }))).toEqual(['stale', 'bid-guard']);
    expect(c.case?.bid.kind).toBe('unanswered');
  });

  test('a number typed after the step has moved on does not count', () => {
    const c = arrivedAt('look');
    c.case = { ...c.case!, look: { kind: 'seen', linkId: 'link-1', token: TOKEN } };
    expect(templates(c.text('1'))).toEqual(['moved-on', 'details']);
  });

  test('reloading asks nothing that is asked already', () => {
    const c = arrivedAt('bid-guard');
    expect(c.hear({ kind: 'opened' })).toEqual([]);
    expect(c.hear({ kind: 'look-again' })).toEqual([]);
  });
});

describe('words that work everywhere', () => {
  test('人工 names the telephone and is kept with the case', () => {
    const c = arrivedAt('details');
    expect(templates(c.text('人工'))).toEqual(['staff', 'brief']);
    expect(lastFacts(c)).toEqual(['staff-asked-for']);
  });

  test('人工 names the telephones of the certificates that are listed, each once, and none before', () => {
    const ours = { ...POLICY.service, project: null };
    expect(arrivedAt('sign-in').text('人工')[0]?.data).toMatchObject({ services: [] });
    expect(arrivedAt('choose-certificate').text('人工')[0]?.data).toMatchObject({ services: [ours] });
    const service = { hotline: '0531-1111111', hours: '每天 9:00–18:00' };
    const other = certificate({ policy: { ...POLICY, project: 'jinan', projectName: '济南项目', service } });
    const both = arrivedAt('choose-certificate', (it) => (it.certificates = [certificate(), certificate(), other]));
    expect(both.text('人工')[0]?.data).toMatchObject({
      services: [
        { ...ours, project: POLICY.projectName },
        { ...service, project: '济南项目' },
      ],
    });
  });

  test('nothing is promised for after the sign-in', () => {
    const c = arrivedAt('choose-certificate', (it) => (it.certificates = []));
    expect(c.text('人工')[0]?.data).toMatchObject({ services: [] });
    for (let n = 0; n < 3; n++) c.text('什么意思');
    expect(c.said.at(-2)).toMatchObject({ template: 'miss-staff', data: { services: [] } });
  });

  test.each(['choose-certificate', 'link', 'details', 'change', 'too-late'] as const)(
    'the card of %s is shown again only when it is asked for',
    (place) => {
      const c = EVERYWHERE[place]!();
      const { options } = c.talk.question!;
      for (const word of ['进度', '帮助', '人工', '验真']) {
        const [, asked] = c.text(word);
        expect(asked).toMatchObject({ template: 'brief', question: { options } });
      }
      for (const word of ['重复', '继续']) expect(templates(c.text(word))).toEqual([place]);
    },
  );

  test.each(['谢谢', '好了吗？', '进度', '办好了吗', '可以拔了吗'])(
    'after the end, %s is answered in a line',
    (text) => {
      const c = arrivedAt('done');
      expect(c.text(text)).toMatchObject([{ template: 'done-brief', data: { ends: { iso: '2027-06-15' } } }]);
    },
  );

  test('and 人工 with the telephone and that line', () => {
    expect(templates(arrivedAt('done').text('人工'))).toEqual(['staff', 'done-brief']);
  });

  test('once it is issued, progress tells the day of the certificate', () => {
    const data = arrivedAt('verify').text('进度')[0]?.data;
    expect(data).toMatchObject({ about: { issuedTo: { iso: '2027-06-15' } } });
    expect(arrivedAt('issue').text('进度')[0]?.data).toMatchObject({ about: { issuedTo: null } });
  });

  test('返回 at the first question of a case says what changes the certificate', () => {
    expect(templates(arrivedAt('bid-guard').text('返回'))).toEqual(['back-first', 'bid-guard']);
  });

  test('a pasted PIN is not answered but warned about', () => {
    const c = arrivedAt('rekey');
    expect(templates(c.hear({ kind: 'masked', what: 'pin' }))).toEqual(['masked', 'rekey']);
  });

  test('progress tells where it stands and what is promised', () => {
    const c = arrivedAt('issue');
    expect(c.text('进度')[0]?.data).toMatchObject({
      waits: { provider: true },
      about: { endsAnew: { iso: '2027-06-15' } },
    });
    expect(txnOf(c)).not.toBe('');
  });
});
