import { expect, test } from 'vitest';
import type { Option } from '../talk.ts';
import { option } from '../words.ts';
import { normalise } from './normalise.ts';
import { understandOption } from './options.ts';

const BIDS = [option('1', 'no-bids'), option('2', 'unopened'), option('3', 'unsure')];
const DETAILS = [option('1', 'all-right'), option('2', 'changed'), option('0', 'back')];
const CONFIRM = [option('1', 'cancel-yes'), option('0', 'keep-going')];

const heard = (text: string, options: readonly Option[]) => understandOption(normalise(text), options)?.name;

test.each([
  ...['1', '１', '一', '①', '(1)', '1.', '1、', '第一个', '第1项', '选1', '回复1', '1️⃣', ' 1 ', '1 没有', '1没有'],
  ...['没有', '沒有', '没', '无', 'meiyou', '没有投标文件', '没有。'],
])('%j is the first answer to the bid question', (text) => {
  expect(heard(text, BIDS)).toBe('no-bids');
});

test.each(['2', '二', '有，还没开标', '有', '有的', '还没开标', '没有开标', '未开标', '有还没开标'])(
  '%j says that there is an unopened bid',
  (text) => {
    expect(heard(text, BIDS)).toBe('unopened');
  },
);

test.each(['3', '第三个', '不确定', '不知道', '不清楚', 'buqueding'])('%j is unsure', (text) => {
  expect(heard(text, BIDS)).toBe('unsure');
});

test.each(['还没有', '4', '没有人', '有没有', '是', '13', '11', '有公司', '', '没友情', 'meiyo', '没有问题'])(
  '%j is no answer to the bid question',
  (text) => {
    expect(heard(text, BIDS)).toBeUndefined();
  },
);

test.each([
  ['都对，继续', 'all-right'],
  ['都对', 'all-right'],
  ['没问题', 'all-right'],
  ['都队', 'all-right'],
  ['不对', 'changed'],
  ['信息有变更', 'changed'],
  ['0', 'back'],
  ['零', 'back'],
  ['对吗', undefined],
  ['都对不上', undefined],
  ['继续', undefined],
])('at the details %j is %s', (text, name) => {
  expect(heard(text, DETAILS)).toBe(name);
});

test.each([
  ['1', 'cancel-yes'],
  ['先不办', 'cancel-yes'],
  ['是', 'cancel-yes'],
  ['0', 'keep-going'],
  ['不', 'keep-going'],
  ['接着办', 'keep-going'],
  ['继续', 'keep-going'],
  ['不是', undefined],
  ['好', undefined],
])('asked back about cancelling, %j is %s', (text, name) => {
  expect(heard(text, CONFIRM)).toBe(name);
});
