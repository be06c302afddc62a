/** `MOSIP-FS80H-2026-000181` → `MOSIP-FS…000181`: both ends tell identifiers apart, the middle seldom does. */
export function shortenMiddle(text: string, keep: number): string {
  if (text.length <= keep) return text
  const tail = Math.floor((keep - 1) / 2)
  return `${text.slice(0, keep - 1 - tail)}…${text.slice(-tail)}`
}
