/** The data a bubble's template is rendered with, code included where the customer's own view may show it. */
import type { Bubble } from './talk.ts';

/**
 * @param linkCode eleven digits behind `bubble.secret`; undefined when it no longer serves or the view may not show it
 * @returns the data with `code`: the digits in groups of 3-4-4 as they are typed, or null
 */
export function bubbleData(bubble: Bubble, linkCode: string | undefined): Readonly<Record<string, unknown>> {
  if (!bubble.secret) return bubble.data;
  const groups = linkCode && [linkCode.slice(0, 3), linkCode.slice(3, 7), linkCode.slice(7)];
  return { ...bubble.data, code: groups ?? null };
}
