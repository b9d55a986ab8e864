import { describe, expect, it } from 'vitest';
import { clusterDomainSetting, hostNameSchema } from './pod-settings.ts';

describe('the settings of pods', () => {
  it('take a host by any of its names, the absolute one too', () => {
    for (const host of ['localhost', 'operator', 'operator.live.svc', 'operator.live.svc.cluster.local.', '10.0.0.1']) {
      expect([host, hostNameSchema.safeParse(host).success]).toEqual([host, true]);
    }
    for (const host of ['', '.', '-a', 'a b', 'http://a', 'a:80', 'a..', 'A']) {
      expect([host, hostNameSchema.safeParse(host).success]).toEqual([host, false]);
    }
  });

  it('take a domain that names can be put before', () => {
    expect(clusterDomainSetting.parse(undefined)).toBe('cluster.local');
    expect(clusterDomainSetting.safeParse('cluster.local.').success).toBe(false);
  });
});
