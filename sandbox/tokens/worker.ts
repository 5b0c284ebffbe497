/** Entry of the process that plays the keys in the folder SANDBOX_TOKENS. */
import { runWorker } from '../../bridge-agent/token/worker.ts';
import { FileDriver } from './file-driver.ts';

await runWorker(() => new FileDriver(process.env['SANDBOX_TOKENS'] ?? ''));
