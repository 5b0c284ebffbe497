/** The chat page as a person sees it who has just opened it: what was said, and what can be answered. */
import { textOf } from '../journeys/text.ts';

export interface ChatPage {
  readonly lines: readonly Line[];
  /** Of the last line, 0 on an empty page. */
  readonly lastSeq: number;
}

export interface Line {
  readonly seq: number;
  /** What the bot says, by the name of its template; undefined for the customer's own words. */
  readonly template: string | undefined;
  readonly text: string;
  /** Buttons that are still there. */
  readonly choices: readonly Choice[];
  /** Digits for the computer, while they can be used. */
  readonly linkCode: string | undefined;
}

export interface Choice {
  readonly questionId: string;
  readonly key: string;
  readonly label: string;
}

const LINE = /(?=<div class="say(?: me)?" id=)/;
const HEAD = /data-seq="(\d+)"(?: data-template="([^"]+)")?/;
const BUTTON = /name="key" value="(\d)"><b>\d<\/b><span>([^<]*)<\/span>/g;

export function readChatPage(html: string): ChatPage {
  const [main = ''] = html.split('</main>');
  const lines = main.split(LINE).slice(1).map(readLine);
  return { lines, lastSeq: lines.at(-1)?.seq ?? 0 };
}

function readLine(html: string): Line {
  const [, seq = '', template] = HEAD.exec(html) ?? [];
  const questionId = /name="questionId" value="([^"]+)"/.exec(html)?.[1];
  const buttons = questionId === undefined ? [] : [...html.matchAll(BUTTON)];
  return {
    seq: Number(seq),
    template,
    text: textOf(html),
    choices: buttons.map(([, key = '', label = '']) => ({ questionId: questionId ?? '', key, label: textOf(label) })),
    linkCode: /aria-label="连接码：([\d ]+)"/.exec(html)?.[1]?.replaceAll(' ', ''),
  };
}
