/** Old and new side by side, before anything is changed; changed data goes to the counter. */
import { promisedDay } from '../../renewal/window.ts';
import { dayOf, writtenDay } from '../dates.ts';
import { wish } from '../reaction.ts';
import { tailOf } from '../standing.ts';
import { brief, option } from '../words.ts';
import { caseStep, chose, type Underway } from './step.ts';

export const details = caseStep({
  ask: (s) => {
    const { certificate, look } = s.case;
    const token = look.kind === 'seen' ? look.token : null;
    return {
      template: 'details',
      data: {
        ends: dayOf(certificate.notAfter),
        endsAnew: writtenDay(newDay(s)),
        unit: certificate.unit,
        uscc: certificate.uscc,
        tail: tailOf(certificate.serial),
        sponsor: s.policy.sponsor,
        token: token && { model: token.model, tail: token.serialTail },
        pin: { low: token?.pin === 'low', final: token?.pin === 'final', locked: token?.pin === 'locked' },
      },
      options: [option('1', 'all-right'), option('2', 'changed'), option('0', 'back')],
      example: 'details',
      brief: brief('details'),
    };
  },
  answer: (s, said) => {
    if (chose(said, 'changed')) return wish(s, { type: 'declare-change' });
    if (!chose(said, 'all-right')) return 'miss';
    const { txnId, nonce } = s.draw;
    // the day on the card: the answer would not count had it changed since
    return wish(s, { type: 'confirm-details', promisedDay: newDay(s), txnId, nonce });
  },
});

function newDay(s: Underway) {
  return promisedDay(s.case.certificate.notAfter, s.now, s.policy.years);
}

export const change = caseStep({
  ask: (s) => ({
    template: 'change',
    data: { counter: s.policy.counter, service: s.policy.service },
    options: [option('1', 'not-changed')],
    example: 'change',
    brief: brief('change'),
  }),
  answer: (s, said) => (chose(said, 'not-changed') ? wish(s, { type: 'withdraw-change' }) : 'miss'),
});
