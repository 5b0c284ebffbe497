/**
 * One renewal on one key: a new pair beside the old one, the request and the renewal proof, the certificate beside
 * the old one, and its test by use. Steps are named as in the design of the token transaction (T0, T2 … T12).
 *
 * The token is the truth, the server's facts are second, the journal is a help: any step may be run again, by
 * another run of this program or on another PC. Nothing that was on the key before is changed or removed.
 */
import { shanghaiDay } from './certificate.ts';
import { makePair, pairOnToken } from './make-pair.ts';
import { openKey } from './open-key.ts';
import type { Asked, OpenKey } from './open-key.ts';
import { AgentProblem } from './problem.ts';
import { CONSENT_WAIT_MS } from './protocol.ts';
import type { Args, CommandResult } from './protocol.ts';
import { proofFromBefore, proveRenewal } from './prove-renewal.ts';
import { keepSnapshot } from './snapshot.ts';
import { groundOf } from './transaction-ground.ts';
import type { Ground, TransactionSurroundings } from './transaction-ground.ts';
import { proveByUse, writtenCertificate } from './verify-by-use.ts';
import { checkIssuedFor, isWritten, readIssued, writeCertificate } from './write-certificate.ts';

export class Transaction {
  readonly #ground: Ground;
  #open: OpenKey | undefined;
  #closing: NodeJS.Timeout | undefined;

  /** @param txnId 32 hex digits, given by the server: the same on every PC */
  constructor(around: TransactionSurroundings, txnId: string) {
    this.#ground = groundOf(around, txnId);
  }

  /** T0–T3: the key, the customer's consent and PIN, and what is on the key before anything changes. */
  async begin(args: Args<'renew.begin'>, signal: AbortSignal): Promise<CommandResult<'renew.begin'>> {
    const { journal, now } = this.#ground;
    const { certificateSha256, promisedDay, askedBy } = args;
    if (!journal.done('T0')) journal.append('T0', 'done', { certificateSha256, promisedDay });
    await this.close();
    await this.#opened({ purpose: 'renew', certificateSha256, newDay: () => promisedDay, askedBy }, signal);
    return { consentedAt: Math.round(now()) };
  }

  /** T4–T6: the new pair, the request by it, and the renewal proof by the old key. */
  async makeRequest(args: Args<'renew.csr'>, signal: AbortSignal): Promise<CommandResult<'renew.csr'>> {
    const before = proofFromBefore(this.#ground, args);
    if (before) return before;
    if (args.proofExpiresAt <= this.#ground.now()) throw new AgentProblem('proof/expired');
    const key = await this.#openedFor('renew', args, signal);
    const made = await proveRenewal(this.#ground, key, args, await makePair(this.#ground, key));
    this.#closeAfter(CONSENT_WAIT_MS);
    return made;
  }

  /** T9–T10: the issued certificate, checked and written under the new key's id. */
  async write(args: Args<'renew.write'>, signal: AbortSignal): Promise<CommandResult<'renew.write'>> {
    const issued = readIssued(args.certificate);
    if (!(await isWritten(this.#ground, this.#open, args.certificateSha256, issued))) {
      const key = await this.#openedFor('write', args, signal);
      checkIssuedFor(this.#ground, key, issued, { spki: await pairOnToken(this.#ground, key), ...args });
      await writeCertificate(this.#ground, key, issued);
    }
    await this.close();
    return { sha256: issued.sha256 };
  }

  /** T12: a fresh process, the PIN again, a signature by the new key that the new certificate verifies. */
  async verify(args: Args<'renew.verify'>, signal: AbortSignal): Promise<CommandResult<'renew.verify'>> {
    await this.close();
    const { certificateSha256, sha256, nonce } = args;
    const key = await openKey(
      this.#ground,
      {
        purpose: 'verify',
        certificateSha256,
        askedBy: this.#ground.askedBy(),
        newDay: (found) => shanghaiDay(writtenCertificate(found, this.#ground.id, sha256).notAfter),
      },
      signal,
    );
    try {
      return await proveByUse(this.#ground, key, sha256, nonce);
    } finally {
      await key.close();
    }
  }

  get lastStep(): string {
    const last = this.#ground.journal.entries.at(-1);
    return last ? `${last.step} ${last.state}` : 'none';
  }

  get keyId(): string {
    return this.#ground.id;
  }

  /** Ends the login; what comes after has to be agreed to again. */
  async close(): Promise<void> {
    clearTimeout(this.#closing);
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
  }

  /** The key that the customer opened for this very promise, or a new consent. */
  async #openedFor(
    purpose: 'renew' | 'write',
    { certificateSha256, promisedDay }: { readonly certificateSha256: string; readonly promisedDay: string },
    signal: AbortSignal,
  ): Promise<OpenKey> {
    clearTimeout(this.#closing);
    const open = this.#open;
    if (open?.newDay === promisedDay && open.certificate.sha256 === certificateSha256) return open;
    await this.close();
    const askedBy = this.#ground.askedBy();
    return this.#opened({ purpose, certificateSha256, newDay: () => promisedDay, askedBy }, signal);
  }

  async #opened(asked: Asked, signal: AbortSignal): Promise<OpenKey> {
    const key = await openKey(this.#ground, asked, signal);
    this.#open = key;
    try {
      const { journal, reached } = this.#ground;
      journal.append('T3', 'done', { purpose: asked.purpose, serialTail: key.token.serial.slice(-4) });
      reached('T3 done');
      if (asked.purpose === 'renew') await keepSnapshot(this.#ground, key);
      this.#closeAfter(CONSENT_WAIT_MS);
      return key;
    } catch (problem) {
      await this.close();
      throw problem;
    }
  }

  /** Waiting too long ends the consent. */
  #closeAfter(limitMs: number): void {
    clearTimeout(this.#closing);
    this.#closing = setTimeout(() => void this.close(), limitMs).unref();
  }
}
