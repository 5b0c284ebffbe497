/**
 * What somebody who tries the product sees of the parties outside: a phone with the messages that were sent, how the
 * SMS party behaves next, and the demo data. One page, refreshed by itself.
 */
import { readFileSync } from 'node:fs';
import express, { type Router } from 'express';
import Handlebars from 'handlebars';
import { z } from 'zod';
import type { Assets } from '../../server/pages/assets.ts';
import { FlowLimits, Manner, USUAL_LIMITS, type Carrier } from '../sms/carrier.ts';

export interface PageConfig {
  readonly assets: Assets;
  /** Written by the demo seeding; not there before. */
  readonly demoFile: string;
  /** Where the product's chat is. */
  readonly chatUrl: string;
  readonly now: () => number;
}

const Demo = z.object({
  mobile: z.string(),
  pin: z.string(),
  certificates: z.array(z.object({ serialTail: z.string(), ends: z.string(), about: z.string() })),
});

/** What a button on the page asks for. */
const BEHAVIOURS: Readonly<Record<string, readonly Manner[]>> = {
  usual: [],
  slow: [{ kind: 'delay', ms: 20_000 }],
  refuse: [{ kind: 'refuse', code: 'isv.ACCOUNT_ABNORMAL' }],
  'drop-answer': [{ kind: 'drop-answer' }],
};

const Script = z.strictObject({ manners: z.array(Manner).max(100).optional(), limits: FlowLimits.optional() });

export function sandboxPage(carrier: Carrier, config: PageConfig): Router {
  const render = loadPage(config.assets);
  const router = express.Router();
  router.get('/', (_req, res) => {
    res.type('html').send(render('page', { ...phone(carrier), ...around(carrier, config) }));
  });
  router.get('/phone', (_req, res) => {
    res.type('html').send(render('phone', phone(carrier)));
  });
  router.post('/behave', express.urlencoded({ extended: false, limit: '4kb' }), (req, res) => {
    const { sms } = (req.body ?? {}) as { sms?: unknown };
    carrier.behave((typeof sms === 'string' ? BEHAVIOURS[sms] : undefined) ?? []);
    res.redirect(303, '/');
  });

  // the same for scripts and tests
  router.get('/control/sms', (_req, res) => {
    res.json({ messages: carrier.messages, manners: carrier.manners, limits: carrier.limits });
  });
  router.post('/control/sms', express.json({ limit: '16kb' }), (req, res) => {
    const script = Script.safeParse(req.body);
    if (!script.success) {
      res.status(400).json({ error: z.prettifyError(script.error) });
      return;
    }
    carrier.behave(script.data.manners ?? []);
    carrier.limits = script.data.limits ?? USUAL_LIMITS;
    res.status(204).end();
  });
  return router;
}

const TIME = new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', dateStyle: 'long', timeStyle: 'short' });

function phone(carrier: Carrier) {
  return {
    messages: carrier.messages.map(({ text, code, mobile, at }) => ({
      text,
      code,
      spoken: [...code].join(' '),
      mobile,
      iso: new Date(at).toISOString(),
      at: TIME.format(at),
    })),
  };
}

function around(carrier: Carrier, { demoFile, chatUrl, now }: PageConfig) {
  const next = carrier.manners[0]?.kind ?? 'usual';
  return {
    demo: readDemo(demoFile),
    chatUrl,
    next,
    now: { iso: new Date(now()).toISOString(), words: TIME.format(now()) },
  };
}

function readDemo(file: string): z.infer<typeof Demo> | null {
  try {
    return Demo.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // not seeded yet
    return null;
  }
}

function loadPage(assets: Assets): (name: string, data: object) => string {
  const handlebars = Handlebars.create();
  handlebars.registerHelper('asset', (name: string) => assets.url(name));
  handlebars.registerHelper('is', (a: unknown, b: unknown) => a === b);
  const compile = (name: string) =>
    handlebars.compile(readFileSync(new URL(`${name}.hbs`, import.meta.url), 'utf8'), { strict: true });
  const pages = new Map(['page', 'phone'].map((name) => [name, compile(name)]));
  for (const [name, template] of pages) handlebars.registerPartial(name, template);
  return (name, data) => pages.get(name)?.(data) ?? '';
}
