/**
 * Which numbered option is meant: its key however typed (1, １, 一, 第一个, 选1, 1 没有), its words, another way to
 * say them, or their sound. Never by one slip: an answer moves the procedure.
 */
import type { Option } from '../talk.ts';
import { LONGEST_WORDS, normalise } from './normalise.ts';
import { soundOf } from './sound.ts';
import { ALIASES } from './vocabulary.ts';

const KEY = /^(?:回复|选择|选项|选|第|按|发)*([0-9零一二三四五六七八九])(?:个|项|条|号)?$/;
const DIGITS = '零一二三四五六七八九';

/** @param normalised as `normalise` gives it */
export function understandOption(normalised: string, options: readonly Option[]): Option | undefined {
  if (normalised === '' || normalised.length > LONGEST_WORDS) return undefined;
  const key = keyTyped(normalised);
  if (key !== undefined) return options.find((option) => option.key === key);
  return (
    options.find((option) => waysOf(option).some((way) => way === normalised || option.key + way === normalised)) ??
    options.find((option) => waysOf(option).some((way) => soundsAlike(way, normalised)))
  );
}

function keyTyped(normalised: string): string | undefined {
  const typed = KEY.exec(normalised)?.[1];
  if (typed === undefined) return undefined;
  return DIGITS.includes(typed) ? String(DIGITS.indexOf(typed)) : typed;
}

/** The label, what stands before its first comma (都对，继续), and the aliases. */
function waysOf({ name, label }: Option): readonly string[] {
  const first = label.split(/[，,]/)[0] ?? '';
  return [normalise(label), normalise(first), ...(ALIASES[name] ?? [])];
}

function soundsAlike(way: string, normalised: string): boolean {
  const isHan = (text: string) => /^\p{Script=Han}{2,}$/u.test(text);
  if (!isHan(way) || !(isHan(normalised) || /^[a-z]{4,}$/.test(normalised))) return false;
  return soundOf(way) === soundOf(normalised);
}
