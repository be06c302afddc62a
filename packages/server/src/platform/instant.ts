import { formatTimestamp } from '@sanad/protocol/text/timestamps'

/** A database time as the wire writes it. */
export const instant = (at: Date): string => formatTimestamp(at.getTime())

export const instantOrNull = (at: Date | null): string | null => (at === null ? null : instant(at))

export const hexOrNull = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('hex')

export const bytesOrNull = (hex: string | undefined): Buffer | null =>
  hex === undefined ? null : Buffer.from(hex, 'hex')
