import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lookAround, whichCluster, withoutCluster } from './which-cluster.mjs';

const debian = {
  ...{ hasKubectl: false, hasHelm: false },
  ...{ platform: 'linux', isRoot: true, hasApt: true, go: [1, 26], missing: [] },
};

describe('the cluster that the stories run on', () => {
  it('is the one that KUBECONFIG names, once it is said where it finds the images', () => {
    const named = { ...debian, kubeconfig: '/home/me/.kube/config', hasKubectl: true, hasHelm: true };
    expect(whichCluster({ ...named, images: 'registry.example/me' })).toEqual({ cluster: 'named' });
    expect(whichCluster(named)).toMatchObject({ cluster: 'none', why: expect.stringContaining('SHOWRUNNER_IMAGES') });
  });

  it('is none where KUBECONFIG names one and a program for it is not there', () => {
    const named = { ...debian, kubeconfig: '/home/me/.kube/config', images: 'registry.example/me' };
    expect(whichCluster({ ...named, hasHelm: true })).toEqual({
      cluster: 'none',
      why: 'KUBECONFIG names a cluster, but there is no kubectl to reach it with',
    });
    expect(whichCluster({ ...named, hasKubectl: true })).toEqual({
      cluster: 'none',
      why: 'KUBECONFIG names a cluster, but there is no helm to install the chart with',
    });
  });

  it('is ours otherwise, on a machine that can build and run it', () => {
    expect(whichCluster(debian)).toEqual({ cluster: 'own' });
    expect(whichCluster({ ...debian, go: [2, 0], missing: ['kubernetes'] })).toEqual({ cluster: 'own' });
  });

  it('is none where something is wanting, and says what', () => {
    expect(whichCluster({ ...debian, platform: 'darwin' }).why).toContain('needs Linux');
    expect(whichCluster({ ...debian, isRoot: false }).why).toContain('needs root');
    expect(whichCluster({ ...debian, hasApt: false, missing: ['packages'] }).why).toContain('no apt-get');
    expect(whichCluster({ ...debian, go: [1, 25], missing: ['etcd'] }).why).toContain('and here is Go 1.25;');
    expect(whichCluster({ ...debian, go: undefined, missing: ['etcd'] }).why).toContain('and here is none;');
  });

  it('needs neither Go nor apt-get for what is built already', () => {
    expect(whichCluster({ ...debian, go: undefined, hasApt: false, missing: ['images'] })).toEqual({ cluster: 'own' });
  });
});

describe('what is on PATH', () => {
  it('is looked for by name, and only what may be run counts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'showrunner-path-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'kubectl'), '', { mode: 0o644 });
    writeFileSync(join(folder, 'helm'), '', { mode: 0o755 });
    const found = lookAround({ missing: [], env: { PATH: ['/nowhere', folder].join(delimiter) } });
    expect(found).toMatchObject({ hasKubectl: false, hasHelm: true, hasApt: false });
  });
});

describe('the stories on a cluster, where there is none', () => {
  const why = 'a cluster of our own needs root';

  it('are skipped', () => {
    const skipped = {
      outcome: 'skipped',
      sentence: 'The stories on a cluster are skipped: a cluster of our own needs root.',
    };
    expect(withoutCluster({ why, env: {} })).toEqual(skipped);
    expect(withoutCluster({ why, env: { CI: 'false' } })).toEqual(skipped);
  });

  it('have failed with CI=true', () => {
    expect(withoutCluster({ why, env: { CI: 'true' } })).toEqual({
      outcome: 'failed',
      sentence: 'The stories on a cluster cannot run: a cluster of our own needs root.',
    });
  });
});
