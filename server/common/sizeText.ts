/** A number of bytes for people: `12.3 MiB`, `1.5 GiB`. */
export function sizeText(bytes: number): string {
  return bytes < 2 ** 30
    ? `${(bytes / 2 ** 20).toFixed(1)} MiB`
    : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
