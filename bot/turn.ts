/**
 * One turn of a conversation, pure: what was said before, what is true now and what arrived → what changes and what
 * the bot says.
 *
 * Two halves, because some answers use something up (a try at a code) or must be looked up: `checkNeeded` names
 * that, whoever runs the turn does it once per message, and `turn` gets the finding.
 */
import { checkFor, react } from './react.ts';
import { say } from './say.ts';
import type { Check, Finding, TurnInput, TurnOutput } from './turn-contract.ts';

export type * from './turn-contract.ts';

/** What a message asks to be found out (once per message) before its turn. */
export function checkNeeded(input: TurnInput): Check {
  return checkFor(input);
}

/** @param finding of `checkNeeded`, also when the turn is run again because something changed meanwhile */
export function turn(input: TurnInput, finding: Finding): TurnOutput {
  return say(react(input, finding));
}
