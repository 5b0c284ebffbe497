/** How a visitor wants to read: kept in a cookie, set by a plain form. */
import express, { type Request, type Router } from 'express';

const COOKIE = 'font';
const KEPT_MS = 365 * 24 * 3_600_000;

export function isLarge(req: Request): boolean {
  return /(?:^|;\s*)font=large(?:;|$)/.test(req.headers.cookie ?? '');
}

export function viewRoutes(https: boolean): Router {
  const router = express.Router();
  router.post('/view', (req, res) => {
    const { font } = (req.body ?? {}) as { font?: unknown };
    if (font === 'large')
      res.cookie(COOKIE, 'large', { httpOnly: true, sameSite: 'lax', secure: https, maxAge: KEPT_MS });
    else res.clearCookie(COOKIE);
    res.redirect(303, '/#latest');
  });
  return router;
}
