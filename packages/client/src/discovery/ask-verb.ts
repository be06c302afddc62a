import { type SbiReply, askSbi } from './sbi-request.ts'
import { type SbiVerb, asksForDevices, pathOf } from './sbi-verbs.ts'

export interface AskOptions {
  /** Milliseconds of silence that are waited for. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface AskedVerb {
  readonly reply: SbiReply
  /** Milliseconds to the end of the answer, or until the client gave up. */
  readonly tookMs: number
}

const ANY_DEVICE = { type: 'Biometric Device' }

/** Sends one verb of discovery to the port, with the path and the body that go with it. */
export async function askVerb(
  port: number,
  verb: SbiVerb,
  { timeoutMs, signal }: AskOptions,
): Promise<AskedVerb> {
  const body = asksForDevices(verb) ? { body: ANY_DEVICE } : {}
  const begin = performance.now()
  const reply = await askSbi({ port, verb, path: pathOf(verb), timeoutMs, ...body }, signal)
  return { reply, tookMs: Math.round(performance.now() - begin) }
}
