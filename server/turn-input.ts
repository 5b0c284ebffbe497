/** What a turn is told and what it gives, between the writer's terms and the bot's. */
import type { Incoming } from '../bot/talk.ts';
import type { RegisteredCertificate, TurnInput, TurnOutput } from '../bot/turn-contract.ts';
import { isVerified } from '../renewal/handler.ts';
import type { Plan } from './change.ts';
import type { LinkCodes } from './link-codes.ts';
import type { Snapshot } from './snapshot.ts';

export function inputOf(
  incoming: Incoming,
  read: Snapshot,
  certificates: readonly RegisteredCertificate[],
  draw: TurnInput['draw'],
): TurnInput {
  const { conversation, handler, now, policy, link, linkCodes } = read;
  if (!conversation) throw new Error('a message of a conversation that does not exist');
  return {
    talk: conversation.talk,
    handler: handler && {
      id: handler.state.id,
      mobile: handler.state.mobile,
      verified: isVerified(handler.state, now),
    },
    case: read.case?.state,
    policy,
    certificates,
    live: { signedIn: handler !== undefined, link },
    ...{ now, incoming, draw, linkCodes },
  };
}

/** Everything that follows from a turn, and the message dealt with. */
export function planOf(output: TurnOutput, inboxId: string, read: Snapshot, codes: Pick<LinkCodes, 'draw'>): Plan {
  const { talk, says, caseChange, smsCode, linkCode, audit, again } = output;
  return {
    ...{ talk, says, audit, settles: { inboxId } },
    ...(caseChange && { case: caseChange }),
    ...(smsCode && { effects: [{ key: `sms/${smsCode.codeId}`, type: 'sms', body: { codeId: smsCode.codeId } }] }),
    ...(linkCode && { linkCode: codes.draw(linkCode, read.now) }),
    ...(again && { again }),
  };
}
