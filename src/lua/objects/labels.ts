/** Labels of names in wire form as strings of octets, which is how Lua sees them. */

/** The labels of the uncompressed name at `at`, the leftmost first. */
export function labelsOf(bytes: Uint8Array, at = 0): readonly string[] {
  const labels: string[] = [];
  for (let next = at; ;) {
    const length = bytes[next] ?? 0;
    if (length === 0) return labels;
    let label = '';
    for (let index = 1; index <= length; index++) label += String.fromCharCode(bytes[next + index] ?? 0);
    labels.push(label);
    next += 1 + length;
  }
}
