/** One line on what is being set up; on stderr, so that the lines a script reads stay alone on stdout. */
export function say(sentence) {
  process.stderr.write(`• ${sentence}\n`);
}

/** Says what is wrong and what to do, and ends the process. */
export function fail(sentence) {
  process.stderr.write(`✗ ${sentence}\n`);
  process.exit(1);
}
