/* global document, window */
// Runs in the watch page: reads the clock out of every frame that is about to be shown. It leaves samples of
// { at: Unix ms, glassToGlassMs } in window.clockSamples and counts unreadable frames in window.clockUnreadable.
(() => {
  const [columns, rows, cell] = [16, 3, 8];
  const canvas = document.createElement('canvas');
  canvas.width = columns * cell;
  canvas.height = rows * cell;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  window.clockSamples = [];
  window.clockUnreadable = 0;
  window.clockEveryFrames ??= 3;
  let seen = 0;
  let followed;

  function readClock(video) {
    // The blocks fill the width, and a third of the height.
    context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 3, 0, 0, canvas.width, canvas.height);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    let ms = 0;
    let checksum = 63;
    for (let group = 0; group < 8; group += 1) {
      let six = 0;
      for (let bit = 0; bit < 6; bit += 1) {
        const block = group * 6 + bit;
        const x = (block % columns) * cell + cell / 2;
        const y = Math.floor(block / columns) * cell + cell / 2;
        six = six * 2 + (pixels[(y * canvas.width + x) * 4] > 127 ? 1 : 0);
      }
      checksum ^= six;
      if (group < 7) ms = ms * 64 + six;
    }
    return checksum === 0 ? ms : undefined;
  }

  function onFrame(video, now, metadata) {
    if (video === followed) video.requestVideoFrameCallback((...args) => onFrame(video, ...args));
    seen += 1;
    if (seen % window.clockEveryFrames !== 0) return;
    const drawn = readClock(video);
    if (drawn === undefined) {
      window.clockUnreadable += 1;
      return;
    }
    // performance.timeOrigin does not follow corrections of the system's clock, Date.now does.
    const shownAt = Date.now() + (metadata.expectedDisplayTime - performance.now());
    window.clockSamples.push({ at: Date.now(), glassToGlassMs: shownAt - drawn });
  }

  // The player may replace its video element.
  setInterval(() => {
    const video = document.querySelector('video');
    if (!video || video === followed) return;
    followed = video;
    video.requestVideoFrameCallback((...args) => onFrame(video, ...args));
  }, 20);
})();
