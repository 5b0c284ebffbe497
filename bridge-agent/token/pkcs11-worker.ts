/** Entry of the process that runs a PKCS#11 module; its one argument is the module's path. */
import { Pkcs11Driver } from './pkcs11.ts';
import { runWorker } from './worker.ts';

await runWorker(() => new Pkcs11Driver(process.argv[2] ?? ''));
// a module's own threads must not keep the process, and with it the login, alive
process.exit(0);
