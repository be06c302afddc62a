import { type IncomingMessage, request } from 'node:http'
import { type SbiVerb, requireDiscoveryVerb } from './sbi-verbs.ts'

/** MDS 0.9.5 › Device Discovery: on this machine only, by address and not by name. */
const LOOPBACK = '127.0.0.1'
/**
 * A description with two chains of four certificates has 20 KB; so this is room for a dozen of the largest, and for
 * thirty-two of the usual ones.
 */
export const LARGEST_ANSWER = 256 * 1024
const LARGEST_HEAD = 16 * 1024
/** The registration client limits the silence between two bytes, not the whole; a drip must end all the same. */
const TOTAL_FACTOR = 3

export interface SbiQuestion {
  readonly port: number
  readonly verb: SbiVerb
  readonly path: string
  readonly body?: object
  /** Longest silence, before the first byte and between two. The whole answer may take three times as long. */
  readonly timeoutMs: number
}

/**
 * - `closed`: no program listens there.
 * - `hung-up`: one does, and ended the connection before it answered.
 * - `silent`: one does, and did not answer in time.
 * - `cut`: the connection ended before the answer did.
 * - `too-large`: more than {@link LARGEST_ANSWER}.
 * - `not-http`: what came is not HTTP.
 */
export type SbiReply =
  | { readonly kind: 'closed' | 'hung-up' | 'silent' | 'cut' | 'too-large' | 'not-http' }
  | SbiAnswer

export interface SbiAnswer {
  readonly kind: 'answer'
  readonly status: number
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly body: Uint8Array
}

/** @throws TypeError for a verb that is none of discovery, before anything is sent */
export function askSbi(question: SbiQuestion, signal?: AbortSignal): Promise<SbiReply> {
  requireDiscoveryVerb(question.verb)
  const { promise, resolve } = Promise.withResolvers<SbiReply>()
  const deadline = AbortSignal.timeout(question.timeoutMs * TOTAL_FACTOR)
  const outgoing = request({
    host: LOOPBACK,
    port: question.port,
    method: question.verb,
    path: question.path,
    agent: false,
    maxHeaderSize: LARGEST_HEAD,
    // As lenient as the library of the registration client; what comes is a hint of this machine.
    insecureHTTPParser: true,
    headers: { 'Content-Type': 'application/json', EXT: 'sanad-client' },
    timeout: question.timeoutMs,
    signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
  })
  outgoing.on('timeout', () => end({ kind: 'silent' }))
  let answer: IncomingMessage | undefined
  outgoing.on('response', (incoming) => collect((answer = incoming), end))
  outgoing.on('error', (error) => {
    // MockMDS sends four octets behind its body, which are no HTTP; the answer before them is whole (MF §4.5, 2).
    if (answer?.complete !== true) end({ kind: deadline.aborted ? 'silent' : kindOf(error) })
  })
  outgoing.end(question.body === undefined ? undefined : JSON.stringify(question.body))
  return promise

  function end(reply: SbiReply): void {
    resolve(reply)
    outgoing.destroy()
  }
}

function collect(incoming: IncomingMessage, end: (reply: SbiReply) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > LARGEST_ANSWER) end({ kind: 'too-large' })
    else chunks.push(chunk)
  })
  incoming.on('error', () => end({ kind: 'cut' }))
  incoming.on('end', () =>
    end({
      kind: 'answer',
      status: incoming.statusCode ?? 0,
      contentType: incoming.headers['content-type'],
      contentEncoding: incoming.headers['content-encoding'],
      body: Buffer.concat(chunks),
    }),
  )
}

/** llhttp names its errors HPE_…; the others are of the connection. */
function kindOf(error: Error): 'closed' | 'hung-up' | 'not-http' {
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'ECONNREFUSED') return 'closed'
  return code.startsWith('HPE_') ? 'not-http' : 'hung-up'
}
