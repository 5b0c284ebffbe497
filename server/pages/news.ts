/**
 * Waiting for a conversation to say something, never longer than promised.
 */
import type { ChatHouse } from './ports.ts';

/**
 * Waits until `check` holds, looked at now and after every piece of news.
 *
 * @returns false when the time was up
 */
export async function untilNews(
  chat: Pick<ChatHouse, 'subscribe'>,
  conversationId: string,
  check: () => Promise<boolean>,
  timeoutMs: number,
): Promise<boolean> {
  let late = false;
  let news = false;
  let wake = () => {};
  const timer = setTimeout(() => {
    late = true;
    wake();
  }, timeoutMs);
  const unsubscribe = chat.subscribe(conversationId, () => {
    news = true;
    wake();
  });
  try {
    for (;;) {
      news = false;
      if (await check()) return true;
      if (late) return false;
      // news that came while we looked is looked at again at once
      if (!news) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unsubscribe();
    clearTimeout(timer);
  }
}
