/** Handlers (经办人): the persons who sign in by their mobile, each registered once, and their cases. */
import type { Instant } from '../renewal/calendar.ts';
import type { Database } from './db.ts';
import { uuid } from './draw.ts';
import { maskMobile, mobileIndex } from './personal/mobile.ts';
import type { Vault } from './personal/vault.ts';
import type { Writer } from './writer.ts';

export interface HandlersDependencies {
  readonly db: Database;
  readonly writer: Pick<Writer, 'change'>;
  readonly vault: Vault;
}

export interface Handlers {
  /**
   * The handler with this mobile, who is registered when the mobile is new here.
   *
   * @param verifiedUntil the real-name verification of an operator counts until then; without it nothing is verified
   */
  register(mobile: string, verifiedUntil?: Instant): Promise<string>;
  /** This handler's cases that are still going on, the latest first. */
  openCasesOf(handlerId: string): Promise<readonly string[]>;
}

export function createHandlers({ db, writer, vault }: HandlersDependencies): Handlers {
  return {
    async register(mobile, verifiedUntil) {
      const index = mobileIndex(vault, mobile);
      const commandId = `register/${index}/${verifiedUntil ?? 'unverified'}`;
      const known = await db.handler.findUnique({ where: { mobileIndex: index }, select: { id: true } });
      // two who register one mobile at once make one handler
      const id = known?.id ?? uuid(vault.keyedHash('handler', mobile).toString('hex'));
      const verified =
        verifiedUntil === undefined ? [] : [{ type: 'identity-verified', until: verifiedUntil } as const];
      if (known && verified.length === 0) return id;
      await writer.change({ commandId, handlerId: id }, ({ handler }) => {
        const sealed = { mobileIndex: index, mobileSealed: vault.seal(mobile, `handler/${id}`) };
        const registration = { type: 'handler-registered', handlerId: id, mobile: maskMobile(mobile) } as const;
        const change = handler
          ? { id, facts: verified }
          : { id, registered: sealed, facts: [registration, ...verified] };
        return { kind: 'write', value: undefined, plan: { answer: null, handler: change } };
      });
      return id;
    },

    async openCasesOf(handlerId) {
      const open = { where: { handlerId, live: true }, orderBy: { changedAt: 'desc' }, select: { id: true } } as const;
      return (await db.renewalCase.findMany(open)).map(({ id }) => id);
    },
  };
}
