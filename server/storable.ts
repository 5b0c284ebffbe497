/**
 * JSON as PostgreSQL keeps it: `jsonb` refuses the character U+0000 and halves of surrogate pairs, which a computer's
 * name or a typed text may well contain. They become U+FFFD, before anything is hashed.
 */
const UNSTORABLE = /\0|\p{Surrogate}/gu;

export function storable<T>(value: T): T {
  if (typeof value === 'string') return value.replace(UNSTORABLE, '\uFFFD') as T;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(storable) as T;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [storable(key), storable(of) as unknown])) as T;
}

/** The same as JSON text. Escapes are looked for in the text first, which is quick: they are rare. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes('\\u') ? JSON.stringify(storable(value)) : text;
}
