import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { createFifoReader } from './fifo-reader.ts';

function folderFor(context: TestContext): string {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'fairlead-fifo-'));
  context.after(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

/** As keepalived opens it: for both ways, so that it never waits for a reader. */
function openAsKeepalived(file: string): number {
  if (!fs.existsSync(file)) execFileSync('mkfifo', [file]);
  return fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
}

function read(context: TestContext, file: string): EventEmitter {
  const events = new EventEmitter();
  const reader = createFifoReader({
    path: file,
    onLine: (line) => events.emit('line', line),
    onOpen: () => events.emit('open'),
    onLost: (reason) => events.emit('lost', reason),
  });
  context.after(() => reader.close());
  return events;
}

test('lines come in order, those written before the reader came too', async (context) => {
  const file = path.join(folderFor(context), 'notify.fifo');
  const writer = openAsKeepalived(file);
  context.after(() => fs.closeSync(writer));
  const events = read(context, file);
  const lines: unknown[] = [];
  events.on('line', (line) => lines.push(line));
  fs.writeSync(writer, 'one\ntwo\nthr');
  fs.writeSync(writer, 'ee\n');
  while (lines.length < 3) await once(events, 'line');
  assert.deepEqual(lines, ['one', 'two', 'three']);
});

test('a FIFO that is missing is awaited, and one that is replaced is followed', async (context) => {
  const file = path.join(folderFor(context), 'notify.fifo');
  const reasons: unknown[] = [];
  const reader = createFifoReader({
    path: file,
    onLine: () => undefined,
    onOpen: () => undefined,
    onLost: (reason) => reasons.push(reason),
  });
  reader.close();
  assert.deepEqual(reasons, ['it does not exist']);

  const events = read(context, file);
  let writer = openAsKeepalived(file);
  context.after(() => fs.closeSync(writer));
  await once(events, 'open');
  fs.closeSync(writer);
  fs.rmSync(file);
  writer = openAsKeepalived(file);
  fs.writeSync(writer, 'after\n');
  assert.deepEqual(await once(events, 'line'), ['after']);
});

test('a reload that closes the FIFO for a moment is no loss; a writer that stays away is', async (context) => {
  const file = path.join(folderFor(context), 'notify.fifo');
  let writer = openAsKeepalived(file);
  const events = read(context, file);
  const told: unknown[] = [];
  events.on('lost', (reason) => told.push(reason));
  fs.closeSync(writer);
  writer = openAsKeepalived(file);
  fs.writeSync(writer, 'reloaded\n');
  await once(events, 'line');
  assert.deepEqual(told, []);
  fs.closeSync(writer);
  await once(events, 'lost');
  assert.deepEqual(told, ['keepalived closed it']);
});

test('a file that is no FIFO is a loss with its reason', async (context) => {
  const file = path.join(folderFor(context), 'notify.fifo');
  fs.writeFileSync(file, 'INSTANCE "VI_1" MASTER 150\n');
  const reasons: unknown[] = [];
  const reader = createFifoReader({
    path: file,
    onLine: (line) => assert.fail(line),
    onOpen: () => assert.fail('opened'),
    onLost: (reason) => reasons.push(reason),
  });
  reader.close();
  assert.deepEqual(reasons, ['it is not a FIFO']);
});

test('a path that cannot even be looked at any more is a loss, with the reason', async (context) => {
  const file = path.join(folderFor(context), 'notify.fifo');
  const writer = openAsKeepalived(file);
  context.after(() => fs.closeSync(writer));
  const events = read(context, file);
  fs.rmSync(file);
  fs.symlinkSync(file, file);
  assert.deepEqual(await once(events, 'lost'), ['it was replaced or removed']);
});
