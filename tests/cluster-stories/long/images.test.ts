import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clusterProgram, oneShotPod, storyNamespace, type Component, type StoryNamespace } from '../support/index.ts';

/** The processes of each image, and the programs beside Node that they start: a call that must succeed, with /tmp/input. */
const IMAGES: Record<Component, { processes: string[]; programs: Record<string, { args: string[]; input?: string }> }> =
  {
    operator: { processes: ['operator'], programs: {} },
    ingest: {
      processes: ['front-door', 'ingest'],
      programs: {
        // nginx is started by it, so as to end with the process that started it.
        '/usr/bin/setpriv': { args: ['--pdeathsig', 'SIGTERM', '--', '/usr/sbin/nginx', '-v'] },
        '/usr/sbin/nginx': {
          args: ['-t', '-e', 'stderr', '-c', '/tmp/input'],
          input: `load_module /usr/lib/nginx/modules/ngx_rtmp_module.so; pid /tmp/pid; events {} rtmp { access_log off; server { listen 1935; } }`,
        },
      },
    },
    transcoder: {
      processes: ['edge', 'transcoder'],
      programs: {
        '/usr/bin/ffmpeg': {
          args: '-v error -f lavfi -i testsrc2=d=1 -f lavfi -i sine=d=1 -c:v libx264 -c:a aac -f mp4 -movflags empty_moov pipe:1'.split(
            ' ',
          ),
        },
      },
    },
    web: { processes: ['web'], programs: {} },
  };

/** Runs inside an image, as its pods do, and says as JSON who it is and what it finds. */
function lookAround(programs: Record<string, { args: string[]; input?: string }>): void {
  const fs = process.getBuiltinModule('node:fs');
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const uid = process.getuid?.();
  const found = {
    uid,
    version: process.version,
    programs: [] as string[],
    writable: [] as string[],
    strange: [] as string[],
  };
  const image = fs.statSync('/').dev;
  const visit = (folder: string) => {
    for (const name of fs.readdirSync(folder || '/')) {
      const path = `${folder}/${name}`;
      const { dev, mode, uid: owner } = fs.lstatSync(path);
      const kind = mode & 0o170000;
      // What is mounted is not the image's; a link is judged where it leads.
      if (dev !== image || kind === 0o120000) continue;
      if (mode & 0o002 || owner === uid) found.writable.push(path);
      if (/\/(node_modules|npm|.*\.(ts|vue|map))$/.test(path) || mode & 0o6000) found.strange.push(path);
      if (kind === 0o040000) visit(path);
      else if (mode & 0o111 && !path.includes('.so')) found.programs.push(path);
    }
  };
  visit('');
  const runs = Object.entries(programs).map(([program, { args, input = '' }]) => {
    fs.writeFileSync('/tmp/input', input);
    const { status, stderr } = spawnSync(program, args);
    return status === 0 ? 'ran' : String(stderr);
  });
  process.stdout.write(JSON.stringify({ ...found, runs, app: fs.readdirSync('/app').sort() }));
}

describe.for(Object.entries(IMAGES))('the image %s', ([component, { processes, programs }]) => {
  const cluster = inject('cluster');
  const image = cluster.images[component as Component];
  let namespace: StoryNamespace;

  beforeAll(async () => {
    namespace = await storyNamespace(clusterProgram(cluster, 'kubectl'), `image-${component}`);
  });
  afterAll(() => namespace.delete());

  it('holds what it runs and nothing else, for a user who may change none of it', async () => {
    const script = `(${lookAround.toString()})(${JSON.stringify(programs)})`;
    const { exitCode, log } = await oneShotPod(namespace.kubectl, { image, args: ['-e', script] });
    expect(exitCode, log).toBe(0);
    expect(JSON.parse(log)).toEqual({
      uid: 65532,
      version: expect.stringMatching(/^v24\./) as string,
      programs: ['/usr/local/bin/node', ...Object.keys(programs)].sort(),
      writable: [],
      strange: [],
      runs: Object.keys(programs).map(() => 'ran'),
      app: ['LICENSES', 'compiled', 'package.json', ...processes.map((process) => `${process}.js`)].sort(),
    });
  });

  it.for(processes)('starts %s with what V8 made of it before', async (process) => {
    const env = { SHOWRUNNER_LOG_LEVEL: 'none', NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
    const { exitCode, log } = await oneShotPod(namespace.kubectl, { image, args: [`/app/${process}.js`], env });
    expect(exitCode).not.toBe(0);
    expect(log).toContain('LOG_LEVEL');
    expect(log).toMatch(new RegExp(`V8 code cache for ESM file:///app/${process}.js was accepted`));
  });
});
