/** The server's time, milliseconds since the epoch; given to whoever needs it, so that tests can set it. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
