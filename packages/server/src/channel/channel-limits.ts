/** The bounds of the live channels of a server process. */
export interface ChannelLimits {
  readonly mostChannels: number
  /** Of a network, see `networkOf`. */
  readonly mostPerAddress: number
  /** Milliseconds until a device must have been heard. */
  readonly authenticateWithinMs: number
  /** Channels on which no device was heard yet: the oldest gives way to the next. */
  readonly mostUnheard: number
  readonly pingEveryMs: number
  /** Messages of one channel. */
  readonly burst: number
  readonly perSecond: number
}

export const CHANNEL_LIMITS: ChannelLimits = {
  mostChannels: 20_000,
  mostPerAddress: 500,
  authenticateWithinMs: 20_000,
  // A client says its first message at once. Of 10,000 that come back together, a second’s work is unheard.
  mostUnheard: 4_000,
  pingEveryMs: 240_000,
  burst: 100,
  perSecond: 5,
}
