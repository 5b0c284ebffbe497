/** A text that an agent says of itself or its token, made fit to be stored and shown: one line, nothing invisible. */
const LONGEST = 60;

export function agentText(text: string): string {
  const visible = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim();
  return [...visible].slice(0, LONGEST).join('');
}
