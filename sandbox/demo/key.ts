/** A key of the demo: made once, its private key on the token, its first certificate beside it. */
import { createHash } from 'node:crypto';
import type { TokenDriver } from '../../bridge-agent/token/port.ts';

/** Tokens of one kind, and how the agent gets at them. */
export interface DemoTokens {
  /** As the agent's development configuration names it. */
  readonly agentDriver: Readonly<Record<string, unknown>>;
  readonly driver: TokenDriver;
}

export interface DemoKey {
  readonly serial: string;
  /** CKA_ID. */
  readonly id: string;
  readonly label: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
}

/** The key pair on the token of this label, found or made: a run that was killed is completed by the next. */
export function demoKey({ driver }: DemoTokens, label: string, pin: string): DemoKey {
  const token = driver.list().find((one) => one.label === label);
  if (!token) throw new Error(`there is no token ${label}`);
  const { serial } = token;
  const id = createHash('sha256').update(`demo/${label}`).digest('hex').slice(0, 32);
  driver.login(serial, Buffer.from(pin));
  if (driver.keys(serial, id).privateKeys === 0) driver.generate(serial, { id, label, algorithm: 'P-256' });
  const { spki } = driver.keys(serial, id);
  if (spki === undefined) throw new Error(`the key of ${label} has no single public key`);
  return { serial, id, label, spki: Buffer.from(spki, 'base64') };
}

/** Puts the certificate beside its key unless it is there. */
export function putCertificate({ driver }: DemoTokens, key: DemoKey, der: Buffer): void {
  const there = driver.certificates(key.serial);
  if (there.some((certificate) => Buffer.from(certificate.der, 'base64').equals(der))) return;
  driver.writeCertificate(key.serial, { id: key.id, label: key.label, der });
}
