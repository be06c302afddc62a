import type { EventView } from '@sanad/protocol/operator-api/events'
import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'
import { DEVICE_MARK, deviceOf, markedSentence } from './event-text.ts'
import type { EventRun } from './fold-events.ts'

/** One sentence, in which the device is a link to it. */
export function EventSentence({ event }: { event: EventView }) {
  const { t } = useTranslation()
  const parts = markedSentence(t, event).split(DEVICE_MARK)
  // An event that is about a device and does not say so in its sentence.
  const isApart = parts.length === 1 && event.deviceId !== null
  return (
    <>
      {parts.map((part, index) => (
        <Fragment key={index}>
          {index > 0 && <DeviceName event={event} />}
          {part}
        </Fragment>
      ))}
      {isApart && (
        <>
          {' '}
          <DeviceName event={event} />
        </>
      )}
    </>
  )
}

function DeviceName({ event }: { event: EventView }) {
  const { t } = useTranslation()
  const name = deviceOf(t, event)
  if (event.deviceId === null) return <bdi>{name}</bdi>
  return (
    <Link
      to="/devices/$deviceId"
      params={{ deviceId: event.deviceId }}
      className="rounded-sm text-accent underline decoration-line-strong underline-offset-2 hover:decoration-current"
    >
      <bdi className="font-mono text-12">{name}</bdi>
    </Link>
  )
}

/** Many events in one sentence: “493 devices checked in for the first time.” */
export function RunSentence({ run }: { run: EventRun }) {
  const { t } = useTranslation()
  const [event] = run.events
  if (run.devices <= 1) {
    return (
      <>
        <EventSentence event={event} />{' '}
        <RunCount text={t('events.fold.times', { count: run.events.length })} />
      </>
    )
  }
  const count = run.devices
  const devices = t(run.isCutOff ? 'events.fold.at-least' : 'events.fold.devices', { count })
  return <>{markedSentence(t, event).replaceAll(DEVICE_MARK, devices)}</>
}

function RunCount({ text }: { text: string }) {
  return (
    <span className="tabular rounded-full bg-unknown-soft px-1.5 py-px text-12 text-muted">
      {text}
    </span>
  )
}
