/**
 * All tests. `rules` stand beside what they test and share one database server; `contract`, `browser`, `journeys` and
 * `crash` run real processes and are given more time.
 */
import { defineConfig } from 'vitest/config';

const WITH_PROCESSES_MS = 180_000;

export default defineConfig({
  test: {
    coverage: {
      provider: 'v8',
      include: ['renewal/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: ['text-summary'],
      // a branch missed in the core is a rule missed
      thresholds: { 'renewal/**': { branches: 100 } },
    },
    projects: [
      {
        test: {
          name: 'rules',
          include: ['{renewal,bot,bridge-agent,server,sandbox,scripts}/**/*.test.ts', 'tests/*.test.ts'],
          globalSetup: ['tests/database.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      processes('contract'),
      processes('browser'),
      processes('journeys'),
      processes('crash'),
    ],
  },
});

function processes(name: string) {
  return {
    test: {
      name,
      include: [`tests/${name}/**/*.test.ts`],
      globalSetup: ['tests/database.ts'],
      testTimeout: WITH_PROCESSES_MS,
      hookTimeout: WITH_PROCESSES_MS,
    },
  };
}
