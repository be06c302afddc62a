import { request } from 'node:http'
import { SanadError } from '@sanad/protocol/text/problems'
import { type SbiVerb, requireDiscoveryVerb } from './sbi-verbs.ts'

/** MDS 0.9.5 › Device Discovery: on this machine only, by address and not by name. */
const LOOPBACK = '127.0.0.1'
const LARGEST_ANSWER = 64 * 1024
const LARGEST_HEAD = 16 * 1024

export interface SbiQuestion {
  readonly port: number
  readonly verb: SbiVerb
  readonly path: string
  readonly body?: object
  readonly timeoutMs: number
}

/** `closed`: no program listens. `silent`: one does, and did not answer in time. */
export type SbiReply =
  | { readonly kind: 'closed' | 'silent' }
  | { readonly kind: 'answer'; readonly status: number; readonly body: Uint8Array }

/** @throws SanadError `client.sbi-not-readable` when what came is not HTTP or too much of it */
export function askSbi(question: SbiQuestion, signal?: AbortSignal): Promise<SbiReply> {
  requireDiscoveryVerb(question.verb)
  const { promise, resolve, reject } = Promise.withResolvers<SbiReply>()
  const deadline = AbortSignal.timeout(question.timeoutMs)
  const outgoing = request({
    host: LOOPBACK,
    port: question.port,
    method: question.verb,
    path: question.path,
    agent: false,
    maxHeaderSize: LARGEST_HEAD,
    headers: { 'Content-Type': 'application/json', EXT: 'sanad-client' },
    signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
  })
  outgoing.on('response', (incoming) => {
    const chunks: Buffer[] = []
    let size = 0
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > LARGEST_ANSWER) outgoing.destroy(new SanadError('client.answer-too-large'))
      else chunks.push(chunk)
    })
    incoming.on('error', fail)
    incoming.on('end', () =>
      resolve({ kind: 'answer', status: incoming.statusCode ?? 0, body: Buffer.concat(chunks) }),
    )
  })
  outgoing.on('error', fail)
  outgoing.end(question.body === undefined ? undefined : JSON.stringify(question.body))
  return promise

  function fail(error: Error): void {
    if (deadline.aborted) resolve({ kind: 'silent' })
    else if (isRefusal(error)) resolve({ kind: 'closed' })
    else reject(new SanadError('client.sbi-not-readable', undefined, { cause: error }))
  }
}

const isRefusal = (error: Error): boolean => 'code' in error && error.code === 'ECONNREFUSED'
