import type { Listener } from '../platform.ts'

/** `port,process,1`, one for each row of Windows' tables; 1 where it takes connections to 127.0.0.1. */
const ROW = /\b(\d{1,5}),(\d{1,10}),([01])\b/g

/** One for each port: where two programs have it, the one that an SBI's caller reaches. */
export function readListeners(text: string): Listener[] {
  const listeners = new Map<number, Listener>()
  for (const [, port = '', pid = '', isAtLoopback] of text.matchAll(ROW)) {
    // A program that was started again is another process; the table has no number of the socket.
    const listener = { port: Number(port), id: pid, isAtLoopback: isAtLoopback === '1' }
    if (listeners.get(listener.port)?.isAtLoopback !== true) listeners.set(listener.port, listener)
  }
  return [...listeners.values()]
}
