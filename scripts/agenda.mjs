/** `npm run agenda`: the procedure as a list, in the order and the words of the core (`renewal/agenda.ts`). */
import { installPackages, ROOT } from './setup.mjs';

installPackages();
const { build } = await import('esbuild');
const built = await build({
  absWorkingDir: ROOT,
  entryPoints: ['renewal/agenda.ts'],
  bundle: true,
  format: 'esm',
  write: false,
});
const { AGENDA, CHAPTERS } = await import(`data:text/javascript,${encodeURIComponent(built.outputFiles[0].text)}`);
for (const { chapter, name, waitsFor, when } of AGENDA)
  console.log(`${chapter} ${CHAPTERS[chapter]}  ${name.padEnd(18)}  ${waitsFor.padEnd(8)}  ${when}`);
