/**
 * The parties outside as one web server: the SMS party at `/`, the page for people at `/` too (the party's calls are
 * POSTs that name an action).
 */
import path from 'node:path';
import express, { type Express, type RequestHandler } from 'express';
import { loadAssets } from '../server/pages/assets.ts';
import { securityHeaders } from '../server/pages/headers.ts';
import { sandboxPage } from './page/page.ts';
import { aliyunParty } from './sms/aliyun.ts';
import { Carrier } from './sms/carrier.ts';

export interface SandboxConfig {
  /** The folder that `npm start` keeps everything in. */
  readonly dataDir: string;
  readonly chatUrl: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createSandbox(config: SandboxConfig): Express {
  const carrier = new Carrier(path.join(config.dataDir, 'sandbox', 'sms.json'), config.now);
  const assets = loadAssets();
  const app = express();
  app.disable('x-powered-by');
  app.use(onThisMachineOnly);
  app.use(securityHeaders);
  app.use(assets.serve);
  app.use(aliyunParty(carrier, config));
  app.use(sandboxPage(carrier, { ...config, assets, demoFile: path.join(config.dataDir, 'demo.json') }));
  return app;
}

/** A page elsewhere whose name was made to point here would read the codes (DNS rebinding). */
const onThisMachineOnly: RequestHandler = (req, res, next) => {
  if (/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(req.get('host') ?? '')) next();
  else res.status(421).type('text').send('This sandbox answers on this machine only.');
};
