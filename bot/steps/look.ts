/** The look at the key (介质查询): the right certificate, readable, PIN not locked; nothing is changed. */
import { wish } from '../reaction.ts';
import { tailOf } from '../standing.ts';
import { option, problemWords } from '../words.ts';
import { atTheComputer } from './at-the-computer.ts';
import { caseStep, chose } from './step.ts';

export const look = atTheComputer('look');

export const lookAgain = caseStep({
  ask: (s) => ({
    template: 'look-again',
    data: {
      problem: problemWords(s.case.look.kind === 'failed' ? s.case.look.problem : 'token/none'),
      unit: s.case.certificate.unit,
      tail: tailOf(s.case.certificate.serial),
    },
    options: [option('1', 'look-again')],
    example: 'look-again',
  }),
  answer: (s, said) => {
    if (!chose(said, 'look-again') || s.live.link.kind !== 'linked') return 'miss';
    return wish(s, { type: 'look-again', linkId: s.live.link.linkId });
  },
});
