import { connect } from 'node:tls'
import { CHANNEL_PATH, readWake } from '@sanad/protocol/wire/envelope/channel'
import { WebSocket } from 'ws'

/** Many clients in one process: opens channels as it is told, and asks for commands when it is woken. */

export type ToClients =
  /** @param texts of each channel, one from each of its devices; the next goes when the last is answered */
  | { readonly do: 'open'; readonly port: number; readonly ca: string; readonly texts: string[][] }
  /** Plain TLS connections, for comparison. */
  | { readonly do: 'open-tls'; readonly port: number; readonly ca: string; readonly count: number }
  /** What the channels with these numbers send when they are woken. */
  | { readonly do: 'arm'; readonly messages: { readonly channel: number; readonly text: string }[] }

export type FromClients =
  /** The last answer of those that were opened. */
  | { readonly done: 'open'; readonly answer: string }
  | { readonly done: 'armed' }
  /** @param at of the machine’s monotonic clock, nanoseconds */
  | {
      readonly done: 'commands'
      readonly channel: number
      readonly at: string
      readonly answer: string
    }

const AT_ONCE = 40

const channels: WebSocket[] = []
const kept: unknown[] = []
const armed = new Map<number, string>()

const tell = (message: FromClients): void => void process.send?.(message)

/** The server counts channels by address. */
const addressOf = (index: number): string => `127.0.2.${(index % 250) + 1}`

async function open(port: number, ca: string, texts: string[], index: number): Promise<string> {
  const socket = new WebSocket(`wss://localhost:${port}${CHANNEL_PATH}`, {
    ca,
    localAddress: addressOf(index),
    perMessageDeflate: false,
    family: 4,
  })
  channels[index] = socket
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  socket.on('error', reject)
  const unsent = [...texts]
  const sendNext = (): void => socket.send(unsent.shift() ?? '')
  socket.on('open', sendNext)
  socket.on('message', (data: Buffer) => {
    const at = String(process.hrtime.bigint())
    const heard = data.toString('utf8')
    if (unsent.length > 0) return sendNext()
    resolve(heard)
    const waiting = armed.get(index)
    if (waiting === undefined) return
    if (readWake(heard) !== undefined) socket.send(waiting)
    else {
      armed.delete(index)
      tell({ done: 'commands', channel: index, at, answer: heard })
    }
  })
  return promise
}

function openTls(port: number, ca: string, index: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const from = { localAddress: addressOf(index) }
    const to = { port, host: '127.0.0.1', servername: 'localhost', ca }
    const socket = connect({ ...to, ...from }, () => socket.write('x', () => resolve('')))
    socket.on('error', reject)
    kept.push(socket)
  })
}

async function openMany(count: number, openOne: (index: number) => Promise<string>): Promise<void> {
  const from = channels.length + kept.length
  let answer = ''
  for (let at = 0; at < count; at += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, i) =>
      openOne(from + at + i),
    )
    answer = (await Promise.all(some)).at(-1) ?? ''
  }
  tell({ done: 'open', answer })
}

process.on('message', (message: ToClients) => {
  if (message.do === 'arm') {
    for (const { channel, text } of message.messages) armed.set(channel, text)
    tell({ done: 'armed' })
    return
  }
  const { port, ca } = message
  if (message.do === 'open-tls')
    return void openMany(message.count, (index) => openTls(port, ca, index))
  const { texts } = message
  const from = channels.length
  void openMany(texts.length, (index) => open(port, ca, texts[index - from] ?? [], index))
})
