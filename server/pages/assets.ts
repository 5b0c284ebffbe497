/**
 * Style sheets and scripts, read and compressed once, served from memory under a name with their hash: a browser may
 * keep them for ever, and a new release has new names.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { RequestHandler } from 'express';

export interface Assets {
  /** Address of a file, e.g. `look.css` → `/static/3f2a….look.css`. */
  readonly url: (name: string) => string;
  readonly serve: RequestHandler;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

export function loadAssets(): Assets {
  const installed = createRequire(import.meta.url);
  const own = (name: string) => fileURLToPath(new URL(`static/${name}`, import.meta.url));
  const files = {
    'look.css': own('look.css'),
    'chat.js': own('chat.js'),
    'htmx.js': installed.resolve('htmx.org/dist/htmx.min.js'),
    'sse.js': installed.resolve('htmx-ext-sse/dist/sse.min.js'),
  };
  const urls = new Map<string, string>();
  const contents = new Map<string, { type: string; plain: Buffer; gzip: Buffer }>();
  for (const [name, path] of Object.entries(files)) {
    const plain = readFileSync(path);
    const url = `/static/${createHash('sha256').update(plain).digest('hex').slice(0, 16)}.${name}`;
    urls.set(name, url);
    contents.set(url, {
      type: TYPES[extname(name)] ?? 'application/octet-stream',
      plain,
      gzip: gzipSync(plain, { level: 9 }),
    });
  }

  return {
    url(name) {
      const url = urls.get(name);
      if (url === undefined) throw new Error(`no asset ${name}`);
      return url;
    },
    serve(req, res, next) {
      const found = contents.get(req.path);
      if (!found || (req.method !== 'GET' && req.method !== 'HEAD')) {
        next();
        return;
      }
      res.set({
        'content-type': found.type,
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
      });
      if (req.acceptsEncodings('gzip')) res.set('content-encoding', 'gzip').send(found.gzip);
      else res.send(found.plain);
    },
  };
}
