/**
 * The web server's routes, in the order a request meets them. What they need is handed in (`pages/ports.ts`).
 */
import express, { type Express } from 'express';
import { loadAssets } from './pages/assets.ts';
import { clientAddress } from './client-address.ts';
import { chatRoutes } from './pages/chat-page.ts';
import { streamRoutes } from './pages/chat-stream.ts';
import { EdgeError } from './pages/edge-error.ts';
import { answerErrors, nothingHere } from './pages/errors.ts';
import { securityHeaders } from './pages/headers.ts';
import { healthRoutes } from './pages/health.ts';
import type { AppDeps, Limits } from './pages/ports.ts';
import { RateLimit } from './pages/rate-limit.ts';
import { sameOriginOnly } from './pages/same-origin.ts';
import { loadTemplates } from './pages/templates.ts';
import { viewRoutes } from './pages/view-settings.ts';

/** A person types a message in a second at most; an office of a hundred may share an address. */
const USUAL_LIMITS: Limits = {
  visitor: { perSecond: 1, burst: 20 },
  address: { perSecond: 20, burst: 400 },
  newcomers: { perSecond: 1, burst: 60 },
};

/** Far more than 2,000 characters, URL-encoded. */
const BODY_LIMIT = '32kb';

export function createApp(deps: AppDeps): Express {
  const limits = deps.limits ?? USUAL_LIMITS;
  const assets = loadAssets();
  const templates = loadTemplates(assets);
  const fromAddress = new RateLimit(limits.address);

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(healthRoutes(deps));
  app.use(securityHeaders);
  app.use(assets.serve);
  app.use((req, _res, next) => {
    if (!fromAddress.allows(clientAddress(req))) throw new EdgeError('page/too-many-requests');
    next();
  });
  app.use(sameOriginOnly);
  app.use(express.urlencoded({ extended: false, limit: BODY_LIMIT, parameterLimit: 10 }));
  app.use(express.json({ limit: BODY_LIMIT }));
  app.use(chatRoutes({ ...deps, templates }, limits));
  app.use(streamRoutes({ ...deps, templates }));
  app.use(viewRoutes(deps.https));
  app.use(nothingHere);
  app.use(answerErrors(templates, deps.log));
  return app;
}
