/**
 * The templates of the chat and of the pages, compiled once. Every template is a partial of the others under its file
 * name (`{{> pages/entry}}`, `{{> chat/greeting}}`); what they print is escaped unless it is a template's own output.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import Handlebars from 'handlebars';
import type { Assets } from './assets.ts';

export interface Templates {
  /** @throws when there is no such page template or it misses a value */
  page(name: string, data: object): string;
  /** @throws when there is no such chat template or it misses a value */
  bubble(name: string, data: object): string;
}

const FOLDER = new URL('../../templates/', import.meta.url);

export function loadTemplates(assets: Pick<Assets, 'url'>): Templates {
  const handlebars = Handlebars.create();
  handlebars.registerHelper('asset', (name: string) => assets.url(name));
  const compiled = new Map<string, Handlebars.TemplateDelegate>();
  for (const kind of ['chat', 'pages']) {
    for (const file of readdirSync(new URL(kind, FOLDER)).filter((name) => extname(name) === '.hbs')) {
      const name = `${kind}/${basename(file, '.hbs')}`;
      const template = handlebars.compile(readFileSync(new URL(`${kind}/${file}`, FOLDER), 'utf8'), { strict: true });
      compiled.set(name, template);
      handlebars.registerPartial(name, template);
    }
  }
  const run = (name: string, data: object) => {
    const template = compiled.get(name);
    if (!template) throw new Error(`no template ${name}`);
    return template(data, { allowProtoPropertiesByDefault: false });
  };
  return {
    page: (name, data) => run(`pages/${name}`, data),
    bubble: (name, data) => run(`chat/${name}`, data),
  };
}
