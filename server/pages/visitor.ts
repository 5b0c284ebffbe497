/**
 * Who is at the other end of a browser: a random token in a cookie. Only its hash is kept; whoever reads the database
 * cannot go on with somebody's conversation.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';

const COOKIE = 'xuqi';
const TOKEN_BYTES = 32;
/** As long as an untouched case is kept. */
const KEPT_MS = 30 * 24 * 3_600_000;
/** 32 bytes as base64url. */
const IN_HEADER = new RegExp(`(?:^|;\\s*)${COOKIE}=([A-Za-z0-9_-]{43})(?:;|$)`);

/** @returns the visitor of the channel's port: SHA-256 of the token, hex; undefined without a well-formed cookie */
export function visitorOf(req: Request): string | undefined {
  const token = tokenIn(req);
  return token === undefined ? undefined : hashOf(token);
}

/** Gives a newcomer a token, and whoever has one the same for as long again. */
export function welcomeVisitor(req: Request, res: Response, https: boolean): string {
  const token = tokenIn(req) ?? randomBytes(TOKEN_BYTES).toString('base64url');
  res.cookie(COOKIE, token, { httpOnly: true, sameSite: 'lax', secure: https, path: '/', maxAge: KEPT_MS });
  return hashOf(token);
}

function tokenIn(req: Request): string | undefined {
  return IN_HEADER.exec(req.headers.cookie ?? '')?.[1];
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
