import type { RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The requests of one connection are worked on one after the other.
 *
 * RFC 9112 §9.3.2 lets a client send its next requests before it has read an answer. Node starts every one of
 * them at once, so that one connection and 64 KB hold a thousand requests in work. Answers go out in order in any
 * case: to begin a request before the one in front of it is answered wins nothing for an honest client. No browser
 * and no client of ours does it.
 */

/** Requests of one connection that wait for their turn. An honest client has none. */
export const MOST_WAITING = 15

type Turn = readonly [request: Parameters<RequestListener>[0], response: ServerResponse]

interface Line {
  isBusy: boolean
  waiting: Turn[]
}

/**
 * A connection that asks for more than one thing in work and `MOST_WAITING` behind it is closed without a word.
 * RFC 9112 §9.3.2: a client that pipelines must be ready to ask again when the connection closes.
 */
export function inTurn(listener: RequestListener): RequestListener {
  const lines = new WeakMap<Socket, Line>()

  return (request, response) => {
    const { socket } = request
    if (socket.destroyed) return
    const line = lines.get(socket) ?? open(socket)
    if (!line.isBusy) return begin(line, [request, response])
    if (line.waiting.length < MOST_WAITING) line.waiting.push([request, response])
    else {
      line.waiting = []
      socket.destroy()
    }
  }

  function open(socket: Socket): Line {
    const line: Line = { isBusy: false, waiting: [] }
    lines.set(socket, line)
    return line
  }

  function begin(line: Line, [request, response]: Turn): void {
    line.isBusy = true
    // Comes when the whole answer is with the kernel, or the connection has ended.
    response.once('close', () => end(line))
    listener(request, response)
  }

  function end(line: Line): void {
    line.isBusy = false
    const next = line.waiting.shift()
    if (next === undefined) return
    if (next[0].socket.destroyed) line.waiting = []
    else begin(line, next)
  }
}
