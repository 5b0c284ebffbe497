/**
 * The bridge's end on the server: takes the agents' WebSockets at `/bridge`, and looks after them when a hint comes
 * and every few seconds. Nothing here is needed to go on: an agent whose process is gone finds the same rows through
 * any other.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { DEAD_AFTER_MS, MAX_FRAME_BYTES, PING_EVERY_MS } from '../../bridge-agent/protocol.ts';
import type { Hint } from '../hints.ts';
import type { CertificateView } from '../pki/certificate.ts';
import { openCaseWork } from './case-work.ts';
import { claimLimits } from './claim-limits.ts';
import { openConnection, type Connection } from './connection.ts';
import { openLinks, type Links } from './links.ts';
import type { BridgeDependencies } from './ports.ts';
import type { ServerKeys } from './server-keys.ts';
import { openSession } from './session.ts';
import { watchSilence } from './silence.ts';

export const BRIDGE_PATH = '/bridge';

export interface BridgeSettings {
  readonly keys: ServerKeys;
  /** CA certificates that certificates are taken from. */
  readonly pinned: readonly CertificateView[];
  readonly helloWithinMs?: number;
  /** Who connects, when a proxy stands in front. */
  readonly addressOf?: (request: IncomingMessage) => string;
}

export interface Bridge {
  readonly links: Links;
  /** Takes the upgrades of this server; those of other paths are refused. */
  attach(server: Server): void;
  /** Pings, drops the dead, and looks after what a lost hint may have missed. Runs by itself once attached. */
  sweep(): Promise<void>;
  /** Lets the sockets go; the agents come back to another process. */
  stop(): void;
}

const HELLO_WITHIN_MS = 10_000;
/** Connections of one address that have no link yet. */
const MOST_UNJOINED = 50;

export function openBridge(deps: BridgeDependencies, settings: BridgeSettings): Bridge {
  const { keys, addressOf = remoteAddress, helloWithinMs = HELLO_WITHIN_MS } = settings;
  const links = openLinks(deps);
  const work = openCaseWork(deps, settings);
  const limits = claimLimits();
  const silence = watchSilence(deps, links);
  const connections = new Map<Connection, string>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  const stopListening = [deps.hints.on(heed), deps.hints.onGap(startOver)];
  let timer: NodeJS.Timeout | undefined;

  function heed(hint: Hint): void {
    if (hint.kind !== 'link' && hint.kind !== 'effects') return;
    for (const connection of connections.keys()) {
      const { linkId, caseId } = connection.session ?? {};
      if (hint.kind === 'link' ? linkId === hint.linkId : caseId === hint.caseId) connection.do((one) => one.look());
    }
  }

  function serve(socket: WebSocket, address: string): void {
    const connection = openConnection(
      socket,
      {
        address,
        keys,
        helloWithinMs,
        begin: (wire, self) =>
          openSession(wire, {
            deps,
            keys,
            links,
            work,
            limits,
            takeOver(linkId) {
              silence.watch(linkId);
              for (const other of connections.keys())
                if (other !== self && other.session?.linkId === linkId) other.drop();
            },
          }),
      },
      deps,
    );
    connections.set(connection, address);
    socket.once('close', () => connections.delete(connection));
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = addressOf(request);
    const refusal = refusalOf(request, address);
    if (refusal === undefined) {
      sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, address));
      return;
    }
    socket.once('error', () => socket.destroy());
    socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }

  function refusalOf(request: IncomingMessage, address: string): string | undefined {
    if (request.url !== BRIDGE_PATH) return '404 Not Found';
    // browsers name the page that asks; an agent is no page
    if (request.headers.origin !== undefined) return '403 Forbidden';
    const unjoined = [...connections].filter(([one, from]) => from === address && one.session?.linkId === undefined);
    return unjoined.length >= MOST_UNJOINED ? '429 Too Many Requests' : undefined;
  }

  async function sweep(): Promise<void> {
    const now = performance.now();
    for (const connection of connections.keys()) {
      if (now - connection.heardAt > DEAD_AFTER_MS) connection.drop();
      else connection.ping();
      // the deadlines of a code and of a match number
      if (connection.session?.waiting === true) connection.do((session) => session.look());
    }
    const here = new Set([...connections.keys()].map(({ session }) => session?.linkId));
    await silence.look((linkId) => here.has(linkId));
    const joined = [...connections.keys()].flatMap(({ session }) => session?.caseId ?? []);
    if (joined.length === 0) return;
    for (const caseId of await work.casesToLookAt(joined)) heed({ kind: 'effects', caseId });
  }

  function sweepNow(): void {
    sweep().catch(sweepFailed);
  }

  /** Hints may have been missed, and computers have gone while nobody watched. */
  function startOver(): void {
    silence.watchLiving().then(sweep).catch(sweepFailed);
  }

  function sweepFailed(err: unknown): void {
    deps.log.error({ err }, 'bridge sweep failed');
  }

  return {
    links,
    attach(server) {
      server.on('upgrade', upgrade);
      timer = setInterval(sweepNow, PING_EVERY_MS);
      timer.unref();
    },
    sweep,
    stop() {
      clearInterval(timer);
      for (const stop of stopListening) stop();
      for (const connection of connections.keys()) connection.drop();
      sockets.close();
    },
  };
}

function remoteAddress(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}
