/** Sends a page, compressed when the browser takes it. Pages are one person's own: nobody keeps a copy. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Request, Response } from 'express';

const compress = promisify(gzip);

export async function sendPage(req: Request, res: Response, html: string): Promise<void> {
  res.set({ 'cache-control': 'no-store', vary: 'accept-encoding' }).type('html');
  if (req.acceptsEncodings('gzip')) res.set('content-encoding', 'gzip').send(await compress(html));
  else res.send(html);
}
