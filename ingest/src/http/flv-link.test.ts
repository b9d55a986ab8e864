import { streamId, type StreamRef } from '@showrunner/service-kit';
import { flvSourceContract } from '@showrunner/service-kit/contracts';
import { counted, delivered, linkTo, startLinkedIngest } from '../testing/linked-ingest.ts';
import { recorder, until } from '../testing/publish.ts';
import { RtmpPublisher } from '../testing/rtmp-publisher.ts';

const GRACE_MS = 60_000;

// The steps of the contract are taken over sockets, so each waits until it has arrived; the contract itself is the same.
flvSourceContract('ingest, over RTMP and HTTP-FLV,', async () => {
  const linked = await startLinkedIngest({ policy: { reconnectGraceMs: GRACE_MS } });
  const source = counted(linkTo(linked.port));
  const publishers = new Map<string, RtmpPublisher>();
  /** What ingest itself has heard of each stream, and how many tags it was sent. */
  const heard = new Map<string, ReturnType<typeof recorder>>();
  const sent = new Map<string, number>();
  const arrived = (stream: StreamRef, what: string) => until(() => heard.get(streamId(stream))?.heard.at(-1) === what);
  const settle = async () => {
    await until(() => [...sent].every(([id, tags]) => heard.get(id)?.tags.length === tags));
    await delivered(linked, source.open);
  };
  return {
    source,
    publisher: {
      start: async (stream) => {
        await settle();
        const id = streamId(stream);
        if (!heard.has(id)) {
          heard.set(id, recorder());
          linked.ingest.source.subscribe(stream, heard.get(id)!);
        }
        publishers.set(id, await RtmpPublisher.start(linked.ingest.rtmpPort, id));
      },
      tag: async (stream, tag) => {
        const id = streamId(stream);
        sent.set(id, (sent.get(id) ?? 0) + 1);
        publishers.get(id)!.tag(tag);
      },
      stop: async (stream, reason) => {
        await settle();
        const id = streamId(stream);
        const publisher = publishers.get(id)!;
        if (reason === 'closed') publisher.unpublish();
        else if (reason === 'dropped') publisher.drop();
        else if (reason === 'idle') linked.forward(61_000);
        else if (reason === 'replaced') publishers.set(id, await RtmpPublisher.start(linked.ingest.rtmpPort, id));
        else throw new Error(`A publisher cannot be made to stop with ${reason} here.`);
        await arrived(stream, `stopped: ${reason}`);
      },
      end: async (stream, reason) => {
        if (reason === 'grace-over') linked.forward(GRACE_MS);
        else if (reason === 'disabled') linked.admission.bar(stream);
        else if (reason === 'shutdown') await linked.ingest.close();
        else throw new Error(`A show cannot be made to end with ${reason} here.`);
        await arrived(stream, `ended: ${reason}`);
      },
      settle,
    },
    cleanup: async () => {
      for (const publisher of publishers.values()) publisher.drop();
      await linked.kill();
    },
  };
});
