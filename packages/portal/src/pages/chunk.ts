import type { ComponentType } from 'react'
import { noteAnswer, noteSilence } from '../api/reachability.ts'
import { PortalProblem } from '../api/problem.ts'

/**
 * A part of the portal that is fetched when it is needed, or before.
 *
 * Fetching may fail: the server is away, or it was updated and the files of the build that this page came from are gone.
 * Neither may cost what is on the screen, so a failure is a state that is shown in the part’s place, with a retry.
 */
export interface Chunk<Props> {
  /** Fetches it, once; never throws. */
  readonly fetch: () => Promise<void>
  readonly read: () => ChunkState<Props>
  readonly subscribe: (listener: () => void) => () => void
}

export type ChunkState<Props> =
  | { readonly name: 'absent' }
  | { readonly name: 'here'; readonly component: ComponentType<Props> }
  | { readonly name: 'failed'; readonly problem: PortalProblem }

const every: Chunk<never>[] = []

export function makeChunk<Props>(load: () => Promise<ComponentType<Props>>): Chunk<Props> {
  let state: ChunkState<Props> = { name: 'absent' }
  let fetching: Promise<void> | undefined
  const listeners = new Set<() => void>()
  const become = (next: ChunkState<Props>) => {
    state = next
    for (const listener of listeners) listener()
  }
  const attempt = async () => {
    try {
      become({ name: 'here', component: await load() })
    } catch (cause) {
      become({ name: 'failed', problem: await explain(cause) })
    } finally {
      fetching = undefined
    }
  }
  const chunk: Chunk<Props> = {
    fetch: () => (state.name === 'here' ? Promise.resolve() : (fetching ??= attempt())),
    read: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  every.push(chunk as Chunk<never>)
  return chunk
}

/** Why a file of the portal did not come: the page asks for its own first page again, and compares. */
async function explain(cause: unknown): Promise<PortalProblem> {
  const page = await readOwnPage()
  if (page === undefined) {
    noteSilence()
    return new PortalProblem('portal.unreachable', {}, { cause })
  }
  noteAnswer()
  const code = isOtherBuild(page) ? 'portal.new-version' : 'portal.part-missing'
  return new PortalProblem(code, {}, { cause })
}

async function readOwnPage(): Promise<string | undefined> {
  try {
    const answer = await fetch('/', { cache: 'no-store', headers: { accept: 'text/html' } })
    return answer.ok ? await answer.text() : undefined
  } catch {
    return undefined
  }
}

/** The entry’s name carries a digest of the whole build. */
function isOtherBuild(page: string): boolean {
  const entry = document.querySelector('script[type="module"][src]')?.getAttribute('src')
  return entry !== null && entry !== undefined && !page.includes(entry)
}

/** The first page’s own requests come first. */
const PREFETCH_AFTER_MS = 1_500

/** Fetches one part after another while nothing else is to be done. @returns to stop */
export function fetchChunksWhenIdle(): () => void {
  let isStopped = false
  const timer = setTimeout(() => {
    void (async () => {
      for (const chunk of every) {
        await idle()
        if (isStopped) return
        await chunk.fetch()
        // With the server away the next one would fail, too; each is fetched when it is needed.
        if (chunk.read().name === 'failed') return
      }
    })()
  }, PREFETCH_AFTER_MS)
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}

const LONGEST_WAIT_MS = 2_000

const idle = () =>
  new Promise<void>((resolve) => {
    // Safari has no idle callback.
    if ('requestIdleCallback' in window)
      requestIdleCallback(() => resolve(), { timeout: LONGEST_WAIT_MS })
    else setTimeout(resolve, 200)
  })
