/**
 * The certificates of the demo, relative to the day on which they are made: two that can be renewed, on two keys, and
 * three that cannot, each for another reason (domain R2). Units are made up; their codes have valid check digits.
 */
import { addDays, shanghaiDate, startOfDay, type Instant } from '../../renewal/calendar.ts';
import type { Plan } from './plan.ts';
import { DEZHOU, HOSPITAL } from './projects.ts';

interface Relative {
  readonly name: string;
  readonly about: string;
  readonly project: string;
  readonly unit: string;
  readonly uscc: string;
  /** From today to the day it ends; negative when it has ended. */
  readonly endsInDays: number;
  readonly status: 'good' | 'revoked';
  readonly token?: string;
}

const CERTIFICATES: readonly Relative[] = [
  {
    name: 'due',
    about: 'due in 20 days',
    project: DEZHOU.project,
    unit: '德州恒信示例建设有限公司',
    uscc: '91371400MA3XQ01D7Q',
    endsInDays: 20,
    status: 'good',
    token: 'XUQI-HENGXIN',
  },
  {
    name: 'expired',
    about: 'expired 100 days ago, can still be renewed',
    project: HOSPITAL.project,
    unit: '德州康泰示例医疗器械有限公司',
    uscc: '91371400MA3XQ02B7C',
    endsInDays: -100,
    status: 'good',
    token: 'XUQI-KANGTAI',
  },
  {
    name: 'too-early',
    about: 'due in 31 days: opens tomorrow',
    project: DEZHOU.project,
    unit: '德城区永安示例监理有限公司',
    uscc: '91371402MA3XQ0397W',
    endsInDays: 31,
    status: 'good',
  },
  {
    name: 'too-late',
    about: 'expired 731 days ago: counter',
    project: DEZHOU.project,
    unit: '平原县丰禾示例农业有限公司',
    uscc: '91371426MA3XQ04779',
    endsInDays: -731,
    status: 'good',
  },
  {
    name: 'revoked',
    about: 'revoked',
    project: HOSPITAL.project,
    unit: '禹城市博远示例科技有限公司',
    uscc: '91371482MA3XQ05570',
    endsInDays: 15,
    status: 'revoked',
  },
];

export function demoPlan(now: Instant): Plan {
  const today = shanghaiDate(now);
  return {
    mobile: '13800006027',
    pin: '123456',
    projects: [DEZHOU, HOSPITAL],
    certificates: CERTIFICATES.map(({ endsInDays, ...one }) => ({
      ...one,
      // a year, to the last second of the last day in Shanghai
      notBefore: startOfDay(addDays(today, endsInDays - 365)),
      notAfter: startOfDay(addDays(today, endsInDays + 1)) - 1000,
    })),
  };
}
