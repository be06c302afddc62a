import type { RouteComponent } from '@tanstack/react-router'
import {
  createElement,
  Fragment,
  useEffect,
  useSyncExternalStore,
  type ComponentType,
  type ReactNode,
} from 'react'
import { type Chunk, type ChunkState, makeChunk } from './chunk.ts'
import { PageLoading, PageProblem } from './page-problem.tsx'

const RETRY_MS = 3_000

/** What the chunk is now; while it is on the screen and missing, it is fetched again and again. */
function useChunk<Props>(chunk: Chunk<Props>): ChunkState<Props> {
  const state = useSyncExternalStore(chunk.subscribe, chunk.read)
  useEffect(() => {
    if (state.name === 'absent') void chunk.fetch()
    if (state.name !== 'failed' || state.problem.code === 'portal.new-version') return
    const timer = setTimeout(() => void chunk.fetch(), RETRY_MS)
    return () => clearTimeout(timer)
  }, [chunk, state])
  return state
}

/**
 * A page out of a file of its own. Its route asks for the file before it is shown.
 *
 * @param around what stands around it while it is not here; a page in the frame needs nothing
 */
export function pageChunk(
  load: () => Promise<ComponentType>,
  around: ComponentType<{ children: ReactNode }> = Fragment,
): RouteComponent {
  const chunk = makeChunk(load)
  const Shown = () => {
    const state = useChunk(chunk)
    if (state.name === 'here') return createElement(state.component)
    const inPlace =
      state.name === 'absent' ? (
        <PageLoading />
      ) : (
        <PageProblem error={state.problem} reset={() => void chunk.fetch()} />
      )
    return createElement(around, undefined, inPlace)
  }
  return Object.assign(Shown, { preload: chunk.fetch })
}

/** A part of a page out of a file of its own, with what stands in its place until it is here. */
export function partChunk<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  placeholder?: ReactNode,
): ComponentType<Props> {
  const chunk = makeChunk(load)
  return function Part(props: Props) {
    const state = useChunk(chunk)
    return state.name === 'here' ? createElement(state.component, props) : placeholder
  }
}
