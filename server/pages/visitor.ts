/**
 * Who is at the other end of a browser: a random token in a cookie. Only its hash is kept; whoever reads the database
 * cannot go on with somebody's conversation. A token is ours to give: one that we do not know is replaced, so that
 * nobody can plant a cookie and wait for its owner to sign in.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';

const TOKEN_BYTES = 32;
/** As long as an untouched case is kept. */
const KEPT_MS = 30 * 24 * 3_600_000;

export interface Visitors {
  /** @returns the visitor of the channel's port: SHA-256 of the token, hex; undefined without a well-formed cookie */
  visitorOf(req: Request): string | undefined;
  /** A token for a newcomer. */
  welcome(res: Response): string;
  /** Whoever has one keeps it for as long again. */
  keep(req: Request, res: Response): void;
}

/** @param https then the cookie is bound to exactly this host (`__Host-`, RFC 6265bis §4.1.3.2) */
export function createVisitors(https: boolean): Visitors {
  const name = https ? '__Host-xuqi' : 'xuqi';
  // 32 bytes as base64url
  const inHeader = new RegExp(`(?:^|;\\s*)${name}=([A-Za-z0-9_-]{43})(?:;|$)`);
  const tokenIn = (req: Request) => inHeader.exec(req.headers.cookie ?? '')?.[1];
  const give = (res: Response, token: string) =>
    res.cookie(name, token, { httpOnly: true, sameSite: 'lax', secure: https, path: '/', maxAge: KEPT_MS });

  return {
    visitorOf(req) {
      const token = tokenIn(req);
      return token === undefined ? undefined : hashOf(token);
    },
    welcome(res) {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      give(res, token);
      return hashOf(token);
    },
    keep(req, res) {
      const token = tokenIn(req);
      if (token !== undefined) give(res, token);
    },
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
