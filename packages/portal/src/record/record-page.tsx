import type { EventView } from '@sanad/protocol/operator-api/events'
import { EVENTS, type EventType } from '@sanad/protocol/domain/events'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { ChevronRight, ScrollText } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { query as ask } from '../api/call.ts'
import { RunSentence } from './event-sentence.tsx'
import { eventSentence, markedSentence } from './event-text.ts'
import { type EventRun, foldEvents } from './fold-events.ts'
import { exactUtc } from '../i18n/time.ts'
import { useKnownChoice } from '../pages/use-known-choice.ts'
import { usePages } from '../pages/use-pages.ts'
import { CodeBlock } from '../ui/code-block.tsx'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Sheet } from '../ui/dialog.tsx'
import { Empty } from '../ui/empty.tsx'
import { Identifier } from '../ui/identifier.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { Select } from '../ui/select.tsx'

const route = getRouteApi('/signed-in/record')

/** As many as the server gives at once: what says the same is one row of them. */
const READ = 200

// Object.keys widens to string; the catalogue is closed.
const TYPES = Object.keys(EVENTS) as EventType[]

/** The record of effects: append-only, numbered without a gap. */
export function RecordPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = useNavigate()
  const type = useKnownChoice('type', search.type, TYPES) ?? 'every'
  const [shown, setShown] = useState<EventView>()
  const query = useQuery({
    ...ask('listEvents', {
      query: { type: type === 'every' ? undefined : [type], after: search.after, limit: READ },
    }),
    placeholderData: keepPreviousData,
  })
  const pages = usePages(search, query.error)
  const { unfold, toggle } = useFolding()
  const columns = useColumns(setShown, toggle)
  return (
    <Page
      name={t('record.title')}
      note={t('record.note')}
      actions={
        <Select<EventType | 'every'>
          aria-label={t('record.filter')}
          className="w-64"
          value={type}
          onChange={(next) =>
            void navigate({ to: '/record', search: next === 'every' ? {} : { type: next } })
          }
          choices={[
            { value: 'every', label: t('record.every') },
            ...TYPES.map((value) => ({ value, label: value })),
          ]}
        />
      }
    >
      <Panel flush>
        <QueryList
          query={query}
          failed={t('record.failed')}
          empty={
            <Empty icon={<ScrollText aria-hidden="true" />} title={t('record.empty.title')}>
              {t('record.empty.text')}
            </Empty>
          }
          pages={pages}
        >
          {(rows) => (
            <DataTable
              label={t('record.title')}
              columns={columns}
              rows={unfold(rows, typeof query.data?.next === 'string')}
              rowId={({ run: { events }, isPart }) => `${events[0].seq}${isPart ? '-part' : ''}`}
              isStale={query.isPlaceholderData}
            />
          )}
        </QueryList>
      </Panel>
      {shown !== undefined && <EventSheet event={shown} onClose={() => setShown(undefined)} />}
    </Page>
  )
}

/** A row of the table: one event or several that say the same, or one of those that were opened. */
interface RecordRow {
  readonly run: EventRun
  readonly isOpen: boolean
  readonly isPart: boolean
}

/** Which rows are open, by the number of their first event. */
function useFolding() {
  const { t } = useTranslation()
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  const toggle = ({ events: [{ seq }] }: EventRun) => {
    const next = new Set(open)
    if (!next.delete(seq)) next.add(seq)
    setOpen(next)
  }
  const unfold = (events: readonly EventView[], hasMore: boolean): RecordRow[] =>
    foldEvents(events, (event) => markedSentence(t, event), hasMore).flatMap((run) => {
      const isOpen = open.has(run.events[0].seq)
      const parts = isOpen ? run.events : []
      return [
        { run, isOpen, isPart: false },
        ...parts.map((event) => ({
          run: { events: [event] as const, devices: 1, isCutOff: false },
          isOpen: false,
          isPart: true,
        })),
      ]
    })
  return { unfold, toggle }
}

const column = dataColumns<RecordRow>()

function useColumns(show: (event: EventView) => void, toggle: (run: EventRun) => void) {
  const { t } = useTranslation()
  return column.columns([
    column.accessor(({ run }) => run.events[0].seq, {
      id: 'seq',
      header: t('record.column.number'),
      meta: { className: 'w-16 tabular text-muted' },
      cell: ({ row }) => <code dir="ltr">{row.original.run.events[0].seq}</code>,
    }),
    column.accessor(({ run }) => run.events[0].at, {
      id: 'at',
      header: t('record.column.time'),
      meta: { className: 'w-56 whitespace-nowrap max-md:hidden' },
      cell: ({ row }) => (
        <code dir="ltr" className="text-muted">
          {exactUtc(row.original.run.events[0].at)}
        </code>
      ),
    }),
    column.accessor(({ run }) => run.events[0].type, {
      id: 'type',
      header: t('record.column.event'),
      cell: ({ row: { original } }) => <EventCell row={original} show={show} toggle={toggle} />,
    }),
    column.accessor(({ run }) => run.events[0].actor, {
      id: 'actor',
      header: t('record.column.actor'),
      meta: { className: 'w-44 max-lg:hidden' },
      cell: ({ row }) => <Actor event={row.original.run.events[0]} />,
    }),
  ])
}

interface EventCellProps {
  readonly row: RecordRow
  readonly show: (event: EventView) => void
  readonly toggle: (run: EventRun) => void
}

function EventCell({ row: { run, isOpen, isPart }, show, toggle }: EventCellProps) {
  const { t } = useTranslation()
  const [event] = run.events
  const isMany = run.events.length > 1
  return (
    <button
      type="button"
      data-row-link=""
      {...(isMany && { 'aria-expanded': isOpen })}
      onClick={() => (isMany ? toggle(run) : show(event))}
      className={clsx(
        'flex w-full gap-1.5 py-1 text-start wrap-anywhere hover:underline',
        isPart && 'ps-5',
      )}
    >
      {isMany && (
        <ChevronRight
          aria-hidden="true"
          className={clsx(
            'mt-0.5 size-4 shrink-0 text-faint transition-transform rtl:-scale-x-100',
            isOpen && 'rotate-90 rtl:-rotate-90',
          )}
        />
      )}
      <span>
        {isMany ? <RunWords run={run} /> : <bdi>{eventSentence(t, event)}</bdi>}
        <code dir="ltr" className="block text-12 text-muted md:hidden">
          {exactUtc(event.at)}
        </code>
      </span>
    </button>
  )
}

/** In a row that is a button itself there is no link to the device. */
function RunWords({ run }: { run: EventRun }) {
  const { t } = useTranslation()
  const [event] = run.events
  if (run.devices > 1) return <RunSentence run={run} />
  return (
    <>
      {eventSentence(t, event)} ({t('events.fold.times', { count: run.events.length })})
    </>
  )
}

function Actor({ event: { actor, actorName, deviceId, device } }: { event: EventView }) {
  const { t } = useTranslation()
  if (actor.startsWith('operator:')) return <bdi>{actorName ?? t('record.actor.operator')}</bdi>
  if (actor.startsWith('device:') && deviceId !== null)
    return <DeviceLink deviceId={deviceId} name={device?.serialNo} />
  return (
    <span className="text-muted">
      {actor === 'command-line' ? t('record.actor.command-line') : t('record.actor.server')}
    </span>
  )
}

function DeviceLink({ deviceId, name }: { deviceId: string; name: string | undefined }) {
  const { t } = useTranslation()
  return (
    <Link
      to="/devices/$deviceId"
      params={{ deviceId }}
      className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
    >
      {name === undefined ? t('record.actor.device') : <bdi className="font-mono">{name}</bdi>}
    </Link>
  )
}

function EventSheet({ event, onClose }: { event: EventView; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Sheet open onClose={onClose} title={eventSentence(t, event)} note={<code>{event.type}</code>}>
      <dl className="grid grid-cols-[7rem_1fr] items-center gap-y-2 text-13">
        <dt className="text-muted">{t('record.column.number')}</dt>
        <dd>
          <code>{event.seq}</code>
        </dd>
        <dt className="text-muted">{t('record.column.time')}</dt>
        <dd>
          <code>{exactUtc(event.at)}</code>
        </dd>
        <dt className="text-muted">{t('record.column.actor')}</dt>
        <dd>
          <Actor event={event} />
        </dd>
        {event.deviceId !== null && (
          <>
            <dt className="text-muted">{t('record.actor.device')}</dt>
            <dd>
              <DeviceLink deviceId={event.deviceId} name={event.device?.serialNo} />
            </dd>
          </>
        )}
        <dt className="text-muted">{t('record.leaf')}</dt>
        <dd>
          <Identifier value={event.leafHash} what={t('record.leaf')} keep={24} />
        </dd>
        {event.note !== null && (
          <>
            <dt className="text-muted">{t('record.note-of-operator')}</dt>
            <dd>{event.note}</dd>
          </>
        )}
      </dl>
      <h3 className="mt-5 mb-2 text-13 font-semibold">{t('record.raw')}</h3>
      <CodeBlock>{JSON.stringify(event.data, null, 2)}</CodeBlock>
    </Sheet>
  )
}
