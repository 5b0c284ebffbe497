/**
 * Finds the one key that holds a certificate, among all drivers of this agent. Never by slot: by the SHA-256 of the
 * certificate; two that hold it are one too many, and the customer is asked to unplug one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { readCertificate } from './certificate.ts';
import type { CertificateParts } from './certificate.ts';
import { AgentProblem } from './problem.ts';
import type { Token, TokenCertificate } from './token/port.ts';
import { TokenProcess } from './token/process.ts';
import type { DriverCommand } from './token/process.ts';

export interface FoundToken {
  readonly process: TokenProcess;
  readonly token: Token;
  readonly certificates: readonly TokenCertificate[];
}

export interface KeyOfCertificate extends FoundToken {
  readonly certificate: CertificateParts;
  /** CKA_ID of the certificate, hex. */
  readonly certificateId: string;
}

/** Modules keep their list of slots, so a fresh process looks each time. */
const LOOK_AGAIN_MS = 1_500;

/**
 * @param sha256 of the certificate's DER, lower-case hex
 * @param wait how long for a key to be plugged in, and what to say meanwhile
 * @throws AgentProblem token/none, token/other-certificate, token/several, token/driver-missing, token/driver-failed
 */
export async function waitForToken(
  drivers: readonly DriverCommand[],
  sha256: string,
  wait: { readonly limitMs: number; readonly signal: AbortSignal; readonly whenNone: () => void },
): Promise<KeyOfCertificate> {
  const until = performance.now() + wait.limitMs;
  for (let told = false; ; told = true) {
    try {
      return await findToken(drivers, sha256);
    } catch (problem) {
      const none = problem instanceof AgentProblem && problem.code === 'token/none';
      if (!none || performance.now() >= until) throw problem;
      if (!told) wait.whenNone();
    }
    await pause(LOOK_AGAIN_MS, undefined, { signal: wait.signal });
  }
}

/** The caller stops the process of the key that was found; all others are stopped here. */
export async function findToken(drivers: readonly DriverCommand[], sha256: string): Promise<KeyOfCertificate> {
  const { tokens, problems, stop } = await allTokens(drivers);
  const matching = tokens.flatMap((found) => {
    const match = found.certificates.find(({ der }) => sha256Of(der) === sha256);
    if (!match) return [];
    return [{ ...found, certificate: readCertificate(Buffer.from(match.der, 'base64')), certificateId: match.id }];
  });
  const [only, ...more] = matching;
  await stop(more.length === 0 ? only?.process : undefined);
  if (more.length > 0) throw new AgentProblem('token/several');
  if (only) return only;
  if (tokens.length > 0) throw new AgentProblem('token/other-certificate');
  // a driver that is missing explains an empty desk only when no other one could look
  throw problems.length === drivers.length
    ? (problems[0] ?? new AgentProblem('token/none'))
    : new AgentProblem('token/none');
}

/** Everything that is plugged in; `stop` ends all driver processes but one. */
export async function allTokens(drivers: readonly DriverCommand[]): Promise<{
  tokens: FoundToken[];
  problems: AgentProblem[];
  stop: (except?: TokenProcess) => Promise<void>;
}> {
  const processes = drivers.map((driver) => new TokenProcess(driver));
  const problems: AgentProblem[] = [];
  const looks = await Promise.all(
    processes.map(async (process) => {
      try {
        const tokens = await process.list();
        return await Promise.all(
          tokens.map(async (token) => ({ process, token, certificates: await process.certificates(token.serial) })),
        );
      } catch (problem) {
        if (!(problem instanceof AgentProblem)) throw problem;
        problems.push(problem);
        return [];
      }
    }),
  );
  const stop = async (except?: TokenProcess) => {
    await Promise.all(processes.filter((process) => process !== except).map((process) => process.stop()));
  };
  return { tokens: looks.flat(), problems, stop };
}

function sha256Of(der: string): string | undefined {
  try {
    return readCertificate(Buffer.from(der, 'base64')).sha256;
  } catch {
    // tokens keep whatever they were given; what is no certificate is not ours
    return undefined;
  }
}
