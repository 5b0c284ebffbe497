import { appendFileSync, mkdtempSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal } from './journal.ts';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'journal-')), 'folder', 'txn.jsonl');

function threeEntries(file: string): Journal {
  const journal = new Journal(file);
  journal.append('T4', 'begin');
  journal.append('T4', 'done', { spki: 'ab' });
  journal.append('T5', 'begin');
  return journal;
}

test('what was appended is there again, in order, after opening anew', () => {
  const file = newFile();
  const written = threeEntries(file).entries;
  const journal = new Journal(file);
  expect(journal.entries).toEqual(written);
  expect(journal.done('T4')?.data).toEqual({ spki: 'ab' });
  expect(journal.done('T5')).toBeUndefined();
});

test('only this user may read it', () => {
  const file = newFile();
  threeEntries(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a last line torn at any octet is dropped, and the journal goes on after the one before', () => {
  const file = newFile();
  threeEntries(file);
  const whole = readFileSync(file);
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (let length = lastLine; length < whole.length; length += 1) {
    writeFileSync(file, whole);
    truncateSync(file, length);
    const journal = new Journal(file);
    expect(journal.entries.map((entry) => entry.step)).toEqual(['T4', 'T4']);
    journal.append('T6', 'begin');
    expect(new Journal(file).entries.map((entry) => entry.step)).toEqual(['T4', 'T4', 'T6']);
  }
});

test.each([
  ['changed', (text: string) => text.replace('"spki":"ab"', '"spki":"ac"')],
  ['left out', (text: string) => text.split('\n').toSpliced(1, 1).join('\n')],
])('a journal with an entry %s is laid aside and starts empty', (_what, change) => {
  const file = newFile();
  threeEntries(file);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  expect(new Journal(file).entries).toEqual([]);
  expect(readdirSync(join(file, '..')).some((name) => name.includes('.broken-'))).toBe(true);
});

test('rubbish after the last entry is no entry', () => {
  const file = newFile();
  threeEntries(file);
  appendFileSync(file, '\0\0\0\0');
  expect(new Journal(file).entries).toHaveLength(3);
});
