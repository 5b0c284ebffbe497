/** The embedded CA as a provider: one question, one HTTP request over its unix socket. */
import { request as httpRequest } from 'node:http';
import { ProblemError } from '../../../renewal/problem.ts';
import { Answer, type Question, type QuestionPath } from './embedded-protocol.ts';
import type { CaAnswer, CertificateAuthority } from './port.ts';

const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** The socket did not take the connection: nothing was asked. */
const NOT_ASKED: readonly (string | undefined)[] = ['ECONNREFUSED', 'ENOENT', 'EACCES', 'EAGAIN'];

export function embeddedCa(socketPath: string): CertificateAuthority {
  return {
    async request({ csr, requestId, proof, profile, notBefore, notAfter, replaces }) {
      const order = { requestId, csr: csr.toString('base64'), proof, profile, notBefore, notAfter, replaces };
      const answer = known(await post(socketPath, '/request', order));
      if (answer.kind === 'unknown-request') throw new Error('the CA does not know the request that it was sent');
      return answer;
    },
    ask: async (requestId) => known(await post(socketPath, '/ask', { requestId })),
    async confirm(requestId) {
      await post(socketPath, '/confirm', { requestId });
    },
    async revoke(serial, reason) {
      await post(socketPath, '/revoke', { serial, reason });
    },
  };
}

function known(answer: Answer): CaAnswer | { readonly kind: 'unknown-request' } {
  switch (answer.kind) {
    case 'issued':
      return { kind: 'issued', certificate: Buffer.from(answer.certificate, 'base64') };
    case 'done':
      throw new Error('the CA answered another question');
    case 'rejected':
    case 'unknown-request':
      return answer;
  }
}

/** @throws ProblemError ca/unreachable when the question was surely not asked; any other error leaves that open */
async function post<P extends QuestionPath>(socketPath: string, path: P, question: Question<P>): Promise<Answer> {
  const body = JSON.stringify(question);
  const text = await new Promise<string>((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = httpRequest({ socketPath, path, method: 'POST', headers, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error('the answer of the CA is too long'));
        else chunks.push(chunk);
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`the CA answered ${response.statusCode ?? 'nothing'}`));
      });
      response.once('close', () => reject(new Error('the CA stopped in the middle of its answer')));
    });
    asked.once('error', (cause: NodeJS.ErrnoException) => {
      reject(NOT_ASKED.includes(cause.code) ? new ProblemError('ca/unreachable', {}, { cause }) : cause);
    });
    asked.end(body);
  });
  return Answer.parse(JSON.parse(text));
}
