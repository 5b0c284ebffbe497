/** For whoever watches the process: is it alive, and may customers be sent here? */
import express, { type Router } from 'express';
import type { AppDeps } from './ports.ts';

export function healthRoutes({ ready, log }: Pick<AppDeps, 'ready' | 'log'>): Router {
  const router = express.Router();
  router.get('/healthz', (_req, res) => {
    res.type('text').send('ok\n');
  });
  router.get('/readyz', async (_req, res) => {
    const isReady = await ready().catch((error: unknown) => {
      log.warn({ err: error }, 'not ready');
      return false;
    });
    res
      .status(isReady ? 200 : 503)
      .type('text')
      .send(isReady ? 'ready\n' : 'not ready\n');
  });
  return router;
}
