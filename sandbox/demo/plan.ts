/**
 * What is put into the register and onto keys before anybody asks. The demo has a plan of its own (`demo-plan.ts`);
 * DEMO_PLAN names a JSON file with another one, for trying dates and units of one's own.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Policy } from '../../renewal/policy.ts';

const Instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const Text = z.string().min(1).max(100);

const PlannedCertificate = z.strictObject({
  /** Unique in the plan: names the row when a run that was killed is completed. */
  name: Text,
  /** For the person at the terminal. */
  about: Text,
  project: Text,
  unit: Text,
  uscc: z.string().length(18),
  notBefore: Instant,
  notAfter: Instant,
  status: z.enum(['good', 'revoked']),
  /** Label of the key that holds it; others exist in the register only. */
  token: Text.optional(),
});
export type PlannedCertificate = z.infer<typeof PlannedCertificate>;

const Plan = z.strictObject({
  /** The registered handler of all of them, already verified. */
  mobile: z.string().regex(/^1\d{10}$/),
  /** Of every key. */
  pin: z.string().min(4).max(32),
  certificates: z.array(PlannedCertificate),
});

export interface Plan extends z.infer<typeof Plan> {
  readonly projects: readonly Policy[];
}

/** @throws Error when the file is no plan, or names a project that is not there */
export function readPlan(file: string, projects: readonly Policy[]): Plan {
  const plan = Plan.parse(JSON.parse(readFileSync(file, 'utf8')));
  for (const { name, project } of plan.certificates)
    if (!projects.some((one) => one.project === project))
      throw new Error(`${name} is of an unknown project ${project}`);
  return { ...plan, projects };
}
