/**
 * Values made from something that changes: each is made when first asked for after a change, and is then the same for
 * everyone.
 */
export class VersionedCache<Value> {
  readonly #version: () => number;
  readonly #values = new Map<string, Value>();
  #seen = -1;

  constructor(version: () => number) {
    this.#version = version;
  }

  get(key: string, make: () => Value): Value {
    const version = this.#version();
    if (version !== this.#seen) {
      this.#values.clear();
      this.#seen = version;
    }
    let value = this.#values.get(key);
    if (value === undefined) {
      value = make();
      this.#values.set(key, value);
    }
    return value;
  }
}
