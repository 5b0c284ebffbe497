/**
 * The bridge's share of a case's effects (`bridge/…`): which to send to the computer that is joined, and what its
 * results settle. The row is the truth: what is open is sent to whatever computer is joined next, under the same
 * `cmdId`, and what is settled is never settled again.
 */
import { resultBytes, ProtocolError, type ResultFrame } from '../../bridge-agent/protocol.ts';
import type { Case } from '../../renewal/case.ts';
import { readCertificate, type CertificateView } from '../pki/certificate.ts';
import { commandOf, type BridgeEffect, type Command } from './commands.ts';
import type { Channel } from './handshake.ts';
import type { BridgeDependencies } from './ports.ts';
import type { Registered } from './renewal-request.ts';
import { reportOf } from './reports.ts';
import type { ServerKeys } from './server-keys.ts';

export interface JoinedLink {
  readonly linkId: string;
  readonly caseId: string;
}

export interface Wanted {
  readonly case: Case;
  readonly commands: readonly (Command & { readonly cmdId: string })[];
}

export interface CaseWork {
  /** Where the case stands, and what this computer is to do now and is not doing yet: stored as sent already. */
  wanted(link: JoinedLink, doing: (cmdId: string) => boolean): Promise<Wanted>;
  /**
   * A result of this computer. Of something already settled, or never sent: nothing happens.
   *
   * @throws ProtocolError the effect of another case, or not signed by this device
   */
  settle(link: JoinedLink, frame: ResultFrame, channel: Channel): Promise<void>;
  /** Of these cases, those that have something open or are over. */
  casesToLookAt(caseIds: readonly string[]): Promise<readonly string[]>;
}

const OPEN = ['wanted', 'sent', 'unknown'];
const SENT = ['sent', 'unknown'];

export interface WorkSettings {
  readonly keys: ServerKeys;
  readonly pinned: readonly CertificateView[];
}

export function openCaseWork(deps: BridgeDependencies, { keys, pinned }: WorkSettings): CaseWork {
  const { db, clock } = deps;

  return {
    async wanted({ linkId, caseId }, doing) {
      // rows before case: what the case no longer wants was wanted before, and is not just about to be
      const rows = await db.effect.findMany({
        where: { caseId, type: { startsWith: 'bridge/' }, state: { in: OPEN } },
        orderBy: [{ createdAt: 'asc' }, { key: 'asc' }],
      });
      const theCase = await caseOf(caseId);
      const commands: (Command & { readonly cmdId: string })[] = [];
      for (const { key, body } of rows) {
        const command = commandOf(body as unknown as BridgeEffect, theCase, { linkId, keys, pinned, now: clock.now() });
        const isOpen = { key, state: { in: OPEN } };
        if (command === 'moot') {
          const data = { state: 'failed', problem: 'case/not-now', settledAt: new Date(clock.now()) };
          await db.effect.updateMany({ where: isOpen, data });
          continue;
        }
        if (command === 'elsewhere' || doing(key)) continue;
        const data = { state: 'sent', attempts: { increment: 1 } };
        const { count } = await db.effect.updateMany({ where: isOpen, data });
        if (count > 0) commands.push({ ...command, cmdId: key });
      }
      return { case: theCase, commands };
    },

    async settle({ linkId, caseId }, { cmdId, outcome, signature }, channel) {
      const row = await db.effect.findUnique({ where: { key: cmdId } });
      if (!row?.type.startsWith('bridge/') || row.caseId !== caseId) throw new ProtocolError('no command of this case');
      if (!channel.isSigned(resultBytes(channel.transcript, cmdId, outcome), signature))
        throw new ProtocolError('a result not signed by the device');
      if (!SENT.includes(row.state)) return;
      // another computer may have taken the case over: what this one did is looked at again there
      const holds = { id: linkId, state: 'linked', expiresAt: { gt: new Date(clock.now()) } };
      if ((await db.bridgeLink.count({ where: holds })) === 0) throw new ProtocolError('the link holds no more');
      const theCase = await caseOf(caseId);
      const registered = await registeredAs(theCase.certificate.id);
      const bench = { case: theCase, keys, registered, pinned, now: clock.now() };
      const report = reportOf(row.body as unknown as BridgeEffect, outcome, bench);
      const problem = 'problem' in report && { problem: report.problem };
      await deps.report(caseId, `${cmdId}/result`, report, { effectKey: cmdId, ...problem });
    },

    async casesToLookAt(caseIds) {
      const among = { in: [...caseIds] };
      const [open, over] = await Promise.all([
        db.effect.findMany({
          where: { caseId: among, type: { startsWith: 'bridge/' }, state: { in: OPEN } },
          select: { caseId: true },
        }),
        db.renewalCase.findMany({ where: { id: among, live: false }, select: { id: true } }),
      ]);
      return [...new Set([...open.flatMap(({ caseId }) => caseId ?? []), ...over.map(({ id }) => id)])];
    },
  };

  async function caseOf(caseId: string): Promise<Case> {
    const found = await deps.readCase(caseId);
    if (!found) throw new Error(`no case ${caseId}`);
    return found;
  }

  async function registeredAs(certificateId: string): Promise<Registered> {
    const { der, status } = await db.certificate.findUniqueOrThrow({ where: { id: certificateId } });
    return { certificate: readCertificate(der), status: status as Registered['status'] };
  }
}
