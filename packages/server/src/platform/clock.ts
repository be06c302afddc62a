/** The server's time, milliseconds since the epoch; handed to its users, so that tests can set it. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
