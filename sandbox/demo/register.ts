/** Enters a plan into the register: projects, the verified handler, certificates. Entered twice it is entered once. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../server/clock.ts';
import type { Prisma, Store } from '../../server/db.ts';
import { createHandlers } from '../../server/handlers.ts';
import { mobileIndex } from '../../server/personal/mobile.ts';
import type { Vault } from '../../server/personal/vault.ts';
import { readCertificate } from '../../server/pki/certificate.ts';
import { createWriter } from '../../server/writer.ts';
import { addYears, shanghaiDate, startOfDay } from '../../renewal/calendar.ts';
import type { Plan, PlannedCertificate } from './plan.ts';

export interface Register {
  /** Before its certificate is issued again: what an earlier run has entered under this name. */
  entered(one: PlannedCertificate): Promise<Buffer | undefined>;
  enter(one: PlannedCertificate, certificate: Buffer): Promise<void>;
}

export async function openRegister(store: Store, vault: Vault, clock: Clock, plan: Plan): Promise<Register> {
  const { db, pool } = store;
  for (const policy of plan.projects) {
    const { project: id, version } = policy;
    const row = { version, policy: policy as unknown as Prisma.InputJsonObject };
    await db.project.upsert({ where: { id }, create: { id, ...row }, update: row });
  }
  // counts for 12 months, as an operator's entry would; from a whole day, so that another run today says the same
  const verifiedUntil = addYears(startOfDay(shanghaiDate(clock.now())), 1);
  // nobody talks yet who would have to be told
  const writer = createWriter({ pool, clock, tell: () => {} });
  await createHandlers({ db, vault, writer }).register(plan.mobile, verifiedUntil);

  return {
    async entered(one) {
      const row = await db.certificate.findUnique({ where: { id: idOf(one) }, select: { der: true } });
      return row ? Buffer.from(row.der) : undefined;
    },
    async enter(one, certificate) {
      const { serial, sha256, notBefore, notAfter } = readCertificate(certificate);
      const contactMobileIndex = mobileIndex(vault, plan.mobile);
      const row = {
        id: idOf(one),
        projectId: one.project,
        serial,
        sha256,
        der: new Uint8Array(certificate),
        unit: one.unit,
        uscc: one.uscc,
        notBefore: new Date(notBefore),
        notAfter: new Date(notAfter),
        status: one.status,
        contactMobileIndex,
        contactMobileSealed: vault.seal(plan.mobile, `contact/${contactMobileIndex}`),
      };
      await db.certificate.upsert({ where: { id: row.id }, create: row, update: {} });
    },
  };
}

/** The same name, the same row (RFC 9562 version 8). */
function idOf({ name }: PlannedCertificate): string {
  const hex = createHash('sha256').update(`demo/${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
