/**
 * Whether a resource version of a kind is later than another. They are decimal numbers that only grow and may be compared
 * (Kubernetes API concepts, "Resource versions"; KEP-5504), longer than what a double holds exactly.
 */
export function isLater(version: string, than: string): boolean {
  return version.length === than.length ? version > than : version.length > than.length;
}
