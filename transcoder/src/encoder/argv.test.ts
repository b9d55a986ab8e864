import { describe, expect, it } from 'vitest';
import { encoderArgv } from './argv.ts';
import { ladderFor } from './ladder.ts';

const source = { width: 1280, height: 720, frameRate: 30 };

describe('encoderArgv', () => {
  it('is this whole command', () => {
    expect(encoderArgv(ladderFor('1080p', source), source, 2).join(' ')).toBe(
      '-hide_banner -nostdin -nostats -loglevel warning ' +
        '-copyts -fpsprobesize 0 -analyzeduration 1 -max_pixels 35389440 ' +
        '-threads 1 -protocol_whitelist pipe -f flv -i pipe:0 -filter_complex_threads 1 -filter_complex ' +
        "[0:v:0]select='not(mod(mod(round(t*1000),4),2))'," +
        'split=2[s0][s1];[s0]scale=854:480,format=yuv420p[v0];[s1]scale=640:360,format=yuv420p[v1] ' +
        '-map [v0] -c:v libx264 -preset veryfast -tune zerolatency -profile:v high -level:v 3.1 -bf 0 -threads 2 ' +
        '-x264-params fps=30 -b:v 1200000 -maxrate 1440000 -bufsize 1200000 -force_key_frames expr:eq(mod(round(t*1000),4),0) -sc_threshold 0 -g 1000000 ' +
        '-fps_mode passthrough -enc_time_base 1/1000 -video_track_timescale 1000 ' +
        '-movflags frag_every_frame+empty_moov+default_base_moof+frag_discont ' +
        '-avoid_negative_ts disabled -flush_packets 1 -f mp4 pipe:3 ' +
        '-map [v1] -c:v libx264 -preset veryfast -tune zerolatency -profile:v high -level:v 3.0 -bf 0 -threads 2 ' +
        '-x264-params fps=30 -b:v 800000 -maxrate 960000 -bufsize 800000 -force_key_frames expr:eq(mod(round(t*1000),4),0) -sc_threshold 0 -g 1000000 ' +
        '-fps_mode passthrough -enc_time_base 1/1000 -video_track_timescale 1000 ' +
        '-movflags frag_every_frame+empty_moov+default_base_moof+frag_discont ' +
        '-avoid_negative_ts disabled -flush_packets 1 -f mp4 pipe:4',
    );
  });

  it('puts bars round a source that is no longer shaped like its rungs', () => {
    const turned = encoderArgv(ladderFor('360p', source), { width: 720, height: 1280, frameRate: 30 }, 1);
    expect(turned[turned.indexOf('-filter_complex') + 1]).toBe(
      "[0:v:0]select='not(mod(mod(round(t*1000),4),2))'," +
        'split=1[s0];[s0]scale=640:360:force_original_aspect_ratio=decrease:force_divisible_by=2,' +
        'pad=640:360:-1:-1,format=yuv420p[v0]',
    );
  });
});
