import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalise } from './normalise.ts';
import { soundOf } from './sound.ts';
import { WORDS } from './vocabulary.ts';
import { understandWord } from './words.ts';

const heard = (text: string, exactOnly = false) => understandWord(normalise(text), exactOnly);

test.each([
  // the words, in every writing
  ['继续', 'continue'],
  ['繼續', 'continue'],
  ['继续吧', 'continue'],
  ['请继续', 'continue'],
  ['计续', 'continue'],
  ['继序', 'continue'],
  ['jixu', 'continue'],
  ['JiXu', 'continue'],
  ['ji xu', 'continue'],
  ['接着办', 'continue'],
  ['返回', 'back'],
  ['返回。', 'back'],
  ['反回', 'back'],
  ['返迴', 'back'],
  ['fanhui', 'back'],
  ['fanhiu', 'back'],
  ['上一步', 'back'],
  ['人工', 'staff'],
  ['任工', 'staff'],
  ['仁工', 'staff'],
  ['rengong', 'staff'],
  ['rengogn', 'staff'],
  ['人工克服', 'staff'],
  ['转人工', 'staff'],
  ['我要找人工', 'staff'],
  ['帮我转人工谢谢', 'staff'],
  ['怎么联系客服', 'staff'],
  ['进度', 'progress'],
  ['進度', 'progress'],
  ['查寻进度', 'progress'],
  ['cha xun jin du', 'progress'],
  ['我的证书办到哪了', 'progress'],
  ['到哪一步了', 'progress'],
  ['帮助', 'help'],
  ['幫助', 'help'],
  ['bangzu', 'help'],
  ['help', 'help'],
  ['重复', 'repeat'],
  ['重複', 'repeat'],
  ['再说一遍', 'repeat'],
  ['取消', 'cancel'],
  ['取消。', 'cancel'],
  ['取销', 'cancel'],
  ['quxiao', 'cancel'],
  ['我要取消', 'cancel'],
  ['不办了', 'cancel'],
  ['重新开始', 'restart'],
  ['重新開始', 'restart'],
  ['chongxinkaishi', 'restart'],
  ['从头开始', 'restart'],
  ['退订', 'unsubscribe'],
  ['TD', 'unsubscribe'],
  ['ＴＤ', 'unsubscribe'],
  ['验真', 'authentic'],
  ['驗真', 'authentic'],
  ['你们是骗子吗', 'authentic'],
  ['是官方的吗', 'authentic'],
])('%j means %s', (text, word) => {
  expect(heard(text)).toBe(word);
});

test.each([
  ...['张三', '王返辉', '13800138000', '91371402MA3C7X2Q16', '123456', '47', '1', '0', '都对', '没有', 'DESK-4F2K'],
  ...['上海任工科技有限公司', '北京继续教育有限公司', '进度信息技术中心', '人工智能', '继续教育', '帮助中心'],
  ...['不要人工', '别返回', '不继续了', '没有进度', '12月3日9点半', '证书快到期了怎么弄', '付了钱没成功', '忘记密码'],
  ...['ergongbao', 'go', 'xu', '？', '', '好的', '谢谢'],
])('%j is none of the words', (text) => {
  expect(heard(text)).toBeUndefined();
});

const NOT_DESTRUCTIVE = [
  ...['我不想取消', '不要取消', '别取消', '取消还是继续', '付款后可以取消吗', '怎么取消', '取消订单', '能取消吗'],
  ...['取消了吗', '取消掉吧', 'quxiaoo', 'quxia', 'qvxiao', '曲筱雨', '取件', '去小卖部'],
  ...['不要重新开始', '重新开', '重新来过', '从头到尾看了', '开始', '重新开始可以吗', 'chongxinkaish', '重心开'],
  ...['退订吗', '退定金', '别退订', '不是取消', '没有取消', '先不取消', '停', '算了', '不办', '不用了', '结束', '退出'],
];

test.each(NOT_DESTRUCTIVE)('%j never cancels and never starts over', (text) => {
  expect(['cancel', 'restart', 'unsubscribe']).not.toContain(heard(text));
});

test.each(['计续', 'jixu', '查寻进度', '取销', '我要找人工'])('where free text is expected, %j is text', (text) => {
  expect(heard(text, true)).toBeUndefined();
});

test.each(['人工', '返回', '取消', '帮助'])('where free text is expected, %s is still a word', (text) => {
  expect(heard(text, true)).toBeDefined();
});

test('what cannot be undone is only ever the very words or their very sound', () => {
  const ways = [...WORDS.cancel, ...WORDS.restart, ...WORDS.unsubscribe];
  const sounds = ways.map(soundOf);
  const near = fc.tuple(fc.constantFrom(...ways), fc.stringMatching(/^[取消重新开始我要不想办退订了吗呢的去小]{0,4}$/));
  fc.assert(
    fc.property(near, fc.boolean(), ([way, more], before) => {
      const text = before ? more + way : way + more;
      const word = heard(text);
      const isDestructive = word === 'cancel' || word === 'restart' || word === 'unsubscribe';
      expect(isDestructive).toBe(sounds.includes(soundOf(normalise(text))));
    }),
    { numRuns: 2000 },
  );
});

test('any text gives a word or none, never an error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 60 })), (text) => {
      expect([undefined, 'string']).toContain(heard(text) === undefined ? undefined : typeof heard(text));
    }),
  );
});
