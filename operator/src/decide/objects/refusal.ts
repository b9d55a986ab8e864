/** Whether the API refused an object for what is in it, so that trying again does not help. */
export function isRefusal({ code, message }: { readonly code: number; readonly message: string }): boolean {
  // What the schema does not know is a 500 to server-side apply, and so is a policy whose webhook is down: others decide about that.
  if (code === 500) return /^failed to create typed patch object|failed calling webhook/.test(message);
  // Not there (a namespace that goes), a conflict, too many: these pass.
  return code >= 400 && code < 500 && ![401, 404, 408, 409, 410, 429].includes(code);
}
