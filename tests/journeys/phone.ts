/** The customer's phone: reads the SMS that the sandbox party took. */
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

interface Sms {
  readonly bizId: string;
  readonly mobile: string;
  readonly code: string;
}

export class Phone {
  readonly #url: string;
  readonly #mobile: string;
  readonly #seen = new Set<string>();

  /** @param url of the sandbox */
  constructor(url: string, mobile: string) {
    this.#url = url;
    this.#mobile = mobile;
  }

  /** What arrived until now is of no interest. */
  async forget(): Promise<void> {
    for (const { bizId } of await this.#messages(AbortSignal.timeout(5_000))) this.#seen.add(bizId);
  }

  /** The code of the first message that was not read yet, as soon as it arrives. */
  async code(patience = AbortSignal.timeout(30_000)): Promise<string> {
    for (;;) {
      const messages = await this.#messages(patience);
      const sms = messages.find(({ bizId, mobile }) => mobile === this.#mobile && !this.#seen.has(bizId));
      if (sms) {
        this.#seen.add(sms.bizId);
        return sms.code;
      }
      await pause(LOOK_EVERY_MS, undefined, { signal: patience });
    }
  }

  async #messages(patience: AbortSignal): Promise<readonly Sms[]> {
    const answer = await fetch(`${this.#url}/control/sms`, { signal: patience });
    return ((await answer.json()) as { messages: Sms[] }).messages;
  }
}
