/**
 * Makes the demo data beside a running server: keys on tokens, first certificates of the embedded CA, rows in the
 * register. Every step finds what an earlier run has done; `demo.json`, written last, says that all of it is there.
 *
 * SOFTHSM_MODULE names the PKCS#11 module; without it the keys are files. DEMO_PLAN names another plan.
 */
import { generateKeyPairSync } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { shanghaiDate } from '../../renewal/calendar.ts';
import { createClock } from '../../server/clock.ts';
import { readConfig } from '../../server/config.ts';
import { openStore } from '../../server/db.ts';
import { startEmbeddedPostgres } from '../../server/embedded-postgres.ts';
import { openAuthority } from '../../server/embedded-ca/authority.ts';
import { openKeys } from '../../server/keys.ts';
import { createVault } from '../../server/personal/vault.ts';
import { readCertificate } from '../../server/pki/certificate.ts';
import names from '../../templates/certificates/names.json' with { type: 'json' };
import { demoPlan } from './demo-plan.ts';
import { fileTokens } from './file-tokens.ts';
import { demoKey, putCertificate } from './key.ts';
import { readPlan, type PlannedCertificate } from './plan.ts';
import { DEZHOU, HOSPITAL } from './projects.ts';
import { openRegister } from './register.ts';
import { softHsmTokens } from './soft-hsm.ts';

const config = readConfig(process.env);
if (config.mode !== 'evaluation') throw new Error('Demo data is for evaluations only.');
const clock = createClock(config.clockOffsetMs);
const planFile = process.env['DEMO_PLAN'];
const plan = planFile ? readPlan(planFile, [DEZHOU, HOSPITAL]) : demoPlan(clock.now());

const labels = plan.certificates.flatMap(({ token }) => token ?? []);
const module = process.env['SOFTHSM_MODULE'];
const folder = path.join(config.dataDir, 'tokens');
const tokens = module ? softHsmTokens(module, folder, labels, plan.pin) : fileTokens(folder, labels, plan.pin);

const authority = openAuthority({
  folder: path.join(config.dataDir, 'ca'),
  now: () => clock.now(),
  issuer: names.evaluation.issuer,
  backdatedYears: 10,
  ...(process.env['CA_PASSPHRASE'] && { passphrase: process.env['CA_PASSPHRASE'] }),
});

const embedded = config.databaseUrl ? undefined : await startEmbeddedPostgres(path.join(config.dataDir, 'postgres'));
const store = openStore(embedded ? embedded.address : { connectionString: config.databaseUrl ?? '' });
try {
  const register = await openRegister(store, createVault(openKeys(config).master), clock, plan);
  const certificates = [];
  for (const one of plan.certificates) {
    const certificate = (await register.entered(one)) ?? issue(one);
    await register.enter(one, certificate);
    certificates.push(summary(one, certificate));
  }
  const demo = { mobile: plan.mobile, pin: plan.pin, driver: tokens.agentDriver, certificates };
  const file = path.join(config.dataDir, 'demo.json');
  writeFileSync(`${file}.new`, JSON.stringify(demo, undefined, 2));
  renameSync(`${file}.new`, file);
} finally {
  await store.close();
  await embedded?.stop();
}

function issue({ unit, uscc, notBefore, notAfter, token, status }: PlannedCertificate): Buffer {
  const key = token === undefined ? undefined : demoKey(tokens, token, plan.pin);
  const certificate = authority.issueFirst({
    subject: {
      country: 'CN',
      organization: names.evaluation.organization,
      organizationIdentifier: uscc,
      commonName: unit,
    },
    spki: key?.spki ?? softwareKey(),
    notBefore,
    notAfter,
  });
  if (key) putCertificate(tokens, key, certificate);
  if (status === 'revoked') authority.revoke(readCertificate(certificate).serial, 'cessationOfOperation');
  return certificate;
}

/** Of a key that nobody in the demo holds. */
function softwareKey(): Buffer {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
}

function summary({ about, token }: PlannedCertificate, certificate: Buffer) {
  const { serial, notAfter } = readCertificate(certificate);
  return { serialTail: serial.slice(-4), ends: shanghaiDate(notAfter), about, ...(token && { token }) };
}
