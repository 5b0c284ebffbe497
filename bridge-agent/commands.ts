/**
 * Carries out the server's commands: the closed list of `protocol.ts`, one at a time, each `cmdId` once. What was
 * answered is kept before it is sent; asked again, after a lost answer or a crash, the same answer is given.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { shanghaiDay } from './certificate.ts';
import type { CertificateParts } from './certificate.ts';
import { allTokens, waitForToken } from './find-token.ts';
import { Journal } from './journal.ts';
import { AgentProblem } from './problem.ts';
import { COMMANDS, ProtocolError } from './protocol.ts';
import type { Args, CommandName, CommandResult, ResultFrame } from './protocol.ts';
import type { ThisComputer } from './handshake.ts';
import { Transaction } from './transaction.ts';
import type { TransactionSurroundings } from './transaction-ground.ts';

export type Outcome = ResultFrame['outcome'];

const Answered = z.strictObject({
  cmdId: z.string(),
  outcome: z.discriminatedUnion('ok', [
    z.strictObject({ ok: z.literal(true), data: z.unknown() }),
    z.strictObject({ ok: z.literal(false), code: z.string() }),
  ]),
});

export interface CommandSurroundings extends TransactionSurroundings {
  readonly computer: ThisComputer;
  readonly log: (event: string, about: Readonly<Record<string, unknown>>) => void;
}

/** A command as it may be carried out: known, and with arguments of its shape. */
export type ReadCommand = {
  readonly [N in CommandName]: { readonly name: N; readonly args: Args<N> };
}[CommandName];

/** @throws ProtocolError for any name or argument that is not in the list */
export function readCommand(name: string, args: unknown): ReadCommand {
  if (!Object.hasOwn(COMMANDS, name)) throw new ProtocolError('unknown command');
  const parsed = COMMANDS[name as CommandName].args.safeParse(args);
  if (!parsed.success) throw new ProtocolError('arguments', { cause: parsed.error });
  return { name, args: parsed.data } as ReadCommand;
}

export class Commands {
  readonly #around: CommandSurroundings;
  readonly #answers: Journal;
  readonly #transactions = new Map<string, Transaction>();

  /** @param linkId whose answers are kept together */
  constructor(around: CommandSurroundings, linkId: string) {
    this.#around = around;
    this.#answers = new Journal(join(around.dataFolder, 'answers', `${linkId}.jsonl`));
  }

  /** What this command was answered before, by this run or an earlier one. */
  answered(cmdId: string): Outcome | undefined {
    return this.#answers.entries
      .map(({ data }) => Answered.safeParse(data).data)
      .find((answer) => answer?.cmdId === cmdId)?.outcome;
  }

  /**
   * @returns the outcome, kept before it is returned
   * @throws the signal's reason: nothing is kept, and the command may come again
   */
  async carryOut(cmdId: string, command: ReadCommand, signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.#outcome(command, signal);
    signal.throwIfAborted();
    this.#answers.append(command.name, 'done', { cmdId, outcome } satisfies z.infer<typeof Answered>);
    return outcome;
  }

  /** Ends every login. */
  async close(): Promise<void> {
    await Promise.all([...this.#transactions.values()].map((transaction) => transaction.close()));
  }

  async #outcome(command: ReadCommand, signal: AbortSignal): Promise<Outcome> {
    const { log } = this.#around;
    try {
      const data = await this.#result(command, signal);
      log('command', { name: command.name, ok: true });
      return { ok: true, data };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ProtocolError) throw error;
      const code = error instanceof AgentProblem ? error.code : 'token/driver-failed';
      log('command', { name: command.name, ok: false, code, detail: String(error) });
      this.#around.customer.tellProblem(code, command.name === 'cert.read' ? 'look-again' : 'try-again');
      return { ok: false, code };
    }
  }

  async #result(command: ReadCommand, signal: AbortSignal): Promise<CommandResult<CommandName>> {
    switch (command.name) {
      case 'agent.info': {
        const { version, os, computer } = this.#around.computer;
        return { version, os, computer };
      }
      case 'cert.read':
        return this.#look(command.args, signal);
      case 'renew.begin':
        return this.#transaction(command.args.txnId).begin(command.args, signal);
      case 'renew.csr':
        return this.#transaction(command.args.txnId).makeRequest(command.args, signal);
      case 'renew.write':
        return this.#transaction(command.args.txnId).write(command.args, signal);
      case 'renew.verify':
        return this.#transaction(command.args.txnId).verify(command.args, signal);
      case 'renew.status':
        return this.#status(command.args);
      case 'link.close':
        return {};
    }
  }

  #transaction(txnId: string): Transaction {
    const known = this.#transactions.get(txnId) ?? new Transaction(this.#around, txnId);
    this.#transactions.set(txnId, known);
    return known;
  }

  /** Looks at the key; changes nothing and needs no PIN. */
  async #look({ certificateSha256 }: Args<'cert.read'>, signal: AbortSignal): Promise<CommandResult<'cert.read'>> {
    const { customer, drivers, plugInMs } = this.#around;
    customer.tell('looking');
    const whenNone = () => customer.tell('plug-in');
    const found = await waitForToken(drivers, certificateSha256, { limitMs: plugInMs, signal, whenNone });
    await found.process.stop();
    const { token, certificates, certificate } = found;
    const serialTail = token.serial.slice(-4);
    const { unit, notAfter } = certificate;
    customer.tell('looked', { label: token.label, serialTail, unit, day: shanghaiDay(notAfter) });
    return {
      token: {
        label: token.label,
        model: token.model,
        serialTail,
        algorithm: algorithmName(certificate),
        pin: token.pin,
        certificates: certificates.length,
      },
      certificate: certificate.der.toString('base64'),
    };
  }

  /** Looked up on whatever is plugged in, by the transaction's id; private keys are not needed to tell. */
  async #status({ txnId }: Args<'renew.status'>): Promise<CommandResult<'renew.status'>> {
    const transaction = this.#transaction(txnId);
    const { tokens, stop } = await allTokens(this.#around.drivers);
    try {
      const keys = await Promise.all(tokens.map((one) => one.process.keys(one.token.serial, transaction.keyId)));
      return {
        lastStep: transaction.lastStep,
        keyPresent: keys.some(({ publicKeys }) => publicKeys > 0),
        certificatePresent: tokens.some((one) => one.certificates.some(({ id }) => id === transaction.keyId)),
      };
    } finally {
      await stop();
    }
  }
}

/** `P-256`, `RSA-2048`, … as shown to people. */
function algorithmName({ x509 }: CertificateParts): string {
  const { asymmetricKeyType = 'unknown', asymmetricKeyDetails: details } = x509.publicKey;
  if (details?.namedCurve === 'prime256v1') return 'P-256';
  if (details?.modulusLength !== undefined) return `RSA-${details.modulusLength}`;
  return asymmetricKeyType.toUpperCase();
}
