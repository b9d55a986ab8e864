/** What a person can mend: its message is shown without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
