/**
 * The embedded CA's own process: nobody else holds its key. Started by the server (`process.ts`); says `ready` when
 * it listens and ends with its parent.
 */
import path from 'node:path';
import { pino } from 'pino';
import names from '../../templates/certificates/names.json' with { type: 'json' };
import { createClock } from '../clock.ts';
import { ConfigError, readCaConfig, type CaConfig } from '../config.ts';
import { AuthorityError, openAuthority } from './authority.ts';
import { listen, SocketTaken } from './listen.ts';

/** So far back the certificate of an evaluation's CA counts: demo certificates have expired years ago. */
const EVALUATION_BACKDATED_YEARS = 10;

/** EX_TEMPFAIL of sysexits.h: whoever started this may start it again. */
const TRY_AGAIN = 75;

const log = pino({ base: null });

try {
  await run(readCaConfig(process.env), process.env['CA_PASSPHRASE']);
} catch (error) {
  const expected = error instanceof AuthorityError || error instanceof ConfigError;
  if (expected) console.error(error.message);
  else console.error(error);
  process.exit(error instanceof SocketTaken ? TRY_AGAIN : 1);
}

async function run(config: CaConfig, passphrase: string | undefined): Promise<void> {
  if (config.mode === 'production' && !passphrase) throw new AuthorityError('CA_PASSPHRASE is missing.');
  const clock = createClock(config.clockOffsetMs);
  const evaluation = config.mode === 'evaluation';
  const authority = openAuthority({
    folder: path.join(config.dataDir, 'ca'),
    now: () => clock.now(),
    issuer: names[config.mode].issuer,
    backdatedYears: evaluation ? EVALUATION_BACKDATED_YEARS : 0,
    ...(passphrase && { passphrase }),
  });
  const server = await listen(authority, config.caSocket, (err) => log.error({ err }, 'a question failed'));
  const end = () => server.close(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.once('disconnect', end);
  process.send?.({ ready: true, root: authority.root.toString('base64') });
}
