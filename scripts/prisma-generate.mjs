/**
 * Makes the database client of `server/generated/prisma` out of `prisma/schema.prisma`, without the downloads that
 * Prisma would otherwise try.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const inTree = (path) => fileURLToPath(new URL(path, root));

const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [inTree('node_modules/prisma/build/index.js'), 'generate'],
  {
    cwd: inTree('.'),
    encoding: 'utf8',
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: inTree('prisma/no-schema-engine.sh'),
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    },
  },
);
if (status !== 0) {
  process.stderr.write(stdout + stderr);
  process.exit(status ?? 1);
}
