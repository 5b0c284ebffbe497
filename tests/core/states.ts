/** Every state of a case that a clerk would name, for tables of what is allowed where. */
import type { Case } from '../../renewal/case.ts';
import { evolve } from '../../renewal/evolve.ts';
import { DAY_MS } from '../../renewal/calendar.ts';
import { andThen, NEW_SERIAL, NOW, REQUEST, TXN, upTo } from './sample.ts';

export const OPENING = NOW + 10 * DAY_MS;

const unopened = andThen(upTo('opened'), { type: 'answer-bid-question', answer: 'unopened' });
const stopped = andThen(upTo('confirmed'), {
  type: 'report-rekey-stopped',
  txnId: TXN,
  attempt: 1,
  problem: 'pin/refused',
});
const failed = { txnId: TXN, attempt: 1, problem: 'token/removed' } as const;

export const STATES = {
  'nothing yet': undefined,
  opened: upTo('opened'),
  'bids unopened': unopened,
  'bids open later': andThen(unopened, { type: 'tell-bid-opening', opensAt: OPENING }),
  'bids settled': upTo('bidAnswered'),
  'bids asked again': andThen(upTo('bidAnswered'), { type: 'go-back' }),
  'computer joined': upTo('joined'),
  'look failed': andThen(upTo('joined'), { type: 'report-look-failed', linkId: 'link-1', problem: 'token/none' }),
  looked: upTo('looked'),
  'data changed': andThen(upTo('looked'), { type: 'declare-change' }),
  confirmed: upTo('confirmed'),
  consented: upTo('consented'),
  'key making stopped': stopped,
  'CA asked': upTo('keyMade'),
  'CA refused': andThen(upTo('keyMade'), {
    type: 'report-issue-rejected',
    requestId: REQUEST,
    problem: 'ca/rejected',
  }),
  'certificate unusable': andThen(upTo('issued'), { type: 'report-certificate-revoked', serial: NEW_SERIAL }),
  issued: upTo('issued'),
  'writing failed': andThen(upTo('issued'), { type: 'report-write-failed', ...failed }),
  written: upTo('written'),
  'verification failed': andThen(upTo('written'), { type: 'report-verify-failed', ...failed }),
  verified: upTo('verified'),
  'confirmed by the CA': upTo('confirmedByCa'),
  cancelled: andThen(upTo('looked'), { type: 'cancel-case' }),
  lapsed: evolve(upTo('looked'), { type: 'case-lapsed' }, NOW),
} as const satisfies Record<string, Case | undefined>;

export type StateName = keyof typeof STATES;
export const STATE_NAMES = Object.keys(STATES) as readonly StateName[];

/** The certificate of this case is free for another one. */
export const OVER: readonly StateName[] = ['verified', 'confirmed by the CA', 'cancelled', 'lapsed'];

/** From the confirmation on the key is being changed. */
export const UNPROMISED: readonly StateName[] = STATE_NAMES.slice(1, STATE_NAMES.indexOf('confirmed'));
