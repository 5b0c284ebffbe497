/**
 * The promises of the core, held by many walks from the empty case: wishes and reports in any order, sensible or
 * not, while time passes. `WALK_SEED=… WALKS=… npx vitest run renewal/walks` repeats one.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawsFrom } from '../tests/core/draws.ts';
import { nextCommand } from '../tests/core/moves.ts';
import { FACT_FIELDS } from '../tests/core/personal.ts';
import { holdToPromises, newMemory } from '../tests/core/promises.ts';
import { carryOut, worldFrom } from '../tests/core/world.ts';
import { AGENDA, type StepName } from './agenda.ts';
import type { CaseFact } from './case.ts';
import { replay } from './evolve.ts';

const WALKS = Number(process.env['WALKS'] ?? 10_000);
const COMMANDS = 60;
/** A walk takes 2 ms; a machine that is busy with other things takes longer. */
const MOST_MS = 12;
const SEED = Number(process.env['WALK_SEED'] ?? Date.now() % 2 ** 31);

/** How many walks came by each step, gave each fact and met each refusal. */
const reached = {
  steps: new Map<string, number>(),
  facts: new Map<string, number>(),
  refusals: new Map<string, number>(),
};
let commands = 0;

/** What only slips, time and the CA's bad manners bring about. */
const SELDOM: readonly CaseFact['type'][] = [
  'case-extended',
  'case-lapsed',
  'certificate-unwanted',
  'certificate-revoked',
  'issue-rejected',
  'issuance-confirmed',
  'verification-asked-again',
];

/** A number that shrinks to 0 is a moment in which nothing happens. */
const NUMBER = fc.noBias(fc.integer({ min: 0, max: 2 ** 31 - 1 }));
const WALK = fc.tuple(NUMBER, fc.array(NUMBER, { minLength: COMMANDS, maxLength: COMMANDS + 10, size: 'max' }));

test(
  `${WALKS} walks of ${COMMANDS} commands and more keep every promise (WALK_SEED=${SEED})`,
  { timeout: WALKS * MOST_MS },
  () => {
    fc.assert(fc.property(WALK, walk), { numRuns: WALKS, seed: SEED });

    expect(commands).toBeGreaterThanOrEqual(WALKS * COMMANDS * 0.999);
    if (process.env['WALK_COUNTS']) console.info(commands, reached);
    const seldom = WALKS / 500;
    for (const name of new Set(AGENDA.map((rule) => rule.name)))
      expect(reached.steps.get(name), `walks that came by ${name}`).toBeGreaterThan(seldom);
    for (const fact of Object.keys(FACT_FIELDS))
      expect(reached.facts.has(fact), `walks that were looked through for ${fact}`).toBe(true);
    for (const fact of SELDOM) expect(reached.facts.get(fact), `walks with ${fact}`).toBeGreaterThan(seldom);
    expect(reached.steps.get('done' satisfies StepName)).toBeGreaterThan(WALKS / 5);
  },
);

function walk([start, moves]: [number, number[]]): void {
  const world = worldFrom(drawsFrom(start));
  const memory = newMemory();
  const seen = { steps: new Set<string>([world.step.name]), facts: new Set<string>(), refusals: new Set<string>() };
  try {
    for (const move of moves) {
      if (move === 0) continue;
      const command = nextCommand(world, drawsFrom(move));
      seen.steps.add(world.step.name);
      const happened = carryOut(world, command);
      commands += 1;
      holdToPromises(world, happened, memory);
      seen.steps.add(world.step.name);
      for (const { type } of happened.facts) seen.facts.add(type);
      if (happened.decision.kind === 'refused') seen.refusals.add(`${command.type} ${happened.decision.problem}`);
    }
    expect(replay(world.history)).toEqual(world.case);
  } catch (error) {
    const story = world.sent.map((command) => JSON.stringify(command)).join('\n');
    throw new Error(`${(error as Error).message}\nat ${world.step.name}, after\n${story}`, { cause: error });
  }
  for (const kind of ['steps', 'facts', 'refusals'] as const)
    for (const name of seen[kind]) reached[kind].set(name, (reached[kind].get(name) ?? 0) + 1);
}
