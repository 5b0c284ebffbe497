/**
 * Structured logs, one JSON object a line. What must never be in them is removed by name wherever it stands up to
 * three levels deep; texts that people typed are never logged at all.
 */
import { pino, type Logger, type DestinationStream } from 'pino';

export type Log = Logger;

const SECRET = [
  ...['pin', 'password', 'code', 'digits', 'mobile', 'text', 'matchNumber', 'secret', 'masterKey', 'accessKeySecret'],
  ...['authorization', 'cookie', 'idNumber'],
];

/** The code of a problem, a system error or an SQLSTATE: none of them looks like a customer's digits. */
const NO_SECRET = /^([a-z]+\/[a-z-]+|[A-Z][A-Z_]+|[0-9A-Z]{5})$/;

export function createLog(destination?: DestinationStream, level = 'info'): Log {
  const paths = SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths, censor },
    serializers: { err: pino.stdSerializers.errWithCause },
  };
  return destination ? pino(options, destination) : pino(options);
}

function censor(value: unknown): unknown {
  return typeof value === 'string' && NO_SECRET.test(value) ? value : '[gone]';
}
