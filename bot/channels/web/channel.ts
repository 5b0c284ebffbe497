/** The web chat as a channel: POST in, fragments of HTML over server-sent events out (`server/pages/`). */
import type { Channel } from '../port.ts';
import { receive, type WebRequest } from './receive.ts';
import { CAPABILITIES, render, type WebBubble } from './render.ts';

export const webChannel: Channel<WebRequest, WebBubble> = { name: 'web', capabilities: CAPABILITIES, receive, render };
