/**
 * SMS through Alibaba Cloud (dysmsapi 2017-05-25), a thin client: SendSms and QuerySendDetails.
 *
 * https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
 * https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-querysenddetails
 * error codes: https://help.aliyun.com/zh/sms/developer-reference/api-error-codes
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { shanghaiDate, type CalendarDate, type Instant } from '../../../renewal/calendar.ts';
import { ProblemError, type ProblemCode } from '../../../renewal/problem.ts';
import { canonicalQuery, signedHeaders, type Credentials } from './acs3.ts';
import { AnswerLost, type SmsSender } from './port.ts';

export interface AliyunSmsConfig extends Credentials {
  /** `https://dysmsapi.aliyuncs.com`, or the sandbox. */
  readonly endpoint: string;
  readonly signName: string;
  /** A template with the one variable `code`. */
  readonly templateCode: string;
  readonly now: () => Instant;
}

const VERSION = '2017-05-25';
const ANSWER_WITHIN_MS = 10_000;
/** Most that QuerySendDetails gives at once; a number gets ten a day at most. */
const PAGE_SIZE = 50;

/** What SendStatus means: 1 waits for the carrier's receipt, 2 failed, 3 delivered. */
const FAILED = 2;

const Answer = z.object({ Code: z.string(), Message: z.string().optional(), RequestId: z.string().optional() });
const Sent = Answer.extend({ BizId: z.string() });
const Detail = z.object({ OutId: z.string().optional(), SendStatus: z.int() });
const Details = Answer.extend({ SmsSendDetailDTOs: z.object({ SmsSendDetailDTO: z.array(Detail) }) });

export function aliyunSms(config: AliyunSmsConfig): SmsSender {
  return {
    async send({ mobile, code, requestId }) {
      const answer = await call(config, 'SendSms', {
        PhoneNumbers: mobile,
        SignName: config.signName,
        TemplateCode: config.templateCode,
        TemplateParam: JSON.stringify({ code }),
        OutId: requestId,
      });
      if (answer.Code !== 'OK') throw refusal(answer);
      const sent = Sent.safeParse(answer);
      if (!sent.success) throw new AnswerLost('SendSms answered OK without a BizId', { cause: sent.error });
      return { messageId: sent.data.BizId };
    },

    async ask({ mobile, requestId, wantedAt }) {
      const days = new Set<CalendarDate>([shanghaiDate(wantedAt), shanghaiDate(config.now())]);
      for (const day of days) {
        const detail = (await detailsOf(config, mobile, day)).find(({ OutId }) => OutId === requestId);
        if (detail) return detail.SendStatus === FAILED ? 'failed' : 'accepted';
      }
      return 'unseen';
    },
  };
}

async function detailsOf(config: AliyunSmsConfig, mobile: string, day: CalendarDate) {
  try {
    const answer = await call(config, 'QuerySendDetails', {
      PhoneNumber: mobile,
      SendDate: day.replaceAll('-', ''),
      PageSize: String(PAGE_SIZE),
      CurrentPage: '1',
    });
    return Details.parse(answer).SmsSendDetailDTOs.SmsSendDetailDTO;
  } catch (cause) {
    throw new ProblemError('sms/unreachable', {}, { cause });
  }
}

/** One signed call. @throws ProblemError sms/unreachable when it surely did not arrive, AnswerLost otherwise */
async function call(config: AliyunSmsConfig, action: string, query: Record<string, string>) {
  const url = new URL(config.endpoint);
  url.search = canonicalQuery(query);
  const headers = signedHeaders(
    {
      host: url.host,
      action,
      version: VERSION,
      query,
      date: `${new Date(config.now()).toISOString().slice(0, 19)}Z`,
      nonce: randomUUID(),
    },
    config,
  );
  let text: string;
  try {
    const response = await fetch(url, { method: 'POST', headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    text = await response.text();
  } catch (cause) {
    if (neverArrived(cause)) throw new ProblemError('sms/unreachable', {}, { cause });
    throw new AnswerLost(`${action} was not answered`, { cause });
  }
  try {
    return Answer.loose().parse(JSON.parse(text));
  } catch (cause) {
    throw new AnswerLost(`${action} was answered with something else`, { cause });
  }
}

/** What the provider's codes mean to us; what is not listed was refused. */
const REFUSALS: Readonly<Record<string, ProblemCode>> = {
  'isv.BUSINESS_LIMIT_CONTROL': 'code/too-many',
  'isv.DAY_LIMIT_CONTROL': 'code/too-many',
  'isv.MOBILE_NUMBER_ILLEGAL': 'mobile/not-a-mobile',
  'Throttling.User': 'sms/unreachable',
  'Throttling.Api': 'sms/unreachable',
};

/** Codes after which the provider itself does not know whether the message goes out. */
const UNCERTAIN = new Set(['isp.SYSTEM_ERROR', 'InternalError', 'ServiceUnavailable']);

function refusal(answer: z.infer<typeof Answer>): Error {
  const cause = new Error(`${answer.Code}: ${answer.Message ?? ''} (${answer.RequestId ?? 'no request id'})`);
  if (UNCERTAIN.has(answer.Code)) return new AnswerLost('SendSms failed inside the provider', { cause });
  return new ProblemError(REFUSALS[answer.Code] ?? 'sms/refused', {}, { cause });
}

const BEFORE_SENDING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** No connection was made, so nothing can have been sent. `fetch` keeps the reason in `cause`. */
function neverArrived(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const errors: unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  return errors.every((e) => e instanceof Error && 'code' in e && BEFORE_SENDING.has(String(e.code)));
}
