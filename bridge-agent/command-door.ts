/**
 * Which commands get in on one connection: the next in order, in time by the server's clock, signed by the server's
 * pinned key, in the list, of the right shape, and for this server's proofs only. Anything else ends it.
 */
import { verify } from 'node:crypto';
import { readCommand } from './commands.ts';
import type { ReadCommand } from './commands.ts';
import type { Connection } from './connection.ts';
import { keyIdOf } from './handshake.ts';
import { commandBytes, ProtocolError } from './protocol.ts';
import type { CommandFrame } from './protocol.ts';

export class CommandDoor {
  readonly #connection: Pick<Connection, 'session' | 'serverNow'>;
  #seq = 0;

  constructor(connection: Pick<Connection, 'session' | 'serverNow'>) {
    this.#connection = connection;
  }

  /** @throws ProtocolError */
  admit({ cmdId, seq, name, args, expiresAt, signature }: CommandFrame): ReadCommand {
    const { session, serverNow } = this.#connection;
    const bytes = commandBytes(session.transcript, { cmdId, seq, name, args, expiresAt });
    if (!verify(null, bytes, session.serverKey, Buffer.from(signature, 'base64'))) {
      throw new ProtocolError('command not signed by our server');
    }
    if (seq !== ++this.#seq) throw new ProtocolError('command out of order');
    if (expiresAt <= serverNow()) throw new ProtocolError('command expired');
    const command = readCommand(name, args);
    if (command.name === 'renew.csr' && command.args.serverId !== keyIdOf(session.serverKey)) {
      throw new ProtocolError('a proof for another server');
    }
    return command;
  }
}
