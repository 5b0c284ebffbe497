/**
 * What a carrier would know: the messages it took, how many a number may get, and how badly it behaves next.
 * Kept in memory and in one file, so that a restarted sandbox still shows what was sent.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const Message = z.object({
  bizId: z.string(),
  mobile: z.string(),
  text: z.string(),
  code: z.string(),
  templateCode: z.string(),
  outId: z.string(),
  at: z.int(),
});
export type Message = z.infer<typeof Message>;

/** One call each, in order: answer late, refuse, take the message and hang up, hang up without taking it. */
export const Manner = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('delay'), ms: z.int().min(0).max(120_000) }),
  z.strictObject({ kind: z.literal('refuse'), code: z.string().max(100) }),
  z.strictObject({ kind: z.literal('drop-answer') }),
  z.strictObject({ kind: z.literal('drop-call') }),
]);
export type Manner = z.infer<typeof Manner>;

export const FlowLimits = z.strictObject({ perMinute: z.int(), perHour: z.int(), perDay: z.int() });
export type FlowLimits = z.infer<typeof FlowLimits>;

/** The provider's own, per signature and number: 1 a minute, 5 an hour, 10 a day. */
export const USUAL_LIMITS: FlowLimits = { perMinute: 1, perHour: 5, perDay: 10 };

const KEPT_MESSAGES = 200;
const MINUTE_MS = 60_000;

export class Carrier {
  readonly #file: string;
  readonly #now: () => number;
  #messages: Message[];
  #manners: Manner[] = [];
  limits = USUAL_LIMITS;

  constructor(file: string, now: () => number) {
    this.#file = file;
    this.#now = now;
    this.#messages = readMessages(file);
  }

  /** Newest first. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  get manners(): readonly Manner[] {
    return this.#manners;
  }

  behave(manners: readonly Manner[]): void {
    this.#manners = [...manners];
  }

  nextManner(): Manner | undefined {
    return this.#manners.shift();
  }

  /** Has the number had all it may get? */
  isOverLimit(mobile: string): boolean {
    const now = this.#now();
    const within = (ms: number) =>
      this.#messages.filter((m) => m.mobile === mobile && m.at > now - ms && m.at <= now).length;
    const { perMinute, perHour, perDay } = this.limits;
    return within(MINUTE_MS) >= perMinute || within(60 * MINUTE_MS) >= perHour || within(24 * 60 * MINUTE_MS) >= perDay;
  }

  take(message: Omit<Message, 'bizId' | 'at'>): Message {
    const taken = { ...message, bizId: `${randomUUID()}^0`, at: this.#now() };
    this.#messages = [taken, ...this.#messages].slice(0, KEPT_MESSAGES);
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#messages));
    renameSync(`${this.#file}.new`, this.#file);
    return taken;
  }
}

function readMessages(file: string): Message[] {
  try {
    return z.array(Message).parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // first run, or the file of an older sandbox: nothing in it is needed
    return [];
  }
}
