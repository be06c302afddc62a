import type { Listener } from '../platform.ts'

/** `port,process,1`, one for each row of Windows' tables; 1 where it takes connections to 127.0.0.1. */
const ROW = /\b(\d{1,5}),(\d{1,10}),([01])\b/g

/** A program that was started again is another process; the table has no number of the socket. */
export const readListeners = (text: string): Listener[] =>
  [...text.matchAll(ROW)].map(([, port = '', pid = '', isAtLoopback]) => ({
    port: Number(port),
    id: pid,
    isAtLoopback: isAtLoopback === '1',
  }))
