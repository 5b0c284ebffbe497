/** `npm run agenda`: the procedure as a list, in the order of the core (`renewal/agenda.ts`) and the words of the chat. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
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
const { AGENDA } = await import(`data:text/javascript,${encodeURIComponent(built.outputFiles[0].text)}`);
const { chapters } = JSON.parse(readFileSync(path.join(ROOT, 'templates/chat/words.json'), 'utf8'));
for (const { chapter, name, waitsFor, when } of AGENDA)
  console.log(`${chapter} ${chapters[chapter]}  ${name.padEnd(18)}  ${waitsFor.padEnd(8)}  ${when}`);
