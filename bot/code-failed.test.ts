/** A sign-in code that could not be delivered: told in one bubble, to whoever still waits for it. */
import { expect, test } from 'vitest';
import { arrivedAt, DETOURS } from '../tests/conversation.ts';

const templates = (bubbles: readonly { readonly template: string }[]) => bubbles.map(({ template }) => template);
const codeId = 'code-2';

test.each([
  ['sms/refused', '短信没能发到这个号码'],
  ['sms/unreachable', '短信暂时发不出去'],
  ['code/too-many', '要得太频繁了'],
  ['code/expired', '这个验证码过期了'],
] as const)('%s is told, and the question asked again with its options', (problem, words) => {
  const c = arrivedAt('sign-in-code');
  const before = c.talk.question;
  const says = c.hear({ kind: 'code-failed', codeId, problem });
  expect(templates(says)).toEqual(['code-void']);
  expect(JSON.stringify(says)).toContain(words);
  expect(c.talk.question).toMatchObject({ step: before?.step, shows: before?.shows, options: before?.options });
  expect(c.talk.said).toBeLessThanOrEqual(3);
});

test('what helps against a refusal is another number, not another try', () => {
  const c = DETOURS['code failed']!();
  expect(c.said.at(-1)?.data).toMatchObject({ waitSeconds: 0, problem: { hint: '请核对号码，或者换一个手机号。' } });
  expect(templates(c.text('重复'))).toEqual(['code-void']);
});

test.each([
  ['1', 'ask-code'],
  ['2', 'ask-mobile'],
  ['13900139000', 'ask-code'],
])('after it %s goes on', (text, next) => {
  expect(templates(DETOURS['code failed']!().text(text))).toEqual([next]);
});

test('a code that came all the same signs in', () => {
  expect(templates(DETOURS['code failed']!().text('123456'))).toContain('choose-certificate');
});

test('that a code of before failed is not told', () => {
  const c = arrivedAt('sign-in-code');
  c.text('重新发送');
  expect(c.hear({ kind: 'code-failed', codeId, problem: 'sms/refused' })).toEqual([]);
});

test.each(['sign-in', 'choose-certificate', 'rekey'] as const)('at %s nobody waits for a code any more', (point) => {
  const c = arrivedAt(point);
  expect(c.hear({ kind: 'code-failed', codeId, problem: 'sms/refused' })).toEqual([]);
});
