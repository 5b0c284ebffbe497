/**
 * What the bot says, as the web shows it: the words from the bubble's own template, the options as buttons that post
 * the question they belong to. No HTML here; the pages make it.
 */
import type { Bubble, Option } from '../../talk.ts';
import type { Capabilities } from '../port.ts';

export const CAPABILITIES: Capabilities = { textBytes: 'unlimited', buttons: 'chips', bubblesPerTurn: 'unlimited' };

export interface WebBubble {
  readonly template: string;
  readonly choices: { readonly questionId: string; readonly options: readonly Option[] } | undefined;
  /** A code that only the customer's own view fills in (`bot/bubble-data.ts`). */
  readonly secretCodeId: string | undefined;
}

export function render(bubble: Bubble): WebBubble {
  const { question } = bubble;
  return {
    template: bubble.template,
    choices:
      question && question.options.length > 0 ? { questionId: question.id, options: question.options } : undefined,
    secretCodeId: bubble.secret?.codeId,
  };
}
