// Formatting of file sizes.

/** Format a number of bytes. */
export function describeBytes(bytes) {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${Math.round(bytes / 1_024)} KB`;
  const mib = bytes / 1_048_576;
  return `${mib < 10 ? mib.toFixed(1).replace(/\.0$/, "") : Math.round(mib)} MB`;
}
