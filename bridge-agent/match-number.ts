/** The match number in digits that are read from across a desk: 5 rows, 4 columns doubled. */
const GLYPHS: Readonly<Record<string, readonly string[]>> = {
  '0': ['####', '#  #', '#  #', '#  #', '####'],
  '1': ['  # ', ' ## ', '  # ', '  # ', ' ###'],
  '2': ['####', '   #', '####', '#   ', '####'],
  '3': ['####', '   #', ' ###', '   #', '####'],
  '4': ['#  #', '#  #', '####', '   #', '   #'],
  '5': ['####', '#   ', '####', '   #', '####'],
  '6': ['####', '#   ', '####', '#  #', '####'],
  '7': ['####', '   #', '  # ', ' #  ', ' #  '],
  '8': ['####', '#  #', '####', '#  #', '####'],
  '9': ['####', '#  #', '####', '   #', '####'],
};
const INDENT = ' '.repeat(12);
const BETWEEN = ' '.repeat(6);

/** @param digits `00`…`99` */
export function bigDigits(digits: string): string {
  return [0, 1, 2, 3, 4]
    .map((row) => INDENT + [...digits].map((digit) => doubled(GLYPHS[digit]?.[row] ?? '')).join(BETWEEN))
    .map((line) => line.trimEnd())
    .join('\n');
}

const doubled = (row: string) => [...row].map((dot) => dot + dot).join('');
