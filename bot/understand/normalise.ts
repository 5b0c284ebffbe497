/**
 * Makes texts comparable: full width to half, the traditional characters of our few words to simplified, letters to
 * lower case, spaces and punctuation dropped.
 */
const TRADITIONAL: ReadonlyMap<string, string> = new Map(
  [
    ...['繼继', '續续', '迴回', '進进', '幫帮', '複复', '復复', '開开', '無无', '確确', '認认', '沒没', '證证', '書书'],
    ...['驗验', '換换', '電电', '腦脑', '標标', '訂订', '號号', '時时', '點点', '後后', '還还', '對对', '變变', '問问'],
    ...['題题', '轉转', '請请', '過过', '辦办', '個个', '項项', '選选', '來来', '錯错', '發发', '碼码', '現现', '幾几'],
  ].map((pair) => [pair.slice(0, 1), pair.slice(1)]),
);

/** Longer texts are not words of ours and are not taken apart. */
export const LONGEST_WORDS = 40;

export function normalise(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase();
  return [...plain]
    .filter((sign) => /[\p{L}\p{N}]/u.test(sign))
    .map((sign) => TRADITIONAL.get(sign) ?? sign)
    .join('');
}
