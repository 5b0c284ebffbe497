/** Who kills processes at random moments, the same ones again for the same seed. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { StubbornCustomer } from './stubborn-customer.ts';
import type { VictimName, Victims } from './victims.ts';

export interface Kill {
  readonly victim: VictimName;
  /** What the customer had done last. */
  readonly after: string;
  /** Since the renewal began. */
  readonly atMs: number;
}

interface Strike {
  readonly victim: VictimName;
  /** Counted from the beginning of the renewal. */
  readonly afterActs: number;
  readonly pauseMs: number;
}

/** An undisturbed renewal has eight acts: certificate, bids, code, number, details, consent, PIN, PIN. */
const BEFORE_THE_PIN = 6;
const WITH_THE_PIN = [7, 8];
/** A strike may come into whatever the customer has set going. */
const LONGEST_PAUSE_MS = 800;
const LONGEST_PAUSE_WITH_PIN_MS = 1_500;
const STRIKES_BEFORE = 3;
/** The more often named, the more often struck. */
// prettier-ignore
const TARGETS: readonly VictimName[] = ['server', 'server', 'server', 'agent', 'agent', 'agent', 'start', 'start', 'ca'];

export class Killer {
  readonly #seed: string;
  readonly #victims: Victims;
  #draws = 0;

  constructor(seed: string, victims: Victims) {
    this.#seed = seed;
    this.#victims = victims;
  }

  /**
   * Three strikes while the customer prepares, and, if they are in time, two while the key is worked on. Each waits
   * until its victim lives; the PIN is not given before the third.
   *
   * @param signal ends it, whatever is still to come
   * @returns what was killed
   */
  async follow(customer: StubbornCustomer, signal: AbortSignal): Promise<readonly Kill[]> {
    const kills: Kill[] = [];
    const began = performance.now();
    const actsBefore = customer.acts.length;
    const strike = async ({ victim, afterActs, pauseMs }: Strike) => {
      await customer.hasDone(actsBefore + afterActs, signal);
      await pause(pauseMs, undefined, { signal });
      await this.#victims.kill(victim, signal);
      kills.push({ victim, after: customer.acts.at(-1) ?? '', atMs: Math.round(performance.now() - began) });
    };
    const { before, withPin } = this.#plan();
    customer.desk.keepPin();
    try {
      for (const one of before) await strike(one);
      customer.desk.givePin();
      for (const one of withPin) await strike(one);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return kills;
  }

  #plan(): { readonly before: readonly Strike[]; readonly withPin: readonly Strike[] } {
    const before = Array.from({ length: STRIKES_BEFORE }, () => 1 + this.#below(BEFORE_THE_PIN));
    before.sort((a, b) => a - b);
    return {
      before: before.map((afterActs) => this.#strike(afterActs, LONGEST_PAUSE_MS)),
      withPin: WITH_THE_PIN.map((afterActs) => this.#strike(afterActs, LONGEST_PAUSE_WITH_PIN_MS)),
    };
  }

  #strike(afterActs: number, longestPauseMs: number): Strike {
    return { victim: this.#target(), afterActs, pauseMs: this.#below(longestPauseMs) };
  }

  #target(): VictimName {
    return TARGETS[this.#below(TARGETS.length)] ?? 'server';
  }

  /** A whole number from 0 on. */
  #below(limit: number): number {
    const drawn = createHash('sha256').update(`${this.#seed}/${this.#draws++}`).digest();
    return drawn.readUInt32BE() % limit;
  }
}
