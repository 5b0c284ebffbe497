/**
 * What one agent may do after the handshake: claim a link with a code or come back to its own; wait for the
 * customer to type the match number; then be given commands, one signed frame each, and hand in results.
 */
import {
  claimBytes,
  COMMAND_LIFE_MS,
  commandBytes,
  isLinkCode,
  LINK_CODE_LIFE_MS,
  ProtocolError,
  resumeBytes,
  type FromAgent,
  type FromServer,
} from '../../bridge-agent/protocol.ts';
import { shanghaiDate, type Instant } from '../../renewal/calendar.ts';
import { isOver, type Case, type Computer } from '../../renewal/case.ts';
import type { ProblemCode } from '../../renewal/problem.ts';
import { agentText } from './agent-text.ts';
import type { CaseWork, JoinedLink } from './case-work.ts';
import { triesLeft, type ClaimLimits } from './claim-limits.ts';
import type { Command } from './commands.ts';
import type { Session, Wire } from './connection.ts';
import type { LinkRow, Links } from './links.ts';
import type { BridgeDependencies } from './ports.ts';
import type { ServerKeys } from './server-keys.ts';

export interface SessionHouse {
  readonly deps: BridgeDependencies;
  readonly keys: ServerKeys;
  readonly links: Links;
  readonly work: CaseWork;
  readonly limits: ClaimLimits;
  /** Another connection of this link, if any, is over. */
  readonly takeOver: (linkId: string) => void;
}

type Frame<T extends FromAgent['t']> = Extract<FromAgent, { t: T }>;
type Notice = Extract<FromServer, { t: 'notice' }>;

/** What was sent on this connection and has no result yet. */
interface Sent {
  acknowledged: boolean;
  readonly expiresAt: Instant;
}

const TOUCH_EVERY_MS = 60_000;

export function openSession(wire: Wire, house: SessionHouse): Session {
  const { deps, keys, links, work, limits, takeOver } = house;
  const { clock, log } = deps;
  const { channel, address } = wire;
  const openedAt = clock.now();
  const sent = new Map<string, Sent>();
  let link: JoinedLink | undefined;
  let joined = false;
  let joinedUntil: Instant = 0;
  let wrong = 0;
  let seq = 0;
  let told = '';
  let touchedAt = openedAt;

  const computer: Computer = { os: agentText(channel.agent.os), name: agentText(channel.agent.computer) };
  const { devicePublicKey, matchNumber, transcript } = channel;
  const asker = { devicePublicKey, matchNumber, computer };

  async function claim({ code, signature }: Frame<'claim'>): Promise<void> {
    if (!channel.isSigned(claimBytes(transcript, code), signature)) throw new ProtocolError('claim not signed');
    const began = clock.now();
    const may = limits.begin(address, began);
    if (may === 'too-many') {
      refuseClaim('code/too-many', 0);
      return;
    }
    const asked = isLinkCode(code) ? await links.ask(code, asker) : ({ kind: 'wrong' } as const);
    if (asked.kind !== 'asking') {
      wrong += 1;
      if (may === 'last-straw')
        log.error({ address }, 'alarm: link codes are being guessed, none is taken for a while');
      const left = triesLeft(wrong);
      refuseClaim(left === 0 ? 'code/no-tries' : asked.kind === 'expired' ? 'code/expired' : 'code/wrong', left);
      return;
    }
    limits.wasRight(address, began);
    const { row } = asked;
    const theCase = await deps.readCase(row.caseId);
    if (!theCase || isOver(theCase)) {
      await links.close(row.id, 'case/ended');
      refuseClaim('code/expired', triesLeft(wrong));
      return;
    }
    await takeLink(row, theCase);
  }

  function refuseClaim(code: ProblemCode, left: number): void {
    wire.send({ t: 'claim-error', code, triesLeft: left });
    if (left === 0) wire.end(code);
  }

  async function resume({ linkId, signature }: Frame<'resume'>): Promise<void> {
    if (!channel.isSigned(resumeBytes(transcript, linkId), signature)) throw new ProtocolError('resume not signed');
    const row = await links.resume(linkId, asker);
    const theCase = row && (await deps.readCase(row.caseId));
    if (!theCase) {
      wire.end('link/lost');
      return;
    }
    await takeLink(row, theCase);
  }

  async function takeLink(row: LinkRow, theCase: Case): Promise<void> {
    takeOver(row.id);
    link = { linkId: row.id, caseId: row.caseId };
    if (row.state === 'asking') {
      const { conversation } = await deps.db.code.findUniqueOrThrow({
        where: { id: row.codeId },
        include: { conversation: { select: { channel: true } } },
      });
      wire.send({
        t: 'claimed',
        linkId: row.id,
        unit: theCase.certificate.unit,
        askedBy: theCase.handlerMobile,
        channel: conversation.channel,
        matchExpiresAt: row.expiresAt.getTime(),
      });
    }
    // it may have been decided meanwhile
    await look();
  }

  async function look(): Promise<void> {
    const now = clock.now();
    if (!link) {
      if (now - openedAt > LINK_CODE_LIFE_MS) wire.end('link/expired');
      return;
    }
    const row = await links.find(link.linkId);
    if (row && row.expiresAt.getTime() <= now) {
      await links.close(row.id, 'link/expired');
      wire.end('link/expired');
    } else if (row?.state === 'linked') {
      if (!joined) wire.send({ t: 'linked', linkId: row.id, expiresAt: row.expiresAt.getTime() });
      joined = true;
      joinedUntil = row.expiresAt.getTime();
      await giveCommands(link);
    } else if (row?.state !== 'asking') {
      wire.end(row?.closedWhy ?? 'link/lost');
    }
  }

  async function giveCommands(to: JoinedLink): Promise<void> {
    const isDoing = (cmdId: string) => {
      const before = sent.get(cmdId);
      return before !== undefined && (before.acknowledged || before.expiresAt > clock.now());
    };
    const { case: theCase, commands } = await work.wanted(to, isDoing);
    if (theCase.ended !== 'no') {
      await links.close(to.linkId, 'case/ended');
      wire.end('case/ended');
      return;
    }
    for (const { cmdId, ...command } of commands) sendCommand(cmdId, command);
    tell(noticeOf(theCase));
  }

  function sendCommand(cmdId: string, { name, args }: Command): void {
    seq += 1;
    const expiresAt = clock.now() + COMMAND_LIFE_MS;
    const command = { cmdId, seq, name, args, expiresAt };
    const signature = keys.sign(commandBytes(transcript, command)).toString('base64');
    sent.set(cmdId, { acknowledged: false, expiresAt });
    wire.send({ t: 'command', ...command, signature });
  }

  function tell(notice: Notice | undefined): void {
    if (!notice || told === notice.text) return;
    told = notice.text;
    wire.send(notice);
  }

  return {
    get linkId() {
      return link?.linkId;
    },
    get caseId() {
      return link?.caseId;
    },
    get waiting() {
      return !joined;
    },
    look,

    async alive() {
      if (!link || !joined) return;
      if (joinedUntil <= clock.now()) await look();
      if (clock.now() - touchedAt < TOUCH_EVERY_MS) return;
      touchedAt = clock.now();
      await links.touch(link.linkId);
    },

    async take(frame) {
      if (frame.t === 'claim' || frame.t === 'resume') {
        if (link) throw new ProtocolError('a second claim');
        await (frame.t === 'claim' ? claim(frame) : resume(frame));
        return;
      }
      if (frame.t === 'close') {
        if (link) await links.close(link.linkId, 'agent');
        wire.end('close');
        return;
      }
      if (!link || !joined) throw new ProtocolError(`${frame.t} before the link`);
      if (frame.t === 'ack') {
        const command = sent.get(frame.cmdId);
        if (command) command.acknowledged = true;
      }
      if (frame.t !== 'result') return;
      await work.settle(link, frame, channel);
      sent.delete(frame.cmdId);
      await look();
    },
  };
}

/** How far the case has come while the customer looks at the terminal. */
function noticeOf({ issuance, verifying }: Case): Notice | undefined {
  if (verifying.kind === 'verified' && issuance.kind === 'issued')
    return { t: 'notice', text: 'verified', day: shanghaiDate(issuance.notAfter) };
  if (issuance.kind === 'issued') return { t: 'notice', text: 'issued', day: shanghaiDate(issuance.notAfter) };
  if (issuance.kind === 'requested') return { t: 'notice', text: 'waiting-for-ca' };
  return undefined;
}
