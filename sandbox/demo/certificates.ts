/**
 * The certificates of the demo, relative to the day on which they are made: two that can be renewed, on two keys, and
 * three that cannot, each for another reason (domain R2). Units are made up; their codes have valid check digits.
 */
import { addDays, shanghaiDate, startOfDay, type Instant } from '../../renewal/calendar.ts';
import type { Policy } from '../../renewal/policy.ts';
import { DEZHOU, HOSPITAL } from './projects.ts';

/** The registered handler of all of them, already verified. */
export const DEMO_MOBILE = '13800006027';
/** Of every demo key. */
export const DEMO_PIN = '123456';

export interface DemoCertificate {
  /** Names it when a run that was killed is completed. */
  readonly name: string;
  readonly about: string;
  readonly policy: Policy;
  readonly unit: string;
  readonly uscc: string;
  /** From today to the day it ends; negative when it has ended. */
  readonly endsInDays: number;
  readonly status: 'good' | 'revoked';
  /** Label of the key that holds it; others exist in the register only. */
  readonly token?: string;
}

export const DEMO_CERTIFICATES: readonly DemoCertificate[] = [
  {
    name: 'due',
    about: 'due in 20 days',
    policy: DEZHOU,
    unit: '德州恒信示例建设有限公司',
    uscc: '91371400MA3XQ01D7Q',
    endsInDays: 20,
    status: 'good',
    token: 'XUQI-HENGXIN',
  },
  {
    name: 'expired',
    about: 'expired 100 days ago, can still be renewed',
    policy: HOSPITAL,
    unit: '德州康泰示例医疗器械有限公司',
    uscc: '91371400MA3XQ02B7C',
    endsInDays: -100,
    status: 'good',
    token: 'XUQI-KANGTAI',
  },
  {
    name: 'too-early',
    about: 'due in 31 days: opens tomorrow',
    policy: DEZHOU,
    unit: '德城区永安示例监理有限公司',
    uscc: '91371402MA3XQ0397W',
    endsInDays: 31,
    status: 'good',
  },
  {
    name: 'too-late',
    about: 'expired 731 days ago: counter',
    policy: DEZHOU,
    unit: '平原县丰禾示例农业有限公司',
    uscc: '91371426MA3XQ04779',
    endsInDays: -731,
    status: 'good',
  },
  {
    name: 'revoked',
    about: 'revoked',
    policy: HOSPITAL,
    unit: '禹城市博远示例科技有限公司',
    uscc: '91371482MA3XQ05570',
    endsInDays: 15,
    status: 'revoked',
  },
];

/** Valid for one year, to the last second of its last day in Shanghai. */
export function validity(
  one: DemoCertificate,
  now: Instant,
): { readonly notBefore: Instant; readonly notAfter: Instant } {
  const end = startOfDay(addDays(shanghaiDate(now), one.endsInDays + 1)) - 1000;
  const start = startOfDay(addDays(shanghaiDate(now), one.endsInDays - 365));
  return { notBefore: start, notAfter: end };
}
