import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  followLive,
  httpGet,
  liveStreamYaml,
  pushTestPicture,
  startShowrunner,
  type Showrunner,
} from './support/index.ts';

async function lastSequence(product: Showrunner, key: string): Promise<number> {
  const publisher = pushTestPicture(product.publishUrl(key));
  const reader = await followLive(product.masterUrl());
  await sleep(3_000);
  await reader.stop();
  await publisher.stop();
  expect.soft(reader.violations).toEqual([]);
  return reader.playlist.segments.at(-1)?.sequence ?? 0;
}

describe('a second start on the same data folder', () => {
  it('keeps the key, the shows and their settings, and numbers new segments higher', async () => {
    const data = mkdtempSync(join(tmpdir(), 'showrunner-story-'));
    const running: Showrunner[] = [];
    onTestFinished(async () => {
      for (const product of running) await product.stop();
      rmSync(data, { recursive: true, force: true });
    });
    const first = await startShowrunner({ data });
    running.push(first);
    const key = await first.apply('kept', liveStreamYaml('kept', { title: 'It stays' }));
    const before = await lastSequence(first, first.streamKey);
    expect((await first.command('get')).stdout).toMatch(/^default +kept +True /m);
    expect((await first.command('delete', 'default/deleted')).stderr).toContain(
      'There is no LiveStream default/deleted.',
    );
    expect((await first.stop()).code).toBe(0);
    expect(first.output()).toMatch(/ Stopped\. Shows and keys are kept\.\n$/);
    expect((await first.command('get')).stdout).toMatch(/^default +kept +False /m);
    expect((await first.command('get', 'default/kept')).stdout).toContain('Ready: Showrunner is not running');

    const second = await startShowrunner({ data });
    running.push(second);
    expect(second.streamKey).toBe(first.streamKey);
    expect((await second.command('key', 'default/kept')).stdout.trim()).toBe(key);
    const { body } = await httpGet(`${second.http}/api/v1/live-streams/default/kept`);
    expect(JSON.parse(body.toString())).toMatchObject({ title: 'It stays', name: 'kept' });
    expect(await lastSequence(second, second.streamKey)).toBeGreaterThan(before);
  });

  it('lets nobody else read the keys', async () => {
    const product = await startShowrunner();
    onTestFinished(async () => {
      await product.stop();
    });
    const files = readdirSync(product.data, { recursive: true, encoding: 'utf8' });
    const secrets = files.filter((file) => /secret|token|key/i.test(file));
    expect(secrets.length).toBeGreaterThan(0);
    for (const file of secrets) expect(statSync(join(product.data, file)).mode & 0o077, file).toBe(0);
  });

  it('says first that the other one runs, and where', async () => {
    const product = await startShowrunner();
    onTestFinished(async () => {
      await product.stop();
    });
    const other = await product.command('start');
    expect(other.code).not.toBe(0);
    expect(other.stderr).toContain(`Another Showrunner runs on the data folder ${product.data}, at ${product.http}. `);
    expect(other.stderr).not.toMatch(/port|at .*\.ts:[0-9]+/i);
  });

  it.each([
    ['HTTP', 'httpPort'],
    ['RTMP', 'rtmpPort'],
  ] as const)('says in words that its port for %s is in use, and how to choose another', async (name, port) => {
    const data = mkdtempSync(join(tmpdir(), 'showrunner-story-'));
    const product = await startShowrunner({ data });
    await product.stop();
    const program = createServer().listen(product[port], '0.0.0.0');
    await once(program, 'listening');
    onTestFinished(() => {
      program.close();
      rmSync(data, { recursive: true, force: true });
    });
    const other = await product.command('start');
    expect(other.code).not.toBe(0);
    expect(readdirSync(data)).not.toContain('server.address');
    expect(other.stderr).toMatch(new RegExp(`port ${product[port]}.*(in use|taken)`, 'i'));
    expect(other.stderr).toContain(`SHOWRUNNER_${name}_PORT`);
    expect(other.stderr).not.toMatch(/at .*\.ts:[0-9]+/);
  });
});
