import type { EventView } from '@sanad/protocol/operator-api/events'

/** Events in a row that say the same: one line with a count, which opens to each of them. */
export interface EventRun {
  /** Newest first, as they were; one at least. */
  readonly events: readonly [EventView, ...EventView[]]
  /** How many devices they are about; 0 where about none. */
  readonly devices: number
  /** It reaches the end of what was read: there may be more of the same behind. */
  readonly isCutOff: boolean
}

/** Two that differ in their device alone are read faster as they are. */
const FEWEST_OF_DEVICES = 3

/**
 * Folds neighbours of the same sentence.
 *
 * @param sentenceOf with a mark in place of the device
 * @param hasMore whether older events were not read
 */
export function foldEvents(
  events: readonly EventView[],
  sentenceOf: (event: EventView) => string,
  hasMore = false,
): EventRun[] {
  const groups: [EventView, ...EventView[]][] = []
  let last: string | undefined
  for (const event of events) {
    // Of another day it is another piece of news.
    const key = JSON.stringify([event.at.slice(0, 10), sentenceOf(event), event.note])
    const group = groups.at(-1)
    if (group !== undefined && key === last) group.push(event)
    else groups.push([event])
    last = key
  }
  return groups.flatMap((group, index) => runsOf(group, hasMore && index === groups.length - 1))
}

function runsOf(events: [EventView, ...EventView[]], isCutOff: boolean): EventRun[] {
  const ids = new Set(events.map(({ deviceId }) => deviceId).filter((id) => id !== null))
  const isOfOne = ids.size <= 1
  if (!isOfOne && events.length < FEWEST_OF_DEVICES)
    return events.map((event) => ({ events: [event], devices: 1, isCutOff: false }))
  return [{ events, devices: ids.size, isCutOff: isCutOff && events.length > 1 }]
}
