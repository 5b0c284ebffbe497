/**
 * The sandbox as a program: reads the environment as the server does, so that both agree on keys and time, and listens
 * on this machine only.
 */
import { createClock } from '../server/clock.ts';
import { readConfig } from '../server/config.ts';
import { createSandbox } from './sandbox.ts';

const config = readConfig(process.env);
const clock = createClock(config.clockOffsetMs);
const app = createSandbox({
  dataDir: config.dataDir,
  chatUrl: `${config.publicUrl}/`,
  accessKeyId: config.sms.accessKeyId,
  accessKeySecret: config.sms.accessKeySecret,
  now: () => clock.now(),
});

const server = app.listen(Number(process.env['SANDBOX_PORT'] ?? 3001), '127.0.0.1', (error) => {
  if (!error) return;
  console.error(error.message);
  process.exitCode = 1;
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
