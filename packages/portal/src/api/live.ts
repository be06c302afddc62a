import type { LiveMessage } from '@sanad/protocol/operator-api/live'
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { readAgain, stale, staleOfDevice } from './call.ts'
import { noteAnswer } from './reachability.ts'
import { noteChange } from './recent-changes.ts'

export type LiveState = 'connecting' | 'live' | 'broken'

let state: LiveState = 'connecting'
const listeners = new Set<() => void>()

function become(next: LiveState): void {
  if (next === state) return
  state = next
  for (const listener of listeners) listener()
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => state,
  )
}

/** A wave of ten thousand check-ins must not make ten thousand requests: changes are gathered first. */
const GATHER_MS = 800
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 30_000

/** Listens while the frame is shown; what changed on the server is read anew, with one's own permissions. */
export function useLiveUpdates(): void {
  const client = useQueryClient()
  useEffect(() => listenLive(client), [client])
}

function listenLive(client: QueryClient): () => void {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let retryMs = FIRST_RETRY_MS
  const gathering = gatherChanges(client)

  const connect = () => {
    source = new EventSource('/api/v1/live')
    source.addEventListener('open', () => {
      // Whatever happened while nobody listened is read anew.
      if (state === 'broken') gathering.readAll()
      retryMs = FIRST_RETRY_MS
      noteAnswer()
      become('live')
    })
    source.addEventListener('device', (event: MessageEvent<string>) => {
      const data = JSON.parse(event.data) as Extract<LiveMessage, { event: 'device' }>['data']
      gathering.add(data.deviceId)
    })
    source.addEventListener('resync', () => gathering.readAll())
    source.addEventListener('error', () => {
      become('broken')
      // The browser retries a dropped stream by itself, but gives up for good on an error status.
      if (source?.readyState !== EventSource.CLOSED) return
      timer = setTimeout(connect, retryMs * (0.5 + Math.random() / 2))
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
    })
  }
  connect()
  return () => {
    source?.close()
    clearTimeout(timer)
    gathering.stop()
    become('connecting')
  }
}

/** What a change of any device changes besides. */
const CHANGED_WITH_DEVICES = stale(
  'listDevices',
  'countDevices',
  'listApprovals',
  'listRefusals',
  'countRegistrations',
  'listEvents',
)

function gatherChanges(client: QueryClient) {
  const changed = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    timer = undefined
    noteChange(changed)
    for (const deviceId of changed) void readAgain(client, staleOfDevice(deviceId))
    changed.clear()
    void readAgain(client, CHANGED_WITH_DEVICES)
  }
  return {
    add: (deviceId: string) => {
      changed.add(deviceId)
      timer ??= setTimeout(flush, GATHER_MS)
    },
    readAll: () => {
      void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'readSession' })
    },
    stop: () => clearTimeout(timer),
  }
}
