/** Where a case ends or cannot go on, each with the way to another: done, cancelled, lapsed, too early, too late. */
import { isOver } from '../../renewal/case.ts';
import { checkWindow } from '../../renewal/window.ts';
import { caseNumber } from '../case-number.ts';
import { dayOf, writtenDay } from '../dates.ts';
import { leaveCase, wish } from '../reaction.ts';
import { tailOf } from '../standing.ts';
import { option, type OptionName } from '../words.ts';
import { caseStep, chose, type Underway } from './step.ts';

export const done = end('done', 'another', (s) => {
  const { issuance, verifying } = s.case;
  const on = verifying.kind === 'verified' ? verifying.at : s.now;
  return {
    ends: dayOf(issuance.kind === 'issued' ? issuance.notAfter : s.case.certificate.notAfter),
    tail: issuance.kind === 'issued' ? tailOf(issuance.serial) : '',
    unit: s.case.certificate.unit,
    number: caseNumber(s.case),
    stamp: dayOf(on).iso.replaceAll('-', '.'),
    rebindOn: s.policy.rebindOn,
  };
});

export const cancelled = end('cancelled', 'start-over', (s) => ({ unit: s.case.certificate.unit }));
export const lapsed = end('lapsed', 'start-over', (s) => ({ unit: s.case.certificate.unit }));

export const tooEarly = end('too-early', 'other-certificate', (s) => ({
  ends: dayOf(s.case.certificate.notAfter),
  opens: writtenDay(windowOf(s).opensOn),
}));

export const tooLate = end('too-late', 'other-certificate', (s) => ({
  ends: dayOf(s.case.certificate.notAfter),
  closed: writtenDay(s.case.promised === 'none' ? windowOf(s).closesOn : s.case.promised.writeUntil),
  counter: s.policy.counter,
  service: s.policy.service,
}));

function windowOf(s: Underway) {
  return checkWindow(s.case.certificate.notAfter, s.now, s.policy.window);
}

/** A case that cannot go on is given up when another certificate is chosen, so that it holds nobody up. */
function end(
  name: 'done' | 'cancelled' | 'lapsed' | 'too-early' | 'too-late',
  next: OptionName,
  data: (s: Underway) => object,
) {
  return caseStep({
    ask: (s) => ({ template: name, data: { ...data(s) }, options: [option('1', next)], example: name }),
    answer: (s, said) => {
      if (!chose(said, next)) return 'miss';
      return leaveCase(isOver(s.case) ? { after: s } : wish(s, { type: 'cancel-case' }));
    },
  });
}
