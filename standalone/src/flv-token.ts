import { randomBytes } from 'node:crypto';
import type { ResourceStore } from '@showrunner/service-kit';

const SECRET = { namespace: 'default', name: 'flv-token' } as const;
const ENTRY = 'token';
const TOKEN_BYTES = 24;

/** The token that opens HTTP-FLV; made once and kept among the Secrets. */
export async function flvToken(secrets: ResourceStore): Promise<string> {
  const known = (await secrets.get('Secret', SECRET))?.data[ENTRY];
  if (known) return Buffer.from(known, 'base64').toString('utf8');
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await secrets.apply('Secret', { apiVersion: 'v1', kind: 'Secret', metadata: SECRET, stringData: { [ENTRY]: token } });
  return token;
}
