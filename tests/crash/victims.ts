/** The processes of one renewal that can be killed, each found as somebody with `ps` would find it. */
import { setTimeout as pause } from 'node:timers/promises';
import { childOf, isAlive } from '../child-of.ts';
import type { Product } from '../journeys/product.ts';
import type { Desk } from './desk.ts';
import type { Operator } from './operator.ts';

export type VictimName = 'server' | 'start' | 'ca' | 'agent';

const LOOK_EVERY_MS = 10;

export class Victims {
  readonly #product: Product;
  readonly #operator: Operator;
  readonly #desk: Desk;

  constructor(product: Product, operator: Operator, desk: Desk) {
    this.#product = product;
    this.#operator = operator;
    this.#desk = desk;
  }

  /** Waits until it lives, and kills it. */
  async kill(victim: VictimName, signal: AbortSignal): Promise<void> {
    for (;;) {
      const pid = this.#pidOf(victim);
      if (pid !== undefined) {
        if (victim === 'server' || victim === 'start') this.#operator.expectEnd();
        process.kill(pid, 'SIGKILL');
        return;
      }
      await pause(LOOK_EVERY_MS, undefined, { signal });
    }
  }

  #pidOf(victim: VictimName): number | undefined {
    const { pid: start } = this.#product;
    switch (victim) {
      case 'start':
        return start !== undefined && isAlive(start) ? start : undefined;
      case 'server':
        return childOf(start, 'dist/server/main.js');
      case 'ca':
        return childOf(childOf(start, 'dist/server/main.js'), 'embedded-ca/main.js');
      case 'agent':
        return childOf(this.#desk.pid, 'scripts/agent.mjs');
    }
  }
}
