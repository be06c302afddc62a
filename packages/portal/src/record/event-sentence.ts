import type { EventView } from '@sanad/protocol/api/events'
import { useTranslation } from 'react-i18next'
import { eventSentence } from '../events/event-words.ts'

/** One sentence for one event, the same as in the timeline of a device. */
export function useEventSentence(): (event: Pick<EventView, 'type' | 'data'>) => string {
  const { t } = useTranslation()
  return (event) => eventSentence(t, event)
}
