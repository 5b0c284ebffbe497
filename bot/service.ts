/** Whom a customer can call: known once a project is known. */
import type { Policy } from '../renewal/policy.ts';
import type { TurnInput } from './turn-contract.ts';

export function serviceOf(s: TurnInput): Policy['service'] | null {
  if (s.policy) return s.policy.service;
  const [first, ...others] = s.certificates;
  return first && others.every(({ policy }) => policy.project === first.policy.project) ? first.policy.service : null;
}
