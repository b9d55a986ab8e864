import { describe, expect, it } from 'vitest';
import { whichCluster } from './which-cluster.mjs';

const debian = { hasKubectl: false, platform: 'linux', isRoot: true, hasApt: true, go: [1, 26], missing: [] };

describe('the cluster that the stories run on', () => {
  it('is the one that KUBECONFIG names, once it is said where it finds the images', () => {
    const named = { ...debian, kubeconfig: '/home/me/.kube/config', hasKubectl: true };
    expect(whichCluster({ ...named, images: 'registry.example/me' })).toEqual({ cluster: 'named' });
    expect(whichCluster(named)).toMatchObject({ cluster: 'none', why: expect.stringContaining('SHOWRUNNER_IMAGES') });
    expect(whichCluster({ ...named, images: 'registry.example/me', hasKubectl: false }).why).toContain('no kubectl');
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
