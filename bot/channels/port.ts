/**
 * What a channel is: it verifies and reads what arrives, and renders what the bot says for its platform. No HTML,
 * no database; whatever it needs is handed in.
 */
import type { Bubble, Incoming } from '../talk.ts';

export interface Capabilities {
  /** Longest text in UTF-8 bytes, or none. */
  readonly textBytes: number | 'unlimited';
  readonly buttons: 'chips' | 'menu' | 'none';
  /** Messages that may be sent between two of the customer's. */
  readonly bubblesPerTurn: number | 'unlimited';
}

export interface Received {
  /** Unique within the channel: the same id is stored once. */
  readonly messageId: string;
  /** Who talks, in the channel's own terms. */
  readonly visitor: string;
  readonly incoming: Incoming;
}

export interface Channel<Request, Rendered> {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** @throws ChannelError when the request is not of this channel or not well formed */
  receive(request: Request): Received;
  render(bubble: Bubble): Rendered;
}

export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  readonly code: 'channel/malformed' | 'channel/too-long';

  constructor(code: ChannelError['code'], options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}
