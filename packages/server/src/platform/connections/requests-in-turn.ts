import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
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

export interface Turn {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** What one connection has asked for. */
export interface Line {
  inWork: Turn | undefined
  waiting: Turn[]
}

export type Lines = WeakMap<Socket, Line>

/**
 * A connection that asks for more than one thing in work and `MOST_WAITING` behind it is closed without a word.
 * RFC 9112 §9.3.2: a client that pipelines must be ready to ask again when the connection closes.
 *
 * @param lines where others see what each connection has in work
 */
export function inTurn(listener: RequestListener, lines: Lines = new WeakMap()): RequestListener {
  return (request, response) => {
    const { socket } = request
    if (socket.destroyed) return
    const line = lines.get(socket) ?? open(socket)
    const turn = { request, response }
    if (line.inWork === undefined) return begin(line, turn)
    if (line.waiting.length < MOST_WAITING) line.waiting.push(turn)
    else {
      line.waiting = []
      socket.destroy()
    }
  }

  function open(socket: Socket): Line {
    const line: Line = { inWork: undefined, waiting: [] }
    lines.set(socket, line)
    return line
  }

  function begin(line: Line, turn: Turn): void {
    line.inWork = turn
    // Comes when the whole answer is with the kernel, or the connection has ended.
    turn.response.once('close', () => end(line))
    listener(turn.request, turn.response)
  }

  function end(line: Line): void {
    line.inWork = undefined
    const next = line.waiting.shift()
    if (next === undefined) return
    if (next.request.socket.destroyed) line.waiting = []
    else begin(line, next)
  }
}
