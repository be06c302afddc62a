import type { EventView } from '@sanad/protocol/operator-api/events'
import type { TFunction } from 'i18next'
import { isolate } from '../i18n/isolate.ts'
import { partsOf } from './event-words.ts'

/** Stands for the device in a sentence, so that it can be shown as a link, or as a number of devices. */
export const DEVICE_MARK = '\u{fffc}'

/** One sentence about what happened: who did what to what. The device is {@link DEVICE_MARK}. */
export function markedSentence(t: TFunction, event: EventView): string {
  const parts = { actor: actorOf(t, event), device: DEVICE_MARK, ...partsOf(t, event) }
  // An order that is about one device says which.
  if ('whom' in parts && event.deviceId !== null) parts.whom = DEVICE_MARK
  return t(`events.${event.type}`, parts)
}

/** The same as text, with the device by its serial number. */
export function eventSentence(t: TFunction, event: EventView): string {
  return markedSentence(t, event).replaceAll(DEVICE_MARK, isolate(deviceOf(t, event)))
}

/** What the device of an event is called: by its record, or as the refused claim called it. */
export function deviceOf(t: TFunction, { device, data }: EventView): string {
  return device?.serialNo ?? textOf(data['serialNo']) ?? t('events.name.device')
}

export function actorOf(t: TFunction, event: EventView): string {
  if (event.actor === 'server') return t('events.by.server')
  if (event.actor === 'command-line') return t('events.by.command-line')
  if (event.actor.startsWith('device:')) return t('events.by.device')
  return event.actorName === null ? t('events.by.operator') : isolate(event.actorName)
}

/** The reason code, rule and support code, where the event has them. */
export function eventCodes(event: EventView): {
  code: string | undefined
  rule: string | undefined
  supportCode: string | undefined
} {
  return {
    code: textOf(event.data['code']),
    rule: textOf(event.data['rule']),
    supportCode: textOf(event.data['supportCode']),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
