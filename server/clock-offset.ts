/**
 * Reads `CLOCK_OFFSET`: an ISO 8601 duration of days and times with an optional sign (`P1D`, `-PT2H30M`, `P1DT12H`),
 * or short `1d`, `-3h`, `90m`, `45s`.
 */
const ISO = /^([+-]?)P(?!$)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const SHORT = /^([+-]?)(\d+)([dhms])$/;
const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

/** @returns milliseconds, or undefined when it is not a duration */
export function parseOffset(text: string): number | undefined {
  const short = SHORT.exec(text);
  if (short) return signed(short[1], Number(short[2]) * (UNIT_MS[short[3] ?? ''] ?? 0));
  const iso = ISO.exec(text);
  if (!iso) return undefined;
  const parts = ['d', 'h', 'm', 's'].map((unit, i) => Number(iso[i + 2] ?? 0) * (UNIT_MS[unit] ?? 0));
  return signed(
    iso[1],
    parts.reduce((sum, part) => sum + part),
  );
}

function signed(sign: string | undefined, ms: number): number {
  return sign === '-' && ms > 0 ? -ms : ms;
}
