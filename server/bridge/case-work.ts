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

export interface CaseWork {
  /** What this computer is to do now and is not doing yet. Stored as sent before it is returned. */
  wanted(
    link: JoinedLink,
    theCase: Case,
    doing: (cmdId: string) => boolean,
  ): Promise<readonly (Command & { cmdId: string })[]>;
  /**
   * A result of this computer. Of something already settled, or never sent: nothing happens.
   *
   * @throws ProtocolError the effect of another case, or not signed by this device
   */
  settle(link: JoinedLink, frame: ResultFrame, channel: Channel): Promise<void>;
  /** Of these cases, those that have something open. */
  casesWithWork(caseIds: readonly string[]): Promise<readonly string[]>;
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
    async wanted({ linkId, caseId }, theCase, doing) {
      const rows = await db.effect.findMany({
        where: { caseId, type: { startsWith: 'bridge/' }, state: { in: OPEN } },
        orderBy: [{ createdAt: 'asc' }, { key: 'asc' }],
      });
      const commands: (Command & { cmdId: string })[] = [];
      for (const { key, body } of rows) {
        if (doing(key)) continue;
        const effect = body as unknown as BridgeEffect;
        const command = commandOf(effect, theCase, { linkId, keys, pinned, now: clock.now() });
        const open = { key, state: { in: OPEN } };
        if (command === 'elsewhere') continue;
        if (command === 'moot') {
          const data = { state: 'failed', problem: 'case/not-now', settledAt: new Date(clock.now()) };
          await db.effect.updateMany({ where: open, data });
          continue;
        }
        const sent = { state: 'sent', attempts: { increment: 1 } };
        const { count } = await db.effect.updateMany({ where: open, data: sent });
        if (count > 0) commands.push({ ...command, cmdId: key });
      }
      return commands;
    },

    async settle({ caseId }, { cmdId, outcome, signature }, channel) {
      const row = await db.effect.findUnique({ where: { key: cmdId } });
      if (!row?.type.startsWith('bridge/') || row.caseId !== caseId) throw new ProtocolError('no command of this case');
      if (!channel.isSigned(resultBytes(channel.transcript, cmdId, outcome), signature))
        throw new ProtocolError('a result not signed by the device');
      if (!SENT.includes(row.state)) return;
      const theCase = await deps.readCase(caseId);
      if (!theCase) throw new Error(`an effect of no case: ${cmdId}`);
      const registered = await registeredAs(theCase.certificate.id);
      const bench = { case: theCase, keys, registered, pinned, now: clock.now() };
      const report = reportOf(row.body as unknown as BridgeEffect, outcome, bench);
      await deps.report(caseId, `${cmdId}/result`, report, { effectKey: cmdId });
    },

    async casesWithWork(caseIds) {
      const rows = await db.effect.findMany({
        where: { caseId: { in: [...caseIds] }, type: { startsWith: 'bridge/' }, state: { in: OPEN } },
        distinct: ['caseId'],
        select: { caseId: true },
      });
      return rows.flatMap(({ caseId }) => caseId ?? []);
    },
  };

  async function registeredAs(certificateId: string): Promise<Registered> {
    const { der, status } = await db.certificate.findUniqueOrThrow({ where: { id: certificateId } });
    return { certificate: readCertificate(der), status: status as Registered['status'] };
  }
}
