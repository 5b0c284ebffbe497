/** The web chat in a real browser: with fingers, with a keyboard, without scripts, with a bad network. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../server/app.ts';
import { findings, openBrowser, serve, sidewaysScroll } from './browser.ts';
import { ScriptedHouse } from './scripted-house.ts';

let browser: Browser;
let house: ScriptedHouse;
let chat: Awaited<ReturnType<typeof serve>>;
let contexts: BrowserContext[];
/** Whatever a browser complained about: errors of scripts, files that are missing, what the content policy forbade. */
let complaints: string[];

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  house = new ScriptedHouse();
  contexts = [];
  complaints = [];
  const log = { error: (facts: object) => complaints.push(JSON.stringify(facts)), warn: () => undefined };
  const ready = () => Promise.resolve(true);
  chat = await serve(createApp({ chat: house, ready, log, evaluation: true, https: false }));
});
afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  await chat.close();
});

async function visit(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 390, height: 800 }, ...options });
  contexts.push(context);
  return openTab(context);
}

async function openTab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(chat.url);
  return page;
}

const question = (page: Page, words: string) => page.getByRole('log').getByText(words);
const composer = (page: Page) => page.getByRole('textbox', { name: '输入消息' });
const option = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** The next line has come and its options are there. */
const secondQuestion = (page: Page) => option(page, '2 有，还没开标').waitFor();

test('a tapped option is said once, its question becomes one grey line, the next is there', async () => {
  const page = await visit();
  await option(page, '1 没有').click();
  await secondQuestion(page);
  expect(await page.locator('.me .bubble').allTextContents()).toEqual(['没有']);
  expect(await page.locator('.past').allTextContents()).toEqual(['✓ 1 没有']);
  expect(house.received.at(-1)?.incoming).toEqual({ kind: 'choice', questionId: 'q0', key: '1' });
  expect(complaints).toEqual([]);
});

test('a typed answer is sent with Enter, and the composer keeps the focus', async () => {
  const page = await visit();
  await composer(page).fill('13800006027');
  await composer(page).press('Enter');
  await secondQuestion(page);
  expect(await composer(page).inputValue()).toBe('');
  expect(await page.locator(':focus').getAttribute('aria-label')).toBe('输入消息');
});

test('with a keyboard alone: skip to the talk, choose an option, go on in the composer', async () => {
  const page = await visit();
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').textContent()).toBe('跳到对话');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').textContent()).toBe('1没有');
  await page.keyboard.press('Enter');
  await secondQuestion(page);
  await page.keyboard.type('2');
  await page.keyboard.press('Enter');
  await question(page, '在电脑上输入这组数字').waitFor();
});

test('one of the five words is a message', async () => {
  const page = await visit();
  await page.getByRole('form', { name: '随时可用' }).getByRole('button', { name: '进度' }).click();
  await secondQuestion(page);
  expect(house.received.at(-1)?.incoming).toEqual({ kind: 'text', text: '进度' });
});

test('a reload shows the same: what was said, what is open', async () => {
  const page = await visit();
  await option(page, '1 没有').click();
  await secondQuestion(page);
  const before = await page.getByRole('log').innerText();
  await page.reload();
  expect(await page.getByRole('log').innerText()).toBe(before);
  expect(house.conversations.size).toBe(1);
});

test('a second tab shows what the first one says, and neither shows it twice', async () => {
  const page = await visit();
  const second = await openTab(page.context());
  await option(page, '1 没有').click();
  await Promise.all([secondQuestion(page), secondQuestion(second)]);
  expect(await second.locator('.me .bubble').allTextContents()).toEqual(['没有']);
  expect(await page.locator('[data-seq]').count()).toBe(await second.locator('[data-seq]').count());
});

test('without scripts the first question is there, and options and words can be sent', async () => {
  const page = await visit({ javaScriptEnabled: false });
  await question(page, '请发证书登记的手机号').waitFor();
  await composer(page).fill('13800006027');
  await page.getByRole('button', { name: '发送' }).click();
  await option(page, '2 有，还没开标').click();
  await question(page, '在电脑上输入这组数字').waitFor();
  expect(house.received.map(({ incoming }) => incoming.kind)).toEqual(['opened', 'text', 'choice']);
});

test('without a network a message waits, says so, and is sent once when the network is back', async () => {
  const page = await visit();
  await page.context().setOffline(true);
  await page.getByText('网络断了').waitFor();
  await composer(page).fill('13800006027');
  await composer(page).press('Enter');
  await page.getByRole('button', { name: '没发出去，点这里重发' }).waitFor();
  await page.context().setOffline(false);
  await secondQuestion(page);
  expect(await page.locator('.me').count()).toBe(1);
  expect(house.received.filter(({ incoming }) => incoming.kind === 'text')).toHaveLength(1);
  expect(await page.getByText('网络断了').isVisible()).toBe(false);
});

test('a message that was refused says why and can be sent again', async () => {
  const page = await visit();
  await page.context().clearCookies();
  await page.route('**/chat/messages', (route) =>
    route.fulfill({ status: 429, json: { code: 'page/too-many-requests', zh: '操作太快了。', hint: '请稍等。' } }),
  );
  await composer(page).fill('x');
  await composer(page).press('Enter');
  await page.getByText('操作太快了。请稍等。').waitFor();
});

test('a picture that is pasted is told to the bot, and not uploaded', async () => {
  const page = await visit();
  await page.evaluate(`
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(['x'], 'key.png', { type: 'image/png' }));
    document.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
  `);
  await secondQuestion(page);
  expect(await page.locator('.me .bubble').innerText()).toBe('［一张图片］');
  expect(house.received.at(-1)?.incoming).toEqual({ kind: 'picture' });
});

test('while the bot thinks, it is seen to think; its answer takes that place', async () => {
  const page = await visit();
  house.silent = true;
  await composer(page).fill('你好');
  await composer(page).press('Enter');
  await page.locator('#thinking-now').waitFor();
  house.answer(house.received[0]!.visitor);
  await secondQuestion(page);
  expect(await page.locator('#thinking-now').count()).toBe(0);
});

test('a used code goes from the open page', async () => {
  const page = await visit();
  await option(page, '1 没有').click();
  await secondQuestion(page);
  await option(page, '1 没有').click();
  await page.getByText('7160').waitFor();
  house.linkCode = undefined;
  house.tell(house.received[0]!.visitor);
  await page.getByText('这个连接码已失效').waitFor();
  expect(await page.getByText('7160').count()).toBe(0);
});

const SCREENS = [
  { name: 'a phone of 360 px', viewport: { width: 360, height: 740 } },
  { name: 'a phone of 320 px', viewport: { width: 320, height: 640 } },
  { name: 'a phone in the dark', viewport: { width: 390, height: 800 }, colorScheme: 'dark' },
  { name: 'a computer', viewport: { width: 1366, height: 768 } },
  { name: 'a computer in the dark', viewport: { width: 1366, height: 768 }, colorScheme: 'dark' },
] as const;

test.each(SCREENS)(
  'on $name: nothing for axe, nothing sideways, in usual and in large type',
  async ({ name: _, ...screen }) => {
    const page = await visit({ ...screen, reducedMotion: 'reduce' });
    const seen = [];
    for (const size of ['usual', 'large']) {
      if (size === 'large') await page.getByRole('button', { name: '大字' }).click();
      await option(page, '1 没有').click();
      await page.locator('.past').last().waitFor();
      seen.push({ size, found: await findings(page), sideways: await sidewaysScroll(page) });
    }
    expect(await page.locator('html').getAttribute('data-font')).toBe('large');
    expect(seen).toEqual([
      { size: 'usual', found: [], sideways: 0 },
      { size: 'large', found: [], sideways: 0 },
    ]);
  },
);
