import { beforeEach, expect, test } from 'vitest';
import { ProblemError } from '../../renewal/problem.ts';
import { AnswerLost, type SmsSender } from '../providers/sms/port.ts';
import type { SmsCode } from '../sign-in-codes.ts';
import { smsEffect } from './sms.ts';

const codeId = '0b6f1c1e-5f5c-4d0e-9c55-1f5f1d7f0a11';
const effect = { key: `sms/${codeId}`, type: 'sms', caseId: undefined, body: { codeId }, attempts: 0 };
const live: SmsCode = { mobile: '13800006027', digits: '604218', createdAt: 0, live: true };

const told: unknown[] = [];
const tellFailure = async (...all: unknown[]) => void told.push(all);
beforeEach(() => void told.splice(0));

/** A carrier that gives one answer, or throws it. */
function carrier(answer: unknown): SmsSender {
  const give = async () => {
    await Promise.resolve();
    if (answer instanceof Error) throw answer;
    return answer as never;
  };
  return { send: give, ask: give };
}

const handler = (answer: unknown, code: SmsCode | undefined = live) =>
  smsEffect({ sender: carrier(answer), readCode: () => Promise.resolve(code), tellFailure });

/** Who waits for the code is told what is final. */
const toldOf = ({ kind, problem }: { kind: string; problem?: string }) =>
  kind === 'failed' ? [[codeId, problem]] : [];

const unreachable = new ProblemError('sms/unreachable');

test.each([
  ['is taken', { messageId: '1' }, { kind: 'done' }],
  ['finds nobody there', unreachable, { kind: 'later', problem: 'sms/unreachable' }],
  ['gets no answer', new AnswerLost('lost'), { kind: 'unknown', problem: 'sms/unreachable' }],
  ['is refused', new ProblemError('sms/refused'), { kind: 'failed', problem: 'sms/refused' }],
  ['is one too many', new ProblemError('code/too-many'), { kind: 'failed', problem: 'code/too-many' }],
])('a message that %s: %o → %o', async (_, answer, outcome) => {
  expect(await handler(answer).send(effect)).toMatchObject(outcome);
  expect(told).toEqual(toldOf(outcome));
});

test.each([
  ['was taken', 'accepted', true, { kind: 'done' }],
  ['failed on its way', 'failed', true, { kind: 'failed', problem: 'sms/refused' }],
  ['is not known yet', 'unseen', true, { kind: 'unknown' }],
  ['is not known, and the code is over', 'unseen', false, { kind: 'failed', problem: 'sms/unreachable' }],
  ['cannot be asked about', unreachable, true, { kind: 'unknown' }],
  ['cannot be asked about, and the code is over', unreachable, false, { kind: 'failed', problem: 'sms/unreachable' }],
])('asked later, a message that %s (%s, code live: %s)', async (_, answer, isLive, outcome) => {
  expect(await handler(answer, { ...live, live: isLive }).ask(effect)).toMatchObject(outcome);
  expect(told).toEqual(toldOf(outcome));
});

test.each([
  ['gone', undefined],
  ['over', { ...live, live: false }],
])('a code that is %s is not sent', async (_, code) => {
  const never = smsEffect({
    sender: carrier(new Error('must not be called')),
    readCode: () => Promise.resolve(code),
    tellFailure,
  });
  expect(await never.send(effect)).toEqual({ kind: 'failed', problem: 'code/expired' });
});

test('a code that ran out while nobody could be reached failed because of that', async () => {
  const tried = { ...effect, attempts: 7 };
  const outcome = { kind: 'failed', problem: 'sms/unreachable' };
  expect(await handler({}, { ...live, live: false }).send(tried)).toEqual(outcome);
  expect(told).toEqual(toldOf(outcome));
});

test('what nobody expected is thrown, and so counts as unknown', async () => {
  await expect(handler(new TypeError('defect')).send(effect)).rejects.toThrow('defect');
});
