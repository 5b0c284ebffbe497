/** The server's process: configuration in, one house, and an orderly end, also while it is still being opened. */
import { ConfigError, readConfig } from './config.ts';
import { startHouse } from './house.ts';
import { createLog } from './log.ts';
import { StoreError } from './store-error.ts';

const log = createLog();
const asked = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
});

try {
  const config = readConfig(process.env);
  const house = await startHouse(config, log);
  log.info({ port: house.port, mode: config.mode }, 'the house is open');
  await asked;
  await house.stop();
  process.exit(0);
} catch (error) {
  if (error instanceof ConfigError || error instanceof StoreError) console.error(error.message);
  else console.error(error);
  process.exit(1);
}
