/** From the code in the chat to a link that waits for its match number: asking, connecting, claiming. */
import { ConnectionLost } from './connection.ts';
import type { Connection } from './connection.ts';
import type { Customer } from './customer.ts';
import { signByDevice } from './handshake.ts';
import { newDeviceKey } from './link-file.ts';
import type { Link, LinkFile } from './link-file.ts';
import { claimBytes, isLinkCode, ProtocolError } from './protocol.ts';
import type { KeyObject } from 'node:crypto';

export interface JoinSurroundings {
  readonly customer: Customer;
  readonly linkFile: LinkFile;
  readonly askCode: (signal: AbortSignal) => Promise<string>;
  readonly connect: (deviceKey: KeyObject, signal: AbortSignal) => Promise<Connection>;
}

/** @throws NotOurServer, AgentTooOld, ProtocolError, the signal's reason */
export async function join(
  around: JoinSurroundings,
  signal: AbortSignal,
): Promise<{ link: Link; connection: Connection }> {
  // one key for all tries: the claim that succeeds makes it this link's
  const deviceKey = newDeviceKey();
  let connection: Connection | undefined;
  const hangUp = () => void connection?.close();
  signal.addEventListener('abort', hangUp, { once: true });
  try {
    for (;;) {
      const code = await codeOf(around, signal);
      try {
        if (!connection) around.customer.tell('connecting');
        connection ??= await around.connect(deviceKey, signal);
        const link = await claim(connection, code, deviceKey, around.customer);
        if (!link) continue;
        around.linkFile.write(link);
        return { link, connection };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ConnectionLost)) throw error;
        // a server that gave up on this connection has said why before
        if (!connection) around.customer.tell('unreachable');
        connection = undefined;
      }
    }
  } finally {
    signal.removeEventListener('abort', hangUp);
  }
}

/** @returns undefined when this code is none; why was told */
async function claim(
  connection: Connection,
  code: string,
  deviceKey: KeyObject,
  customer: Customer,
): Promise<Link | undefined> {
  const signature = signByDevice(deviceKey, claimBytes(connection.session.transcript, code));
  connection.send({ t: 'claim', code, signature });
  const answer = await connection.receive();
  if (answer.t === 'claimed') {
    const { linkId, unit, askedBy, matchExpiresAt: expiresAt } = answer;
    return { linkId, unit, askedBy, expiresAt, deviceKey };
  }
  if (answer.t === 'claim-error') {
    if (answer.code === 'code/expired') customer.tell('code-expired');
    else if (answer.triesLeft > 0) customer.tell('code-wrong', { triesLeft: answer.triesLeft });
    else customer.tell('code-no-tries');
    return undefined;
  }
  if (answer.t === 'close') throw new ConnectionLost(answer.reason);
  throw new ProtocolError(`${answer.t} before the link`);
}

/** Typed as shown, 3-4-4 with spaces or dashes; a mistyped digit is caught here and costs no try. */
async function codeOf({ askCode, customer }: JoinSurroundings, signal: AbortSignal): Promise<string> {
  for (;;) {
    const digits = (await askCode(signal)).replace(/[\s-]/g, '');
    if (isLinkCode(digits)) return digits;
    customer.tell(/^\d{11}$/.test(digits) ? 'code-mistyped' : 'code-malformed');
  }
}
