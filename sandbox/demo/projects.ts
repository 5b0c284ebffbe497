/** The two projects of the demo: both platforms bear the fee. Names, numbers and addresses are made up. */
import { MANUAL_WINDOW, type Policy } from '../../renewal/policy.ts';

const RULES = {
  version: 1,
  window: MANUAL_WINDOW,
  years: 1,
  bidGuard: 'ask',
  caProfile: 'organisation',
} as const;

export const DEZHOU: Policy = {
  ...RULES,
  project: 'dezhou-public-resources',
  projectName: '德州公共资源项目',
  sponsor: '德州公共资源交易平台',
  service: { hotline: '0534-0000126', hours: '工作日 8:30–17:30' },
  counter: {
    name: '德州数字证书服务窗口',
    address: '德州市政务服务中心二楼 12 号窗口（体验地址）',
    papers: ['营业执照副本复印件，加盖公章', '经办人身份证原件', '授权委托书，加盖公章', '原 UKey'],
  },
  rebindOn: ['德州公共资源交易平台'],
};

export const HOSPITAL: Policy = {
  ...RULES,
  project: 'example-hospital-procurement',
  projectName: '示例医院采购平台',
  sponsor: '示例医院',
  service: { hotline: '0534-0000315', hours: '工作日 8:00–12:00，13:30–17:00' },
  counter: {
    name: '示例医院采购服务台',
    address: '示例医院行政楼一层（体验地址）',
    papers: ['营业执照副本复印件，加盖公章', '经办人身份证原件', '原 UKey'],
  },
  rebindOn: ['示例医院采购平台', '示例医院供应商门户'],
};
