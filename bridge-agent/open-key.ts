/**
 * A key that the customer has opened for one purpose: found by its old certificate, agreed to, logged in. It lives
 * for one consent; whoever is done, or waits too long, closes it, and the login is gone with its process.
 */
import { shanghaiDay } from './certificate.ts';
import type { ConsentText, Customer } from './customer.ts';
import { waitForToken } from './find-token.ts';
import type { KeyOfCertificate } from './find-token.ts';
import { AgentProblem } from './problem.ts';
import type { Algorithm } from './token/port.ts';
import type { DriverCommand } from './token/process.ts';

export interface OpenKey extends KeyOfCertificate {
  /** What the customer agreed to. */
  readonly newDay: string;
  close(): Promise<void>;
}

export interface Asked {
  /** Verifying changes nothing: it takes the PIN only. */
  readonly purpose: ConsentText['purpose'] | 'verify';
  readonly certificateSha256: string;
  /** `YYYY-MM-DD`: the new certificate's last day, at least. What it throws ends the consent before it is asked. */
  readonly newDay: (key: KeyOfCertificate) => string;
  readonly askedBy: string;
}

export interface Desk {
  readonly drivers: readonly DriverCommand[];
  readonly customer: Customer;
  /** How long a key may take to be plugged in, ms. */
  readonly plugInMs: number;
}

/** @throws AgentProblem token/*, pin/* */
export async function openKey(desk: Desk, asked: Asked, signal: AbortSignal): Promise<OpenKey> {
  const { customer } = desk;
  const found = await waitForToken(desk.drivers, asked.certificateSha256, {
    limitMs: desk.plugInMs,
    signal,
    whenNone: () => customer.tell('plug-in'),
  });
  try {
    if (asked.purpose !== 'verify') checkWritable(found);
    if (found.token.pin === 'locked') throw new AgentProblem('pin/locked');
    const { purpose, askedBy } = asked;
    const { unit, notAfter } = found.certificate;
    const newDay = asked.newDay(found);
    if (purpose === 'verify') customer.tell('consent-verify', { unit, newDay });
    else await customer.agree({ purpose, unit, askedBy, oldDay: shanghaiDay(notAfter), newDay }, signal);
    await logIn(found, customer, signal);
    if ((await found.process.keys(found.token.serial, found.certificateId)).privateKeys !== 1) {
      throw new AgentProblem('token/no-private-key');
    }
    return { ...found, newDay, close: () => found.process.stop() };
  } catch (problem) {
    await found.process.stop();
    throw problem;
  }
}

/** The new pair is made like the old one, RSA at today's length. */
export function algorithmOf({ certificate }: KeyOfCertificate): Algorithm {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.x509.publicKey;
  if (asymmetricKeyType === 'rsa') return 'RSA-2048';
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'P-256';
  throw new AgentProblem('token/unsupported', `key type ${String(asymmetricKeyType)}`);
}

function checkWritable(found: KeyOfCertificate): void {
  if (found.token.writeProtected) throw new AgentProblem('token/write-protected');
  if (!found.token.makes.includes(algorithmOf(found))) throw new AgentProblem('token/unsupported');
}

/** Every try is typed by hand: nothing is tried again by itself. */
async function logIn({ process, token }: KeyOfCertificate, customer: Customer, signal: AbortSignal): Promise<void> {
  for (let wrongBefore = false; ; wrongBefore = true) {
    const now = (await process.list()).find(({ serial }) => serial === token.serial);
    if (!now) throw new AgentProblem('token/removed');
    if (now.pin === 'locked') throw new AgentProblem('pin/locked');
    if (now.ownPinPad) customer.tell('pin-on-key');
    const pin = now.ownPinPad
      ? Buffer.alloc(0)
      : await customer.pin({ tries: now.pin, wrongBefore, length: now.pinLength }, signal);
    try {
      await process.login(token.serial, pin);
      return;
    } catch (problem) {
      if (!(problem instanceof AgentProblem) || problem.code !== 'pin/incorrect') throw problem;
    } finally {
      pin.fill(0);
    }
  }
}
