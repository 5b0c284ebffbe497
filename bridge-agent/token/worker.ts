/**
 * The process that runs one token driver: a JSON line in on its standard input, a JSON line out on descriptor 3,
 * strictly one after the other. Standard output is left to vendor modules, some of which print. The process ends
 * when the agent does (its input closes), and the login with it.
 */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { AgentProblem } from '../problem.ts';
import { LineSplitter } from './lines.ts';
import { MAX_LINE_BYTES, TOKEN_CALLS } from './port.ts';
import type { TokenCall, TokenDriver } from './port.ts';

const ANSWERS_FD = 3;

const Request = z.strictObject({
  id: z.int(),
  call: z.enum(Object.keys(TOKEN_CALLS) as [TokenCall, ...TokenCall[]]),
  args: z.unknown(),
});
type Request = z.infer<typeof Request>;

/** Serves calls until the input ends; `openDriver` runs at the first one, so that its failure has somebody to tell. */
export async function runWorker(openDriver: () => TokenDriver): Promise<void> {
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  let driver: TokenDriver | undefined;
  let awaitingPin: Request | undefined;
  for await (const chunk of process.stdin) {
    splitter.add(chunk as Buffer);
    for (;;) {
      const request = awaitingPin ?? nextRequest(splitter);
      if (request === undefined) break;
      const pin = request.call === 'login' ? splitter.raw(pinBytes(request)) : undefined;
      awaitingPin = request.call === 'login' && pin === undefined ? request : undefined;
      if (awaitingPin) break;
      const answer = outcome(() => perform((driver ??= openDriver()), request, pin));
      writeFileSync(ANSWERS_FD, `${JSON.stringify({ id: request.id, ...answer })}\n`);
    }
  }
}

function nextRequest(splitter: LineSplitter): Request | undefined {
  const line = splitter.line();
  return line === undefined ? undefined : Request.parse(JSON.parse(line));
}

const pinBytes = (request: Request) => TOKEN_CALLS.login.args.parse(request.args).pinBytes;

function perform(driver: TokenDriver, { call, args }: Request, pin: Buffer | undefined): unknown {
  switch (call) {
    case 'list':
      return driver.list();
    case 'certificates':
      return driver.certificates(TOKEN_CALLS.certificates.args.parse(args).serial);
    case 'objects':
      return driver.objects(TOKEN_CALLS.objects.args.parse(args).serial);
    case 'keys': {
      const { serial, id } = TOKEN_CALLS.keys.args.parse(args);
      return driver.keys(serial, id);
    }
    case 'login':
      try {
        driver.login(TOKEN_CALLS.login.args.parse(args).serial, pin ?? Buffer.alloc(0));
      } finally {
        pin?.fill(0);
      }
      return {};
    case 'generate': {
      const { serial, ...pair } = TOKEN_CALLS.generate.args.parse(args);
      driver.generate(serial, pair);
      return {};
    }
    case 'sign': {
      const { serial, id, data } = TOKEN_CALLS.sign.args.parse(args);
      return { signature: driver.sign(serial, id, Buffer.from(data, 'base64')).toString('base64') };
    }
    case 'writeCertificate': {
      const { serial, der, ...named } = TOKEN_CALLS.writeCertificate.args.parse(args);
      driver.writeCertificate(serial, { ...named, der: Buffer.from(der, 'base64') });
      return {};
    }
  }
}

function outcome(run: () => unknown): { ok: true; data: unknown } | { ok: false; code: string; detail: string } {
  try {
    return { ok: true, data: run() };
  } catch (error) {
    const code = error instanceof AgentProblem ? error.code : 'token/driver-failed';
    return { ok: false, code, detail: error instanceof Error ? error.message : String(error) };
  }
}
