/**
 * What a command makes of a case. Total over every state and command, and throws nothing: wishes may be refused
 * with a code; reports are news, of which doubled and late ones give no facts.
 */
import type { Instant } from './calendar.ts';
import type { Case } from './case.ts';
import type { CaseCommand, Report } from './commands.ts';
import { NOTHING, type Decision } from './decision.ts';
import { decideReport } from './decide-report.ts';
import { decideWish } from './decide-wish.ts';
import type { Policy } from './policy.ts';

export type { Decision } from './decision.ts';

export function decide(theCase: Case | undefined, command: CaseCommand, policy: Policy, now: Instant): Decision {
  if (!isReport(command)) return decideWish(theCase, command, policy, now);
  return theCase ? decideReport(theCase, command, policy, now) : NOTHING;
}

function isReport(command: CaseCommand): command is Report {
  return command.type.startsWith('report-');
}
