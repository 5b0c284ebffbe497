/** Where a walk is: the case, what is true around it, and what was asked of the outside so far. */
import type { Live, Step } from '../../renewal/agenda.ts';
import { DAY_MS, type Instant } from '../../renewal/calendar.ts';
import type { Case, CaseFact, Certificate } from '../../renewal/case.ts';
import type { CaseCommand } from '../../renewal/commands.ts';
import { decide, type Decision } from '../../renewal/decide.ts';
import { evolve, type RecordedFact } from '../../renewal/evolve.ts';
import type { Policy } from '../../renewal/policy.ts';
import { at, OLD, policyOf } from './sample.ts';
import type { Draws } from './draws.ts';
import { stepOf } from './help.ts';

export interface World {
  readonly certificate: Certificate;
  policy: Policy;
  now: Instant;
  live: Live;
  case: Case | undefined;
  step: Step;
  readonly history: RecordedFact[];
  /** Every effect that was asked for, by its key. */
  readonly asked: Set<string>;
  /** Commands so far: each may come again, late. */
  readonly sent: CaseCommand[];
  readonly fresh: () => string;
  readonly wasAsked: (effectKey: string) => boolean;
  /** Of a hundred commands so many bring the case on. */
  readonly helpful: number;
  /** Of a hundred pauses so many last days. */
  readonly slow: number;
}

/** What one command did, for the promises. */
export interface Happened {
  readonly command: CaseCommand;
  readonly before: Case | undefined;
  readonly after: Case | undefined;
  readonly decision: Decision;
  readonly facts: readonly CaseFact[];
}

const ENDS = [
  at('2026-06-15 23:59:59'),
  at('2026-06-15 10:00:00'),
  at('2026-06-15'),
  at('2027-02-28 12:00:00'),
  at('2028-02-29'),
  at('2028-02-29 23:59:59'),
  at('2027-12-31 23:59:59'),
];

export function worldFrom(draws: Draws): World {
  const certificate = { ...OLD, notAfter: draws.one(ENDS) };
  // mostly in the window, now and then just outside it
  const day = draws.chance(70) ? draws.below(61) - 30 : draws.below(766) - 33;
  const asked = new Set<string>();
  let ids = 0;
  const world = {
    certificate,
    policy: policyOf({
      bidGuard: draws.chance(80) ? 'ask' : 'off',
      years: 1 + (draws.chance(20) ? draws.below(3) : 0),
    }),
    now: certificate.notAfter + day * DAY_MS + draws.below(DAY_MS),
    live: { signedIn: draws.chance(20), link: { kind: 'none' } } as Live,
    case: undefined,
    history: [],
    asked,
    sent: [],
    fresh: () => `fresh-${ids++}`,
    wasAsked: (key: string) => asked.has(key),
    helpful: draws.one([15, 30, 45, 60, 80]),
    slow: draws.one([0, 0, 2, 5]),
  };
  return { ...world, step: stepOf(world) };
}

/** Does as the writer does: decide, then let the facts follow. */
export function carryOut(world: World, command: CaseCommand): Happened {
  const before = world.case;
  const decision = decide(before, command, world.policy, world.now);
  const facts = decision.kind === 'decided' ? decision.facts : [];
  let after = before;
  for (const fact of facts) {
    after = evolve(after, fact, world.now);
    world.history.push({ fact, at: world.now });
  }
  world.case = after;
  world.step = stepOf(world);
  world.sent.push(command);
  return { command, before, after, decision, facts };
}
