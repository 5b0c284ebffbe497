/**
 * A change comes from our own pages only (CSRF). Every browser of our floor sends `Origin` with a POST and the newer
 * ones `Sec-Fetch-Site`; a client that sends neither is no browser and carries nobody's cookie but its own.
 */
import type { Request, RequestHandler } from 'express';
import { EdgeError } from './edge-error.ts';

export const sameOriginOnly: RequestHandler = (req, _res, next) => {
  const safe = req.method === 'GET' || req.method === 'HEAD';
  if (!safe && !isOurs(req)) throw new EdgeError('page/foreign');
  next();
};

function isOurs(req: Request): boolean {
  const site = req.get('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const origin = req.get('origin');
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === req.get('host');
}
