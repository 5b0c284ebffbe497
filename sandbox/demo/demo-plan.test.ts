import { expect, test } from 'vitest';
import { isUscc } from '../../renewal/uscc.ts';
import { checkWindow } from '../../renewal/window.ts';
import { demoPlan } from './demo-plan.ts';

const at = (time: string) => Date.parse(time);
const today = demoPlan(at('2026-11-22T12:00:00+08:00'));

test.each(today.certificates)('$unit has a code with the check digit of GB 32100: $uscc', ({ uscc }) => {
  expect(isUscc(uscc)).toBe(true);
});

const ANSWERS = [
  ['due', 'open'],
  ['expired', 'open'],
  ['too-early', 'too-early'],
  ['too-late', 'too-late'],
] as const;
const DAYS = ['2026-11-22T00:00:00+08:00', '2026-11-22T23:59:59+08:00', '2028-02-29T12:00:00+08:00'];

test.each(DAYS.flatMap((day) => ANSWERS.map(([name, answer]) => ({ day, name, answer }))))(
  'made at $day, the certificate "$name" is $answer',
  ({ day, name, answer }) => {
    const plan = demoPlan(at(day));
    const { notAfter, project } = plan.certificates.find((one) => one.name === name)!;
    const { window } = plan.projects.find((one) => one.project === project)!;
    expect(checkWindow(notAfter, at(day), window).kind).toBe(answer);
  },
);

test('the two that can be renewed are on keys of their own', () => {
  expect(today.certificates.filter((one) => one.token !== undefined).map((one) => one.name)).toEqual([
    'due',
    'expired',
  ]);
});
