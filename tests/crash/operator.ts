/** Who runs `npm start`, and runs it again on the same folder whenever it was killed. */
import { EventEmitter, once } from 'node:events';
import type { Product } from '../journeys/product.ts';

export class Operator {
  readonly #product: Product;
  readonly #news = new EventEmitter();
  /** Kills that `npm start` does not survive, and how many of them are made good. */
  #kills = 0;
  #madeGood = 0;

  constructor(product: Product) {
    this.#product = product;
  }

  async start(): Promise<void> {
    await this.#product.runAt(new Date().toISOString());
  }

  /** From now on what runs is about to end. */
  expectEnd(): void {
    this.#kills++;
  }

  /**
   * @returns when the signal says so
   * @throws Error when `npm start` ended, or did not start, without having been killed
   */
  async keepRunning(signal: AbortSignal): Promise<void> {
    const stop = once(signal, 'abort').then(() => 'stop' as const);
    for (;;) {
      const what = await Promise.race([stop, this.#product.ended()]);
      if (what === 'stop') return;
      if (this.#kills === this.#madeGood) throw new Error('npm start ended by itself');
      await this.#startAgain();
    }
  }

  /** Resolves when everything runs again that was killed until now. */
  async allRuns(signal: AbortSignal): Promise<void> {
    while (this.#madeGood < this.#kills) await once(this.#news, 'runs', { signal });
  }

  async #startAgain(): Promise<void> {
    for (;;) {
      const kills = this.#kills;
      try {
        await this.start();
        this.#madeGood = kills;
        this.#news.emit('runs');
        return;
      } catch (error) {
        // killed again before it was up
        if (this.#kills === kills) throw error;
      }
    }
  }
}
