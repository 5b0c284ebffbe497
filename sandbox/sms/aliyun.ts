/**
 * The SMS party: Alibaba Cloud's dysmsapi 2017-05-25 as far as the product calls it (SendSms, QuerySendDetails), with
 * its signature, its limits and its answers.
 *
 * https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import type { Carrier, Message } from './carrier.ts';
import { checkSignature } from './signature.ts';

export interface AliyunPartyConfig {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly now: () => number;
}

const SendSms = z.object({
  PhoneNumbers: z.string(),
  SignName: z.string().min(1),
  TemplateCode: z.string().min(1),
  TemplateParam: z.string(),
  OutId: z.string().max(256).default(''),
});
const QuerySendDetails = z.object({
  PhoneNumber: z.string(),
  SendDate: z.string().regex(/^\d{8}$/),
  PageSize: z.coerce.number().int().min(1).max(50),
  CurrentPage: z.coerce.number().int().min(1),
});
const TemplateParam = z.object({ code: z.string().regex(/^\d{4,6}$/) });
const MOBILE = /^1[3-9]\d{9}$/;
const KEPT_NONCES = 10_000;

export function aliyunParty(carrier: Carrier, config: AliyunPartyConfig): Router {
  const nonces = new Set<string>();
  const router = express.Router();

  router.post('/', express.text({ type: () => true, limit: '64kb' }), (req, res) => {
    const verdict = checkSignature(
      {
        method: req.method,
        url: req.originalUrl,
        headers: req.headers,
        body: typeof req.body === 'string' ? req.body : '',
      },
      { ...config, now: config.now(), firstUse: (nonce) => firstUse(nonces, nonce) },
    );
    if (!verdict.ok) {
      answer(res, 400, verdict.code, { Message: verdict.message });
      return;
    }
    if (req.headers['x-acs-version'] !== '2017-05-25') answer(res, 400, 'InvalidVersion');
    else if (req.headers['x-acs-action'] === 'SendSms') void sendSms(carrier, req, res);
    else if (req.headers['x-acs-action'] === 'QuerySendDetails') querySendDetails(carrier, req, res);
    else answer(res, 404, 'InvalidAction.NotFound', { Message: 'Specified api is not found.' });
  });
  return router;
}

async function sendSms(carrier: Carrier, req: Request, res: Response): Promise<void> {
  const manner = carrier.nextManner();
  if (manner?.kind === 'delay') await pause(manner.ms);
  const taken = manner?.kind === 'refuse' ? { code: manner.code } : manner?.kind !== 'drop-call' && take(carrier, req);
  if (!taken || manner?.kind === 'drop-answer') req.socket.destroy();
  else if (taken.code === 'OK') answer(res, 200, 'OK', { BizId: taken.bizId });
  else answer(res, taken.code === 'MissingParameter' ? 400 : 200, taken.code);
}

function take(carrier: Carrier, req: Request): { code: string; bizId?: string } {
  const params = SendSms.safeParse(req.query);
  if (!params.success) return { code: 'MissingParameter' };
  const { PhoneNumbers: mobile, SignName, TemplateCode: templateCode, TemplateParam: json, OutId: outId } = params.data;
  const code = codeIn(json);
  if (!MOBILE.test(mobile)) return { code: 'isv.MOBILE_NUMBER_ILLEGAL' };
  if (code === undefined) return { code: 'isv.TEMPLATE_MISSING_PARAMETERS' };
  if (carrier.isOverLimit(mobile)) return { code: 'isv.BUSINESS_LIMIT_CONTROL' };
  const text = `【${SignName}】验证码 ${code}，5 分钟内有效。我们不会打电话要验证码。`;
  return { code: 'OK', bizId: carrier.take({ mobile, code, text, templateCode, outId }).bizId };
}

function querySendDetails(carrier: Carrier, req: Request, res: Response): void {
  const params = QuerySendDetails.safeParse(req.query);
  if (!params.success) {
    answer(res, 400, 'MissingParameter');
    return;
  }
  const { PhoneNumber, SendDate, PageSize, CurrentPage } = params.data;
  const found = carrier.messages.filter((m) => m.mobile === PhoneNumber && sendDate(m).startsWith(dashed(SendDate)));
  const page = found.slice((CurrentPage - 1) * PageSize, CurrentPage * PageSize);
  answer(res, 200, 'OK', {
    TotalCount: found.length,
    SmsSendDetailDTOs: { SmsSendDetailDTO: page.map(detail) },
  });
}

/** SendStatus 3: delivered. */
function detail(message: Message) {
  return {
    PhoneNum: message.mobile,
    SendStatus: 3,
    ErrCode: 'DELIVERED',
    TemplateCode: message.templateCode,
    Content: message.text,
    SendDate: sendDate(message),
    ReceiveDate: sendDate(message),
    OutId: message.outId,
  };
}

/** `2026-05-20 09:31:00` in Shanghai, as the provider writes it. */
function sendDate(message: Message): string {
  return new Date(message.at + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}

function dashed(yyyymmdd: string): string {
  return `${yyyymmdd.slice(0, 4)}-${yyyymmdd.slice(4, 6)}-${yyyymmdd.slice(6)}`;
}

function codeIn(json: string): string | undefined {
  try {
    return TemplateParam.parse(JSON.parse(json)).code;
  } catch {
    return undefined;
  }
}

function firstUse(nonces: Set<string>, nonce: string): boolean {
  if (nonces.has(nonce)) return false;
  nonces.add(nonce);
  if (nonces.size > KEPT_NONCES) for (const oldest of [...nonces].slice(0, KEPT_NONCES / 2)) nonces.delete(oldest);
  return true;
}

function answer(res: Response, status: number, code: string, more: Record<string, unknown> = {}): void {
  res.status(status).json({ RequestId: randomUUID().toUpperCase(), Code: code, Message: code, ...more });
}
