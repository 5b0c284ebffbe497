/**
 * How words sound: for input methods that offer the wrong character (计续), pinyin typed as letters (jixu), accents
 * that don't tell zh from z, ng from n, l from n, and one slip of the finger.
 */
import { pinyin } from 'pinyin-pro';

/** Letters without tones: 继续 → jixu. Letters stay as they are. */
export function soundOf(normalised: string): string {
  return pinyin(normalised, { toneType: 'none', separator: '', v: true }).replaceAll(' ', '');
}

/** Equal for sounds that many speakers don't tell apart. */
export function accentFree(sound: string): string {
  return sound
    .replace(/([zcs])h/g, '$1')
    .replaceAll('ng', 'n')
    .replaceAll('n', 'l');
}

/** One letter too many, too few, other, or two swapped. */
export function isOneSlip(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  const [restA, restB] = [a.slice(same), b.slice(same)];
  if (restA.length !== restB.length) {
    const [longer, shorter] = restA.length > restB.length ? [restA, restB] : [restB, restA];
    return longer.slice(1) === shorter;
  }
  const swapped = `${restA.slice(1, 2)}${restA.slice(0, 1)}${restA.slice(2)}`;
  return restA.slice(1) === restB.slice(1) || swapped === restB;
}
