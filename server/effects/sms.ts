/**
 * `sms/<codeId>`: a sign-in code goes to its mobile. The effect names the code only; mobile and digits are read from
 * the sealed row at the moment of sending.
 */
import { z } from 'zod';
import { ProblemError, type ProblemCode } from '../../renewal/problem.ts';
import { AnswerLost, type SmsSender } from '../providers/sms/port.ts';
import type { SmsCode } from '../sign-in-codes.ts';
import type { EffectHandler, EffectRow, Outcome } from './port.ts';

export interface SmsEffectDeps {
  readonly sender: SmsSender;
  /** @returns undefined when there is no such code */
  readonly readCode: (codeId: string) => Promise<SmsCode | undefined>;
  /** Who waits for the code is told that it will not come; told again, nothing happens. */
  readonly tellFailure: (codeId: string, problem: ProblemCode) => Promise<void>;
}

const Body = z.strictObject({ codeId: z.uuid() });
const TRY_LATER: ProblemCode = 'sms/unreachable';
const SEND_AGAIN_MS = 3_000;
/** The provider's records follow a message by some seconds. */
const ASK_AGAIN_MS = 5_000;

export function smsEffect({ sender, readCode, tellFailure }: SmsEffectDeps): EffectHandler {
  /** Before the row is settled: after a kill in between it is asked about, and told again. */
  const telling =
    (carryOut: (effect: EffectRow) => Promise<Outcome>) =>
    async (effect: EffectRow): Promise<Outcome> => {
      const outcome = await carryOut(effect);
      if (outcome.kind === 'failed') await tellFailure(codeIdOf(effect), outcome.problem);
      return outcome;
    };

  return {
    type: 'sms',

    send: telling(async (effect) => {
      const code = await readCode(codeIdOf(effect));
      // tried before: it ran out while nobody could be reached
      if (!code?.live) return { kind: 'failed', problem: effect.attempts > 1 ? TRY_LATER : 'code/expired' };
      try {
        await sender.send({ mobile: code.mobile, code: code.digits, requestId: effect.key });
        return { kind: 'done' };
      } catch (error) {
        return afterFailure(error);
      }
    }),

    ask: telling(async (effect) => {
      const code = await readCode(codeIdOf(effect));
      if (!code) return { kind: 'failed', problem: 'code/expired' };
      try {
        const fate = await sender.ask({ mobile: code.mobile, requestId: effect.key, wantedAt: code.createdAt });
        if (fate === 'accepted') return { kind: 'done' };
        if (fate === 'failed') return { kind: 'failed', problem: 'sms/refused' };
        // a code nobody can use any more is not worth asking about
        if (!code.live) return { kind: 'failed', problem: 'sms/unreachable' };
        return { kind: 'unknown', problem: 'sms/unreachable', pauseMs: ASK_AGAIN_MS };
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        if (!code.live) return { kind: 'failed', problem: error.code };
        return { kind: 'unknown', problem: error.code, pauseMs: ASK_AGAIN_MS };
      }
    }),
  };
}

function codeIdOf(effect: EffectRow): string {
  return Body.parse(effect.body).codeId;
}

function afterFailure(error: unknown): Outcome {
  if (error instanceof AnswerLost) return { kind: 'unknown', problem: TRY_LATER, pauseMs: ASK_AGAIN_MS };
  if (!(error instanceof ProblemError)) throw error;
  if (error.code === TRY_LATER) return { kind: 'later', problem: TRY_LATER, pauseMs: SEND_AGAIN_MS };
  return { kind: 'failed', problem: error.code };
}
