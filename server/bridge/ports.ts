/** What the bridge end needs of the rest of the server, no wider than it is used here; `house.ts` hands it in. */
import type { Case } from '../../renewal/case.ts';
import type { Report } from '../../renewal/commands.ts';
import type { ProblemCode } from '../../renewal/problem.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db.ts';
import type { Hints } from '../hints.ts';
import type { Inbox } from '../inbox.ts';
import type { LinkCodes } from '../link-codes.ts';
import type { Log } from '../log.ts';
import type { Vault } from '../personal/vault.ts';

export interface BridgeDependencies {
  readonly db: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly vault: Pick<Vault, 'seal' | 'open'>;
  readonly inbox: Pick<Inbox, 'lookAgainAt'>;
  readonly hints: Pick<Hints, 'tell' | 'on' | 'onGap'>;
  /** Compares by keyed hash and uses the code up at most once, whoever comes first. */
  readonly useLinkCode: LinkCodes['useLinkCode'];
  /** The case as it stands, its facts replayed when the snapshot is of another release. */
  readCase(caseId: string): Promise<Case | undefined>;
  /** The writer's: gives news to the case and settles the effect in the same transaction, once per command id. */
  report(
    caseId: string,
    commandId: string,
    report: Report,
    settles?: { readonly effectKey: string; readonly problem?: ProblemCode },
  ): Promise<void>;
}
