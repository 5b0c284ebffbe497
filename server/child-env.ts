/**
 * The environment of a program that this server starts: what every program needs, and what it is given by name. Keys
 * and passwords of ours stay with us; whoever may look at the program must not find them there.
 */
const EVERY_PROGRAM = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH'] as const;

/** @param more names of variables that it is given besides, when they are set */
export function childEnv(more: readonly string[] = []): NodeJS.ProcessEnv {
  const names = [...EVERY_PROGRAM, ...more];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
