/**
 * Computers that were here and say nothing any more. The customer at the chat is told once, when the silence has lasted
 * as long as a link bears it; a link whose time has run out is closed. A computer that comes back is watched anew.
 *
 * Watched by the process that the computer was connected to, and after a start by every process; what is told is told
 * once whoever tells it.
 */
import { isSilent, type LinkRow, type Links } from './links.ts';
import type { BridgeDependencies } from './ports.ts';

export interface SilenceWatch {
  watch(linkId: string): void;
  /** After a start: those that somebody else was watching. */
  watchLiving(): Promise<void>;
  /** @param isConnected here and now: its deadlines are looked after by its session */
  look(isConnected: (linkId: string) => boolean): Promise<void>;
}

export function watchSilence({ db, clock, inbox }: BridgeDependencies, links: Links): SilenceWatch {
  const watched = new Set<string>();

  /** @returns whether it is to be watched any longer */
  async function isWorthWatching(row: LinkRow): Promise<boolean> {
    const now = clock.now();
    if (row.state !== 'asking' && row.state !== 'linked') return false;
    if (row.expiresAt.getTime() <= now) {
      await links.close(row.id, 'link/expired');
      return false;
    }
    if (row.state === 'asking' || !isSilent(row, now)) return true;
    await inbox.lookAgainAt(row.caseId, `silent/${row.id}/${row.seenAt.getTime()}`);
    return false;
  }

  return {
    watch: (linkId) => void watched.add(linkId),

    async watchLiving() {
      const living = { state: { in: ['asking', 'linked'] }, expiresAt: { gt: new Date(clock.now()) } };
      for (const { id } of await db.bridgeLink.findMany({ where: living, select: { id: true } })) watched.add(id);
    },

    async look(isConnected) {
      const gone = [...watched].filter((linkId) => !isConnected(linkId));
      if (gone.length === 0) return;
      const rows = new Map((await db.bridgeLink.findMany({ where: { id: { in: gone } } })).map((row) => [row.id, row]));
      for (const linkId of gone) {
        const row = rows.get(linkId);
        if (!row || !(await isWorthWatching(row))) watched.delete(linkId);
      }
    },
  };
}
