/** A computer that answers no more: the customer goes on at another one, whatever it was doing. */
import { describe, expect, test } from 'vitest';
import { arrivedAt, type Conversation } from '../tests/conversation.ts';
import type { Check } from './turn.ts';

const AT_WORK = ['look', 'rekey', 'write-certificate', 'verify'] as const;
const templates = (bubbles: readonly { readonly template: string }[]) => bubbles.map(({ template }) => template);

/** Checks that the message asks for, all answered as they would be. */
function hear(c: Conversation, text: string) {
  const checks: Check[] = [];
  const says = c.text(text, (check) => {
    checks.push(check);
    return check as Extract<Check, { kind: 'leave-computer' }>;
  });
  return { says, checks };
}

describe.each(AT_WORK)('while the computer is to do its part at %s', (step) => {
  test.each(['1', '换一台电脑', '换电脑', '重新连接', '换一台电脑，或重新连接'])(
    '%s leaves it, and there is a new code',
    (text) => {
      const c = arrivedAt(step);
      const { says, checks } = hear(c, text);
      expect(checks).toEqual([{ kind: 'leave-computer', linkId: 'link-1' }]);
      expect(templates(says)).toEqual(['link']);
      expect(c.last?.linkCode).toBeDefined();
      expect(c.talk.said).toBeLessThanOrEqual(3);
    },
  );

  test('the option can be tapped', () => {
    const c = arrivedAt(step);
    expect(templates(c.tap('1'))).toEqual(['link']);
  });

  test('the computer that joins next goes on with the same step', () => {
    const c = arrivedAt(step);
    c.text('1');
    c.computerAsks('link-2');
    expect(templates(c.text('47'))).toEqual([step]);
  });

  test('anything else is answered with how things stand, and leaves nothing', () => {
    const c = arrivedAt(step);
    const { says, checks } = hear(c, '怎么还没好');
    expect([checks, templates(says)]).toEqual([[], [step]]);
  });
});

test('while the CA works no computer is needed, and none is left', () => {
  const c = arrivedAt('issue');
  const { says, checks } = hear(c, '1');
  expect([checks, templates(says)]).toEqual([[], ['issue']]);
});
