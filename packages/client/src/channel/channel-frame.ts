import { readWake } from '@sanad/protocol/wire/envelope/channel'

/** What the server sends over the channel. Only answers are signed; the client takes everything else as a hint. */
export type ChannelFrame =
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'wake'; readonly subjectHash: string }
  /** To the message with this hash. */
  | { readonly kind: 'problem'; readonly status: number; readonly message: string | undefined }
  | { readonly kind: 'unreadable' }

const JWE = /^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

export function readFrame(text: string): ChannelFrame {
  const subjectHash = readWake(text)
  if (subjectHash !== undefined) return { kind: 'wake', subjectHash }
  if (JWE.test(text)) return { kind: 'answer', text }
  return readProblem(text)
}

/** RFC 9457. Without `message` it concerns the channel, and the server closes it. */
function readProblem(text: string): ChannelFrame {
  try {
    const { status, message } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (typeof status !== 'number' || !(status >= 400 && status < 600)) return UNREADABLE
    return { kind: 'problem', status, message: typeof message === 'string' ? message : undefined }
  } catch {
    return UNREADABLE
  }
}

const UNREADABLE = { kind: 'unreadable' } as const
