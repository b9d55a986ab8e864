/** A write as the API server's audit log tells it. */
export interface AuditedWrite {
  /** `system:serviceaccount:NAMESPACE:NAME` */
  readonly user: string;
  readonly verb: string;
  readonly namespace: string;
  /** `deployments`, `livestreams/status` */
  readonly resource: string;
  readonly code: number;
  /** Epoch ms with fractions. */
  readonly from: number;
  readonly to: number;
  /** What was sent. */
  readonly body: unknown;
}

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly objectRef?: { readonly namespace?: string; readonly resource: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly requestObject?: unknown;
}

export function writesIn(log: string): AuditedWrite[] {
  // The last line may not be whole yet.
  const lines = log.slice(0, log.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => writeOf(JSON.parse(line) as AuditEvent));
}

function writeOf(event: AuditEvent): AuditedWrite {
  const { namespace = '', resource = '', subresource } = event.objectRef ?? {};
  return {
    user: event.user.username,
    verb: event.verb,
    namespace,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    code: event.responseStatus?.code ?? 0,
    from: epochMs(event.requestReceivedTimestamp),
    to: epochMs(event.stageTimestamp),
    body: event.requestObject,
  };
}

/** Of RFC 3339 with microseconds, which `Date` cuts off. */
function epochMs(text: string): number {
  const micros = /\.\d{3}(\d{0,3})/.exec(text)?.[1] ?? '';
  return Date.parse(text) + Number(`0.${micros || 0}`);
}
