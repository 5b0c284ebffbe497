/** Where to go with a certificate that cannot be renewed here: the service point of its project, each once. */
import type { Policy } from '../renewal/policy.ts';
import type { Standing } from './standing.ts';

export interface Counter {
  readonly name: string;
  readonly address: string;
  readonly hotline: string;
  readonly hours: string;
}

export function counterOf({ counter, service }: Policy): Counter {
  return { name: counter.name, address: counter.address, hotline: service.hotline, hours: service.hours };
}

export function countersOf(found: readonly { readonly policy: Policy; readonly standing: Standing }[]): Counter[] {
  const people = found.filter(({ standing: { late, revoked, suspended } }) => late !== null || revoked || suspended);
  const projects = new Map(people.map(({ policy }) => [policy.project, policy]));
  return [...projects.values()].map(counterOf);
}
