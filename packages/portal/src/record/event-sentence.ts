import type { EventView } from '@sanad/protocol/api/events'
import { isProblemCode, PROBLEMS } from '@sanad/protocol/problems'
import { useTranslation } from 'react-i18next'

/** One sentence for one event, in the words of whoever guards the fleet. */
export function useEventSentence(): (event: Pick<EventView, 'type' | 'data'>) => string {
  const { t } = useTranslation()
  return ({ type, data }) => {
    const key = `record.event.${type.replaceAll('.', '_')}`
    return t(key as 'record.event.server_started', { ...words(data), defaultValue: type })
  }
}

/** The values of an event as a person reads them: reasons and codes in words. */
function words(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { code, reason } = data
  return {
    ...data,
    ...(typeof code === 'string' && isProblemCode(code) && { why: PROBLEMS[code].title }),
    ...(typeof reason === 'string' && { reason: reason.replaceAll('-', ' ') }),
  }
}
