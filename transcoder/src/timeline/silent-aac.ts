const SINGLE_CHANNEL = 0;
const CHANNEL_PAIR = 1;
const LOW_FREQUENCY = 3;
const END = 7;

/** Elements of a frame for 1 to 8 channels (ISO/IEC 14496-3 table 1.19). */
const LAYOUTS: Readonly<Record<number, readonly number[]>> = {
  1: [SINGLE_CHANNEL],
  2: [CHANNEL_PAIR],
  3: [SINGLE_CHANNEL, CHANNEL_PAIR],
  4: [SINGLE_CHANNEL, CHANNEL_PAIR, SINGLE_CHANNEL],
  5: [SINGLE_CHANNEL, CHANNEL_PAIR, CHANNEL_PAIR],
  6: [SINGLE_CHANNEL, CHANNEL_PAIR, CHANNEL_PAIR, LOW_FREQUENCY],
  8: [SINGLE_CHANNEL, CHANNEL_PAIR, CHANNEL_PAIR, CHANNEL_PAIR, LOW_FREQUENCY],
};

const ICS_INFO = '0' + '00' + '0' + '000000' + '0'; // long window, no scale factor bands, no prediction
const NO_TOOLS = '000'; // pulse data, temporal noise shaping, gain control
const GLOBAL_GAIN = '00000000';

function channelStream(withInfo: boolean): string {
  return GLOBAL_GAIN + (withInfo ? ICS_INFO : '') + NO_TOOLS;
}

function element(id: number, tag: number): string {
  const head = id.toString(2).padStart(3, '0') + tag.toString(2).padStart(4, '0');
  if (id !== CHANNEL_PAIR) return head + channelStream(true);
  const commonWindow = `1${ICS_INFO}00`; // no mid/side
  return head + commonWindow + channelStream(false) + channelStream(false);
}

/**
 * One raw AAC-LC frame of silence (ISO/IEC 14496-3 section 4.4.2.1): every element without a single scale factor band.
 * `undefined` for a number of channels that has no layout of its own.
 */
export function silentAacFrame(channels: number): Buffer | undefined {
  const layout = LAYOUTS[channels];
  if (!layout) return undefined;
  const used = new Map<number, number>();
  let bits = '';
  for (const id of layout) {
    const tag = used.get(id) ?? 0;
    used.set(id, tag + 1);
    bits += element(id, tag);
  }
  bits += END.toString(2);
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
}
