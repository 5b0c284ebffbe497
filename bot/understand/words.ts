/**
 * Which of the words that work everywhere is meant, if any. Deterministic; a miss is better than a wrong guess, and
 * what cannot be undone is never guessed (reference: exact → polite forms → contained → sound → accent → one slip).
 */
import { LONGEST_WORDS } from './normalise.ts';
import { accentFree, isOneSlip, soundOf } from './sound.ts';
import { NAME_LIKE, NEGATION, NEVER_GUESSED, PARTICLES_AFTER, POLITE_BEFORE, SENTENCES, WORDS } from './vocabulary.ts';
import type { Word } from './vocabulary.ts';

/** Shorter sounds are one slip away from too much. */
const SHORTEST_SLIP = 6;

const ENTRIES: readonly (readonly [string, Word])[] = Object.entries(WORDS).flatMap(([word, ways]) =>
  ways.map((way) => [way, word as Word] as const),
);
const GUESSABLE = ENTRIES.filter(([, word]) => !NEVER_GUESSED.has(word));
const EXACT: ReadonlyMap<string, Word> = new Map(ENTRIES);
const BY_SOUND: ReadonlyMap<string, Word> = new Map(ENTRIES.map(([way, word]) => [soundOf(way), word]));
const BY_ACCENT: ReadonlyMap<string, Word> = new Map(GUESSABLE.map(([way, word]) => [accentFree(soundOf(way)), word]));
/** `wangfanhui` is somebody's name: slips and accents count for two-character words as a whole only. */
const SLIPS = GUESSABLE.map(([way, word]) => [way, soundOf(way), word] as const).filter(
  ([, sound]) => sound.length >= SHORTEST_SLIP,
);

/**
 * @param normalised as `normalise` gives it
 * @param exactOnly where the open question takes free text: a name may sound like anything
 */
export function understandWord(normalised: string, exactOnly: boolean): Word | undefined {
  if (normalised === '' || normalised.length > LONGEST_WORDS) return undefined;
  const exact = EXACT.get(normalised);
  if (exact || exactOnly) return exact;
  const bySound = isOneScript(normalised) ? BY_SOUND.get(soundOf(normalised)) : undefined;
  if (bySound) return bySound;
  return NEGATION.test(normalised) || NAME_LIKE.test(normalised) ? undefined : guess(normalised);
}

function guess(normalised: string): Word | undefined {
  const core = normalised.replace(POLITE_BEFORE, '').replace(PARTICLES_AFTER, '');
  const polite = GUESSABLE.find(([way]) => way === core)?.[1];
  return polite ?? contained(normalised) ?? sentence(normalised) ?? (isOneScript(core) ? sounding(core) : undefined);
}

/** A word of ours that is at least a third of the text; two different ones are a question, not a wish. */
function contained(normalised: string): Word | undefined {
  const found = new Set(ENTRIES.filter(([way]) => isWhole(way, normalised)).map(([, word]) => word));
  const [word, ...others] = found;
  return others.length > 0 || !word || NEVER_GUESSED.has(word) ? undefined : word;
}

function isWhole(way: string, normalised: string): boolean {
  // letters only as whole words: `rengong` contains `go`
  return /^\p{Script=Han}{2,}$/u.test(way) && normalised.includes(way) && way.length * 3 >= normalised.length;
}

function sentence(normalised: string): Word | undefined {
  return SENTENCES.find(([pattern]) => pattern.test(normalised))?.[1];
}

function sounding(core: string): Word | undefined {
  const sound = soundOf(core);
  const accented = BY_ACCENT.get(accentFree(sound));
  if (accented && sound.length >= 4) return accented;
  return SLIPS.find(([way, known]) => isOneSlip(sound, known) && (isLetters(core) || shares(core, way)))?.[2];
}

/** A slip of the sound in characters counts only if half of the word is right. */
function shares(core: string, way: string): boolean {
  return core.length === way.length && [...core].some((sign, i) => sign === way[i]);
}

function isOneScript(normalised: string): boolean {
  return isLetters(normalised) || /^\p{Script=Han}+$/u.test(normalised);
}

function isLetters(normalised: string): boolean {
  return /^[a-z]+$/.test(normalised);
}
