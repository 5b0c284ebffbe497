/** Does what a turn's check asks for, once per message: tries codes and match numbers, looks certificates up. */
import type { Check, Finding } from '../bot/turn-contract.ts';
import { drawFor } from './draw.ts';
import type { Claimed } from './inbox.ts';
import { maskMobile } from './personal/mobile.ts';
import type { Vault } from './personal/vault.ts';
import type { Handlers } from './handlers.ts';
import type { Registry } from './registry.ts';
import type { SignInCodes } from './sign-in-codes.ts';

export interface FindOutDependencies {
  readonly signInCodes: SignInCodes;
  readonly registry: Registry;
  readonly handlers: Handlers;
  /** The bridge's; all give the same answer for the same link again. */
  readonly links: {
    confirm(linkId: string, digits: string): Promise<'joined' | 'wrong-number' | 'expired'>;
    refuse(linkId: string): Promise<void>;
    close(linkId: string, why: string): Promise<void>;
  };
  readonly vault: Vault;
}

export type NeededCheck = Exclude<Check, { kind: 'none' }>;

/** Of messages that came without a network address. */
const NOWHERE = 'nowhere';

export function createFindOut({ signInCodes, registry, handlers, links, vault }: FindOutDependencies) {
  async function issue(mobile: string, message: Claimed): Promise<Finding> {
    const { codeId } = drawFor(vault, message.id);
    const { conversationId, addressIndex = NOWHERE } = message;
    const issued = await signInCodes.issue({ codeId, mobile, conversationId, addressIndex });
    switch (issued.kind) {
      case 'issued':
        return {
          kind: 'send-code',
          verdict: 'allowed',
          mobileMasked: maskMobile(mobile),
          expiresAt: issued.expiresAt,
        };
      case 'too-soon':
        return { kind: 'send-code', verdict: 'too-soon', waitSeconds: issued.waitSeconds };
      case 'too-many':
        return { kind: 'send-code', verdict: 'too-many' };
    }
  }

  async function tryCode(codeId: string, digits: string, message: Claimed): Promise<Finding> {
    const tried = await signInCodes.tryCode(codeId, digits, message.messageId);
    if (tried.kind === 'wrong') return { kind: 'sms-code', verdict: 'wrong', triesLeft: tried.triesLeft };
    if (tried.kind !== 'right') return { kind: 'sms-code', verdict: tried.kind };
    const handlerId = await handlers.register(tried.mobile);
    return { kind: 'sms-code', verdict: 'right', handlerId, openCaseIds: await handlers.openCasesOf(handlerId) };
  }

  return async (check: NeededCheck, message: Claimed): Promise<Finding> => {
    switch (check.kind) {
      case 'send-code':
        return issue(check.mobile, message);
      case 'resend-code':
        return issue(await signInCodes.mobileOf(check.codeId), message);
      case 'sms-code':
        return tryCode(check.codeId, check.digits, message);
      case 'match-number':
        return { kind: 'match-number', verdict: await links.confirm(check.linkId, check.digits) };
      case 'refuse-computer':
        await links.refuse(check.linkId);
        return { kind: 'refuse-computer' };
      case 'leave-computer':
        await links.close(check.linkId, 'link/left');
        return check;
      case 'query': {
        const { messageId, addressIndex = NOWHERE } = message;
        return registry.query({ by: check.by, value: check.value, messageId, addressIndex });
      }
    }
  };
}
