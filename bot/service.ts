/** Whom a customer can call: known once a project is known. */
import type { Policy } from '../renewal/policy.ts';
import type { TurnInput } from './turn-contract.ts';

export interface Service {
  readonly hotline: string;
  readonly hours: string;
  /** Whose it is, where there are several. */
  readonly project: string | null;
}

/** More telephone numbers than this are no help. */
const MOST_SERVICES = 3;

/** Of the case's project, or of those whose certificates are listed; none before anybody is signed in. */
export function servicesOf(s: TurnInput): readonly Service[] {
  const policies = s.policy ? [s.policy] : s.certificates.map(({ policy }) => policy);
  const projects = new Map(policies.map((policy) => [policy.project, policy]));
  const several = projects.size > 1;
  return [...projects.values()].slice(0, MOST_SERVICES).map((policy) => serviceOf(policy, several));
}

function serviceOf({ service, projectName }: Policy, several: boolean): Service {
  return { ...service, project: several ? projectName : null };
}
