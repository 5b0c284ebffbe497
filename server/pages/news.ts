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
  const seen = { news: false, late: false, wake: () => {} };
  const timer = setTimeout(() => {
    seen.late = true;
    seen.wake();
  }, timeoutMs);
  const unsubscribe = chat.subscribe(conversationId, () => {
    seen.news = true;
    seen.wake();
  });
  try {
    while (!(await check())) {
      if (seen.late) return false;
      // news that came while we looked is looked at again at once
      if (!seen.news) await new Promise<void>((resolve) => (seen.wake = resolve));
      seen.news = false;
    }
    return true;
  } finally {
    unsubscribe();
    clearTimeout(timer);
  }
}
