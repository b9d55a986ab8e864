import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { createShutdown } from './shutdown.ts';

function setUp(timeoutMs = 1_000) {
  const lines: { step: string; msg: string }[] = [];
  const logger = createLogger(
    { name: 'test', level: 'info' },
    {
      write: (line) => {
        const { step, msg } = JSON.parse(line) as { step: string; msg: string };
        lines.push({ step, msg });
      },
    },
  );
  return { lines, shutdown: createShutdown({ logger, timeoutMs }) };
}

describe('createShutdown', () => {
  it('closes one after the other, in reverse order', async () => {
    const { lines, shutdown } = setUp();
    const order: string[] = [];
    shutdown.onShutdown('store', () => void order.push('store'));
    shutdown.onShutdown('server', async () => {
      order.push('server begins');
      await new Promise((resolve) => setTimeout(resolve, 10));
      order.push('server ends');
    });
    await shutdown.close();
    expect(order).toEqual(['server begins', 'server ends', 'store']);
    expect(lines).toEqual([]);
  });

  it('closes each once, however often it is called', async () => {
    const { shutdown } = setUp();
    let closed = 0;
    shutdown.onShutdown('store', () => void closed++);
    await Promise.all([shutdown.close(), shutdown.close()]);
    await shutdown.close();
    expect(closed).toBe(1);
  });

  it('goes on past what fails and what hangs, and says so', async () => {
    const { lines, shutdown } = setUp(20);
    let closed = false;
    shutdown.onShutdown('store', () => void (closed = true));
    shutdown.onShutdown('hangs', () => new Promise<void>(() => {}));
    shutdown.onShutdown('fails', () => {
      throw new Error('no');
    });
    await shutdown.close();
    expect(closed).toBe(true);
    expect(lines).toEqual([
      { step: 'fails', msg: 'failed to close' },
      { step: 'hangs', msg: 'did not close in time; going on without it' },
    ]);
  });

  it.each([
    ['ends with 0 after the first signal', 'shutdown.onShutdown("timer", () => clearInterval(timer));', 1, 0],
    ['ends with 130 at the second signal', 'shutdown.onShutdown("hangs", () => new Promise(() => {}));', 2, 130],
  ])('%s', async (_, step, signals, code) => {
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { createLogger } from './logger.ts';
         import { createShutdown } from './shutdown.ts';
         const shutdown = createShutdown({ logger: createLogger({ name: 'child', level: 'info' }), timeoutMs: 60_000 });
         const timer = setInterval(() => {}, 1_000);
         ${step}
         shutdown.listen(['SIGINT']);
         process.stdout.write('ready');`,
      ],
      { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const exited = once(child, 'exit');
    for (let sent = 0; sent < signals; sent++) {
      await once(child.stdout, 'data'); // "ready", then the log line of the first signal
      if (sent > 0) await delay(600); // sooner it would be the same Ctrl-C, passed on twice
      child.kill('SIGINT');
    }
    expect(await exited).toEqual([code, null]);
  });
});
