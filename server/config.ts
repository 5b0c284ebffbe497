/**
 * What the environment says, checked at once: every fault is named before anything starts. `.env.example` documents
 * each variable.
 */
import path from 'node:path';
import { z } from 'zod';
import { parseOffset } from './clock-offset.ts';

export interface Config {
  readonly mode: 'evaluation' | 'production';
  /** Absolute. Embedded database, keys, embedded CA. */
  readonly dataDir: string;
  /** Undefined: the embedded server in `dataDir`. */
  readonly databaseUrl: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Where customers find the chat, without a slash at the end. */
  readonly publicUrl: string;
  readonly clockOffsetMs: number;
  /** 32 bytes each. Undefined in an evaluation that keeps its own (`keys.ts`). */
  readonly masterKey: Buffer | undefined;
  readonly bridgeKeys: { readonly current: Buffer; readonly next: Buffer } | undefined;
  readonly sms: {
    readonly endpoint: string;
    readonly accessKeyId: string;
    readonly accessKeySecret: string;
    readonly signName: string;
    readonly templateCode: string;
  };
  /** Unix socket of the embedded CA. */
  readonly caSocket: string;
}

/** Everything that is wrong with the environment, a sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(['The configuration is not usable:', ...faults.map((fault) => `- ${fault}`)].join('\n'));
    this.faults = faults;
  }
}

/** What an evaluation uses instead of a provider: the sandbox party and its keys. */
const SANDBOX_SMS = {
  SMS_ACCESS_KEY_ID: 'sandbox',
  SMS_ACCESS_KEY_SECRET: 'sandbox-secret',
  SMS_SIGN_NAME: 'Xuqi',
  SMS_TEMPLATE_CODE: 'SMS_000001',
} as const;

const NEEDED_IN_PRODUCTION = [
  ...['PUBLIC_URL', 'MASTER_KEY', 'BRIDGE_KEY', 'BRIDGE_KEY_NEXT'],
  ...['SMS_ENDPOINT', 'SMS_ACCESS_KEY_ID', 'SMS_ACCESS_KEY_SECRET', 'SMS_SIGN_NAME', 'SMS_TEMPLATE_CODE'],
] as const;

const LOOPBACK = /^(localhost|127\.|\[?::1)/;

const key = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length === 32, 'must be 32 bytes in base64 (openssl rand -base64 32)');
const port = z.coerce
  .number('must be a port number')
  .pipe(z.int('must be a port number').min(0, 'must be a port number').max(65535, 'must be a port number'));

const Environment = z.object({
  MODE: z.enum(['evaluation', 'production'], 'must be evaluation or production').default('evaluation'),
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgresql://')
    .optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(3000),
  SANDBOX_PORT: port.default(3001),
  PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  CLOCK_OFFSET: z
    .string()
    .transform((value, context) => {
      const offset = parseOffset(value);
      if (offset !== undefined) return offset;
      context.addIssue({ code: 'custom', message: 'must be a duration such as 1d, P1D or -PT2H30M' });
      return z.NEVER;
    })
    .default(0),
  MASTER_KEY: key.optional(),
  BRIDGE_KEY: key.optional(),
  BRIDGE_KEY_NEXT: key.optional(),
  SMS_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  SMS_ACCESS_KEY_ID: z.string().default(SANDBOX_SMS.SMS_ACCESS_KEY_ID),
  SMS_ACCESS_KEY_SECRET: z.string().default(SANDBOX_SMS.SMS_ACCESS_KEY_SECRET),
  SMS_SIGN_NAME: z.string().default(SANDBOX_SMS.SMS_SIGN_NAME),
  SMS_TEMPLATE_CODE: z.string().default(SANDBOX_SMS.SMS_TEMPLATE_CODE),
  CA_SOCKET: z.string().optional(),
});
type Environment = z.infer<typeof Environment>;

/**
 * @param env an empty value counts as none
 * @throws ConfigError with all faults
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const read = Environment.safeParse(given);
  const faults = read.success ? [] : faultsIn(read.error);
  if (given['MODE'] === 'production') faults.push(...productionFaults(given));
  if (
    (given['BRIDGE_KEY'] === undefined) !== (given['BRIDGE_KEY_NEXT'] === undefined) &&
    given['MODE'] !== 'production'
  )
    faults.push('BRIDGE_KEY and BRIDGE_KEY_NEXT are given together or not at all.');
  if (!read.success || faults.length > 0) throw new ConfigError(faults);
  return configOf(read.data);
}

/** The CA's own process is given this much and no more; the server has looked for faults before. */
export type CaConfig = Pick<Config, 'mode' | 'dataDir' | 'clockOffsetMs' | 'caSocket'>;
const CaEnvironment = Environment.pick({ MODE: true, DATA_DIR: true, CLOCK_OFFSET: true, CA_SOCKET: true });

/** @throws ConfigError with all faults */
export function readCaConfig(env: Readonly<Record<string, string | undefined>>): CaConfig {
  const read = CaEnvironment.safeParse(env);
  if (!read.success) throw new ConfigError(faultsIn(read.error));
  const { MODE: mode, DATA_DIR, CLOCK_OFFSET: clockOffsetMs, CA_SOCKET } = read.data;
  const dataDir = path.resolve(DATA_DIR);
  return { mode, dataDir, clockOffsetMs, caSocket: caSocketOf(dataDir, CA_SOCKET) };
}

function faultsIn(error: z.ZodError): string[] {
  return error.issues.map(({ path: [name], message }) => `${String(name)} ${message}.`);
}

function caSocketOf(dataDir: string, given: string | undefined): string {
  return path.resolve(given ?? path.join(dataDir, 'ca/ca.sock'));
}

function productionFaults(given: Readonly<Record<string, string | undefined>>): string[] {
  const faults = NEEDED_IN_PRODUCTION.filter((name) => given[name] === undefined).map((name) => `${name} is missing.`);
  if (given['CLOCK_OFFSET'] !== undefined) faults.push('CLOCK_OFFSET is for evaluations only.');
  for (const name of ['PUBLIC_URL', 'SMS_ENDPOINT']) {
    const url = given[name];
    if (url === undefined || !URL.canParse(url)) continue;
    const { protocol, hostname } = new URL(url);
    if (protocol !== 'https:') faults.push(`${name} must be an https address.`);
    if (LOOPBACK.test(hostname)) faults.push(`${name} names this machine; that is for evaluations only.`);
  }
  return faults;
}

function configOf(env: Environment): Config {
  const dataDir = path.resolve(env.DATA_DIR);
  return {
    mode: env.MODE,
    dataDir,
    databaseUrl: env.DATABASE_URL,
    host: env.HOST,
    port: env.PORT,
    publicUrl: (env.PUBLIC_URL ?? `http://${env.HOST === '0.0.0.0' ? '127.0.0.1' : env.HOST}:${env.PORT}`).replace(
      /\/+$/,
      '',
    ),
    clockOffsetMs: env.CLOCK_OFFSET,
    masterKey: env.MASTER_KEY,
    bridgeKeys: env.BRIDGE_KEY && env.BRIDGE_KEY_NEXT && { current: env.BRIDGE_KEY, next: env.BRIDGE_KEY_NEXT },
    sms: {
      endpoint: env.SMS_ENDPOINT ?? `http://127.0.0.1:${env.SANDBOX_PORT}`,
      accessKeyId: env.SMS_ACCESS_KEY_ID,
      accessKeySecret: env.SMS_ACCESS_KEY_SECRET,
      signName: env.SMS_SIGN_NAME,
      templateCode: env.SMS_TEMPLATE_CODE,
    },
    caSocket: caSocketOf(dataDir, env.CA_SOCKET),
  };
}
