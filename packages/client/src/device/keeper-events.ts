import type { ProblemCode, SanadError } from '@sanad/protocol/text/problems'
import type { HeldCommand } from '../state/held-commands.ts'
import type { DeviceState, Hold, Progress, Successor } from '../state/device-state.ts'

/** What a keeper tells of its work. */
export type KeeperEvent =
  | { readonly kind: 'progress'; readonly progress: Progress; readonly keyId?: string }
  | { readonly kind: 'rotation-planned'; readonly at: number; readonly reason: string }
  | {
      readonly kind: 'successor'
      readonly stage: Successor['stage']
      readonly keyId: string
    }
  | { readonly kind: 'key-replaced'; readonly keyId: string }
  | { readonly kind: 'recovering' | 'purge-delivered' }
  | { readonly kind: 'purge-unsigned'; readonly reason: string }
  | { readonly kind: 'checked-in'; readonly nextCheckInAt: number }
  | { readonly kind: 'held'; readonly outcome: Hold['outcome']; readonly supportCode: string }
  /** Held, being carried out, or how it ended. */
  | {
      readonly kind: 'command'
      readonly id: string
      readonly number: number
      readonly type: string | undefined
      readonly state: string
      readonly failure?: string
    }
  | { readonly kind: 'command-dropped'; readonly code: ProblemCode }
  | {
      readonly kind: 'failed'
      readonly step: string
      readonly code: ProblemCode
      readonly error: SanadError
      readonly retryInMs: number
    }

/** The events in the step from one written state to the next. */
export function listChanges(before: DeviceState, next: DeviceState): KeeperEvent[] {
  const { progress, key, rotation, successor } = next
  const events: KeeperEvent[] = []
  if (progress !== before.progress)
    events.push({ kind: 'progress', progress, ...(key && { keyId: key.keyId }) })
  else if (key !== undefined && key.keyId !== before.key?.keyId)
    events.push({ kind: 'key-replaced', keyId: key.keyId })
  if (rotation !== undefined && rotation.at !== before.rotation?.at)
    events.push({ kind: 'rotation-planned', at: rotation.at, reason: rotation.reason })
  if (successor !== undefined && successor.stage !== before.successor?.stage)
    events.push({ kind: 'successor', stage: successor.stage, keyId: successor.keyId })
  if (next.recovery !== undefined && before.recovery === undefined)
    events.push({ kind: 'recovering' })
  if (next.unsignedPurge !== undefined && before.unsignedPurge === undefined)
    events.push({ kind: 'purge-unsigned', reason: next.unsignedPurge })
  if (next.purge === undefined && before.purge !== undefined)
    events.push({ kind: 'purge-delivered' })
  return [...events, ...listCommandChanges(before, next)]
}

function listCommandChanges(before: DeviceState, next: DeviceState): KeeperEvent[] {
  if (before.commands === next.commands) return []
  const known = new Map(before.commands?.held.map((held) => [held.id, stateOf(held)]))
  return (next.commands?.held ?? [])
    .filter((held) => known.get(held.id) !== stateOf(held))
    .map((held) => {
      const { id, number, type, report } = held
      const failure = report?.failure
      const state = stateOf(held)
      return { kind: 'command', id, number, type, state, ...(failure !== undefined && { failure }) }
    })
}

const stateOf = ({ stage, report }: HeldCommand): string =>
  stage === 'done' ? (report?.state ?? stage) : stage
