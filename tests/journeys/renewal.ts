/** The ordinary path, as a customer walks it: six messages in the chat, a code and two PINs at the computer. */
import { PseudoTerminal } from '../pseudo-terminal.ts';
import { Chat } from './chat.ts';
import { Phone } from './phone.ts';
import { MOBILE, PIN, type Product } from './product.ts';

/** 2026年6月15日 → 2026-06-15. */
export function dayIn(text: string): string {
  const [, year = '', month = '', day = ''] = /(\d{4})年(\d{1,2})月(\d{1,2})日/.exec(text) ?? [];
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

export async function signIn(product: Product): Promise<Chat> {
  const chat = await Chat.open(product.chat);
  const phone = new Phone(product.phone, MOBILE);
  await phone.forget();
  await chat.hears(/请发证书登记的手机号/);
  await chat.say(MOBILE);
  await chat.say(await phone.code());
  await chat.hears(/回复证书前面的数字|没有可以办的证书|接着办：/);
  return chat;
}

/** Renews the certificate of `unit`, whose key is plugged into the computer. */
export async function renew(
  product: Product,
  unit: string,
): Promise<{ promised: string; done: string; messages: number }> {
  return atTheComputer(product, async (chat, computer) => {
    const promised = await confirmDetails(chat, computer, unit);
    const done = await writeAndVerify(chat, computer);
    return { promised, done, messages: chat.sent };
  });
}

/** A customer who is signed in, with the agent open in a terminal of the same computer. */
export async function atTheComputer<T>(
  product: Product,
  walk: (chat: Chat, computer: PseudoTerminal) => Promise<T>,
): Promise<T> {
  const chat = await signIn(product);
  const computer = new PseudoTerminal('node scripts/agent.mjs', product.env());
  try {
    return await walk(chat, computer);
  } catch (error) {
    throw new Error(`the chat said: ${chat.said}\nthe terminal shows: ${computer.shown}`, { cause: error });
  } finally {
    chat.close();
    await computer.close();
  }
}

/** @returns the day that the details card promised */
export async function confirmDetails(chat: Chat, computer: PseudoTerminal, unit: string): Promise<string> {
  const choice = await chat.hears(new RegExp(`(\\d) ${unit}`));
  await chat.say(choice[1] ?? '');
  await chat.hears(/还没开标/);
  await chat.say('1');
  await join(chat, computer);
  const details = await chat.hears(/请核对证书 现在到期 \S+ 延期后至少到 (\S+)/);
  await chat.say('1');
  return dayIn(details[1] ?? '');
}

/** The code of the chat in the terminal, the number of the terminal in the chat. */
async function join(chat: Chat, computer: PseudoTerminal): Promise<void> {
  const code = await chat.hears(/(?:\d ?){11}(?=.*有效)/);
  await computer.reads(/连接码：/);
  computer.types(`${code[0].replaceAll(' ', '')}\r`);
  const digits = await computer.reads(/(\d) (\d)\s+如果不是您/);
  await chat.hears(/屏幕上的两位数字/);
  await chat.say(`${digits[1] ?? ''}${digits[2] ?? ''}`);
}

/** @returns the day that the done card tells */
export async function writeAndVerify(chat: Chat, computer: PseudoTerminal): Promise<string> {
  await computer.reads(/同意请按 Y/);
  computer.types('Y');
  await computer.reads(/UKey 密码（/);
  computer.types(`${PIN}\r`);
  await computer.reads(/验证新证书[^]*UKey 密码（/);
  computer.types(`${PIN}\r`);
  await computer.reads(/验证通过，续期完成/);
  const done = await chat.hears(/新的有效期到 (\S+)/);
  return dayIn(done[1] ?? '');
}
