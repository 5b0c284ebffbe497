import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { ProblemError } from '../renewal/problem.ts';
import { createLog } from './log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString('utf8'));
      done();
    },
  });
  write(createLog(stream));
  return JSON.parse(lines.join('')) as Record<string, unknown>;
}

test.each(['pin', 'code', 'digits', 'mobile', 'password', 'text', 'matchNumber'])(
  'a %s never stands in a log',
  (name) => {
    const line = logged((log) =>
      log.info({ [name]: '604713', at: { [name]: '604713', deep: { [name]: '604713' } } }, 'x'),
    );
    expect(JSON.stringify(line)).not.toContain('604713');
  },
);

test('the code of a problem and its cause do', () => {
  const error = new ProblemError('ca/unreachable', {}, { cause: new Error('ECONNREFUSED') });
  const line = logged((log) => log.child({ caseId: 'c-1' }).error({ err: error }, 'no certificate'));
  expect(line).toMatchObject({ caseId: 'c-1', err: { code: 'ca/unreachable' }, msg: 'no certificate' });
  expect(JSON.stringify(line)).toContain('ECONNREFUSED');
});
