/**
 * What customers say, not what we say: the words that work in every state, and other ways to give an answer. Our
 * own words stand in `templates/`.
 */
export type Word =
  'continue' | 'back' | 'staff' | 'progress' | 'help' | 'repeat' | 'cancel' | 'restart' | 'unsubscribe' | 'authentic';

/** All normalised: lower case, simplified, no punctuation. */
export const WORDS: Readonly<Record<Word, readonly string[]>> = {
  continue: ['继续', '接着办', '继续办理', '继续办', '接着来'],
  back: ['返回', '上一步', '返回上一步', '回到上一步', '退回', '后退'],
  staff: ['人工', '人工客服', '转人工', '人工服务', '客服', '真人', '联系客服', '客服电话'],
  progress: ['进度', '办理进度', '查进度', '查询进度', '办到哪了', '到哪一步了'],
  help: ['帮助', '怎么用', 'help', '使用说明'],
  repeat: ['重复', '再说一遍', '重复一遍', '再发一遍', '没看清'],
  cancel: ['取消', '取消办理', '我要取消', '我想取消', '不办了', '先不办了', '我不办了', '放弃办理'],
  restart: ['重新开始', '从头开始', '从头再来', '重来', '重新来', '重新办理', '我要重新开始'],
  unsubscribe: ['退订', 'td', '取消订阅'],
  authentic: ['验真', '是真的吗', '是骗子吗', '是诈骗吗', '是官方的吗', '怎么验真'],
};

/** Never guessed: only the very word, or its very sound. */
export const NEVER_GUESSED: ReadonlySet<Word> = new Set<Word>(['cancel', 'restart', 'unsubscribe']);

/** Other ways to say an option, by its name. */
export const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'no-bids': ['没', '无', '没有的', '没有标书', '没有投标文件', '没有投标'],
  unopened: ['有的', '有标书', '还没开标', '没开标', '没有开标', '未开标', '有没开标的', '有未开标的', '还没有开标'],
  unsure: ['不知道', '不清楚', '不记得', '忘了', '记不清'],
  'all-right': ['对', '对的', '都对的', '没问题', '没有问题', '正确', '都正确', '确认', '确认无误', '是的'],
  changed: ['有变更', '变更了', '有变化', '信息变了', '不对', '信息不对', '改名了'],
  'not-changed': ['没有变更', '没变更', '没有变化'],
  'try-again': ['再试', '重试', '再来一次'],
  'look-again': ['再看', '重新看', '再试一次', '重试', '再查一次'],
  'new-code': ['换码', '新码', '重新发码', '换一个', '再给一个码'],
  'not-mine': ['不是我', '不是我的', '不是', '不认识'],
  'other-computer': [
    '换电脑',
    '换台电脑',
    '换个电脑',
    '重新连接',
    '重连',
    '重新连',
    '电脑关了',
    '电脑坏了',
    '死机了',
    '没反应',
  ],
  resend: ['重发', '重新发', '再发一次', '收不到', '没收到', '收不到验证码', '没收到验证码'],
  'other-mobile': ['换号', '换个手机号', '换号码', '改手机号', '号码错了'],
  'start-now': ['办', '我要办', '马上办', '现在就办', '办理'],
  'check-first': ['查', '先查', '能不能办', '查能不能办'],
  'wait-for-opening': ['开标后再办', '等开标', '以后再来'],
  'keep-going': ['否', '不', '不取消', '继续', '接着', '返回'],
  'cancel-yes': ['是', '是的', '确认', '确定', '确认取消', '先不办'],
  'restart-yes': ['是', '是的', '确认', '确定'],
};

/** Ways to ask that no single word covers. */
export const SENTENCES: readonly (readonly [RegExp, Word])[] = [
  [/办到哪|到哪一步|到哪里了|还要多久|办好了吗/, 'progress'],
  [/(联系|找|叫).{0,4}(人工|客服)|客服.{0,3}(电话|多少)|你们电话/, 'staff'],
  [/骗子|诈骗|是不是真的|官方(的|吗)/, 'authentic'],
];

/** Thanks, and whether it is done: what is said when everything is over. All normalised. */
export const SMALL_TALK = /谢|辛苦|好了|完了|成功|可以拔|能拔|再见|拜拜|^(?:好|好的|ok|嗯+|收到|知道了|明白|行)$/;

export const POLITE_BEFORE =
  /^(?:你好|您好|请问|请|麻烦|帮我|帮忙|给我|我要|我想要|我想|我需要|能不能|可不可以|可以|要|想|转|找|查一下|查|看一下|看)+/;
export const PARTICLES_AFTER = /(?:一下|吧|啊|呀|哦|呢|嘛|了|谢谢|可以吗|好吗|行吗|吗)+$/;
export const NEGATION = /^不|不要|不想|不用|不需要|不必|不是|不能|不会|别|没|无需|勿|未/;
/** Units and things whose names contain one of our words. */
export const NAME_LIKE =
  /(?:公司|集团|中心|学校|大学|学院|医院|银行|合作社|协会|事务所|局|厂|店|部|院|所|馆|站)$|人工智能|继续教育/;
