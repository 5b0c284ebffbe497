/**
 * Making the key, issuing, writing, verifying. While these run the chat says only that they began: consent, PIN and
 * progress are on the computer. When one stops: what is safe, then what to do.
 */
import type { ProblemCode } from '../../renewal/problem.ts';
import { caseNumber } from '../case-number.ts';
import { wish } from '../reaction.ts';
import { option, problemWords } from '../words.ts';
import { atTheComputer } from './at-the-computer.ts';
import { caseStep, chose, waiting, type Underway } from './step.ts';

export const rekey = atTheComputer('rekey');
export const issue = waiting((s) => ({ template: 'issue', data: { number: caseNumber(s.case) } }));
export const writeCertificate = atTheComputer('write-certificate');
export const verify = atTheComputer('verify');

export const rekeyAgain = stopped('rekey-again', ({ case: { rekey: r } }) => r.kind === 'stopped' && r.problem);
export const writeAgain = stopped('write-again', ({ case: { writing: w } }) => w.kind === 'failed' && w.problem);
export const verifyAgain = stopped('verify-again', ({ case: { verifying: v } }) => v.kind === 'failed' && v.problem);

export const withStaff = waiting((s) => ({
  template: 'with-staff',
  data: {
    problem: problemWords(s.case.issuance.kind === 'rejected' ? s.case.issuance.problem : 'certificate/not-acceptable'),
    service: s.policy.service,
    number: caseNumber(s.case),
  },
}));

function stopped(name: 'rekey-again' | 'write-again' | 'verify-again', why: (s: Underway) => ProblemCode | false) {
  return caseStep({
    ask: (s) => ({
      template: name,
      data: { problem: problemWords(why(s) || 'service/busy') },
      options: [option('1', 'try-again')],
      example: name,
    }),
    answer: (s, said) => (chose(said, 'try-again') ? wish(s, { type: 'try-again', nonce: s.draw.nonce }) : 'miss'),
  });
}
