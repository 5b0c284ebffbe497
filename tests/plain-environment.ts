/** What a person's shell would hand to a program: without what the test runner adds (MODE is also ours). */
const RUNNERS = /^(MODE|DEV|PROD|SSR|BASE_URL|TEST|NODE_ENV|NODE_OPTIONS|VITEST.*|TINYPOOL.*)$/;

export function plainEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const plain = Object.entries(process.env).filter(([name]) => !RUNNERS.test(name));
  return { ...Object.fromEntries(plain), ...more };
}
