/**
 * The unified social credit code of an organisation (统一社会信用代码, GB 32100-2015): 18 digits and capital letters
 * without I, O, S, V and Z, the last one a check character.
 */
const SIGNS = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const FORM = new RegExp(`^[${SIGNS}]{18}$`);

/** Could be one, also when its check character says that somebody mistyped. */
export function looksLikeUscc(text: string): boolean {
  return FORM.test(text);
}

/** @param text in capitals and without spaces */
export function isUscc(text: string): boolean {
  return looksLikeUscc(text) && text.endsWith(checkCharacter(text));
}

/** GB 32100-2015 §5: the i-th sign weighs 3^(i−1) mod 31; the check character is 31 − sum mod 31. */
function checkCharacter(text: string): string {
  let weight = 1;
  let sum = 0;
  for (const sign of text.slice(0, -1)) {
    sum += SIGNS.indexOf(sign) * weight;
    weight = (weight * 3) % 31;
  }
  return SIGNS.charAt((31 - (sum % 31)) % 31);
}
