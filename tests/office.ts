/** What stands in the registry before a test begins: one project, certificates, and a handler who may renew them. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { DAY_MS, type Instant } from '../renewal/calendar.ts';
import { MANUAL_WINDOW, type Policy } from '../renewal/policy.ts';
import { createClock, type Clock } from '../server/clock.ts';
import type { Prisma, Store } from '../server/db.ts';
import { createHandlers } from '../server/handlers.ts';
import type { Hint } from '../server/hints.ts';
import { mobileIndex } from '../server/personal/mobile.ts';
import { createVault, type Vault } from '../server/personal/vault.ts';
import { createWriter, type Writer } from '../server/writer.ts';

export const POLICY: Policy = {
  project: 'test-project',
  version: 3,
  projectName: '测试项目',
  window: MANUAL_WINDOW,
  years: 1,
  sponsor: '测试平台',
  bidGuard: 'ask',
  caProfile: 'organisation',
  service: { hotline: '0534-0000000', hours: '工作日' },
  counter: { name: '窗口', address: '一楼', papers: ['营业执照'] },
  rebindOn: [],
};

export const MOBILE = '13800006027';

export interface Office {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly writer: Writer;
  /** Everything that was told, in order. */
  readonly told: Hint[];
  readonly handlerId: string;
  /** @returns the certificate's id */
  certificate(change?: CertificateChange): Promise<string>;
}

export interface CertificateChange {
  readonly notAfter?: Instant;
  readonly serial?: string;
  readonly uscc?: string;
  readonly status?: 'good' | 'suspended' | 'revoked';
  readonly mobile?: string;
}

export async function openOffice(store: Store, clock: Clock = createClock()): Promise<Office> {
  const vault = createVault(Buffer.alloc(32, 9));
  const told: Hint[] = [];
  const tell = (hints: readonly Hint[]) => void told.push(...hints);
  const writer = createWriter({ pool: store.pool, clock, tell });
  const policy = POLICY as unknown as Prisma.InputJsonValue;
  await store.db.project.create({
    data: { id: POLICY.project, version: POLICY.version, policy },
  });
  const verifiedUntil = clock.now() + 100 * DAY_MS;
  const handlerId = await createHandlers({ db: store.db, writer, vault }).register(MOBILE, verifiedUntil);
  return {
    ...{ store, vault, clock, writer, told, handlerId },
    async certificate({ notAfter = clock.now() + 20 * DAY_MS, mobile = MOBILE, ...change } = {}) {
      const id = randomUUID();
      const der = randomBytes(40);
      await store.db.certificate.create({
        data: {
          id,
          projectId: POLICY.project,
          serial: randomBytes(8).toString('hex').toUpperCase(),
          sha256: createHash('sha256').update(der).digest('hex'),
          der,
          unit: '测试单位',
          uscc: '91371400MA3TESTXX1',
          notBefore: new Date(notAfter - 365 * DAY_MS),
          notAfter: new Date(notAfter),
          status: 'good',
          contactMobileIndex: mobileIndex(vault, mobile),
          contactMobileSealed: vault.seal(mobile, `certificate/${id}`),
          ...change,
        },
      });
      return id;
    },
  };
}
