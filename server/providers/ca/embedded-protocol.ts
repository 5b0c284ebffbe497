/**
 * What the embedded CA is asked and answers: JSON over HTTP on a unix socket that only its own user may open.
 * One POST a question; 200 with the answer, 400 for what is not a question.
 */
import { z } from 'zod';

export const MAX_QUESTION_BYTES = 64 * 1024;

const requestId = z.string().min(1).max(200);
const serial = z.string().regex(/^[0-9A-F]{2,40}$/);
/** Milliseconds since the epoch, whole seconds. */
const seconds = z.int().multipleOf(1000);

export const Questions = {
  '/request': z.strictObject({
    requestId,
    csr: z.base64(),
    proof: z.base64(),
    profile: z.string().max(100),
    notBefore: seconds,
    notAfter: seconds,
    replaces: serial,
  }),
  '/ask': z.strictObject({ requestId }),
  '/confirm': z.strictObject({ requestId }),
  '/revoke': z.strictObject({ serial, reason: z.enum(['superseded', 'cessationOfOperation']) }),
} as const;

export type QuestionPath = keyof typeof Questions;
export type Question<P extends QuestionPath> = z.infer<(typeof Questions)[P]>;

export const Answer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('issued'), certificate: z.base64() }),
  z.strictObject({ kind: z.literal('rejected'), reason: z.string() }),
  z.strictObject({ kind: z.literal('unknown-request') }),
  z.strictObject({ kind: z.literal('done') }),
]);
export type Answer = z.infer<typeof Answer>;
