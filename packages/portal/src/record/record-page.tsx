import type { EventPage, EventView } from '@sanad/protocol/api/events'
import { EVENTS, type EventType } from '@sanad/protocol/events'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { send } from '../api/request.ts'
import { exactUtc } from '../i18n/time.ts'
import { usePages } from '../frame/use-pages.ts'
import { CodeBlock } from '../ui/code-block.tsx'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Sheet } from '../ui/dialog.tsx'
import { Empty } from '../ui/empty.tsx'
import { Identifier } from '../ui/identifier.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { Select } from '../ui/select.tsx'
import { useEventSentence } from './event-sentence.ts'

const route = getRouteApi('/signed-in/record')

// Object.keys widens to string; the catalogue is closed.
const TYPES = Object.keys(EVENTS) as EventType[]

/** The record of effects: append-only, numbered without a gap. */
export function RecordPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = useNavigate()
  const type = search.type ?? 'every'
  const [shown, setShown] = useState<EventView>()
  const query = useQuery({
    queryKey: ['record', type, search.after],
    queryFn: ({ signal }) =>
      send<EventPage>('/events', {
        signal,
        query: { type: type === 'every' ? undefined : type, after: search.after },
      }),
    placeholderData: keepPreviousData,
  })
  const pages = usePages(search, query.error)
  const columns = useColumns(setShown)
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
              rows={rows}
              rowId={(row) => String(row.seq)}
              isStale={query.isPlaceholderData}
            />
          )}
        </QueryList>
      </Panel>
      {shown !== undefined && <EventSheet event={shown} onClose={() => setShown(undefined)} />}
    </Page>
  )
}

const column = dataColumns<EventView>()

function useColumns(show: (event: EventView) => void) {
  const { t } = useTranslation()
  const sentence = useEventSentence()
  return column.columns([
    column.accessor('seq', {
      header: t('record.column.number'),
      meta: { className: 'w-16 tabular text-muted' },
      cell: ({ row }) => <code>{row.original.seq}</code>,
    }),
    column.accessor('at', {
      header: t('record.column.time'),
      meta: { className: 'w-56 whitespace-nowrap max-md:hidden' },
      cell: ({ row }) => <code className="text-muted">{exactUtc(row.original.at)}</code>,
    }),
    column.accessor('type', {
      header: t('record.column.event'),
      cell: ({ row: { original } }) => (
        <button
          type="button"
          data-row-link=""
          onClick={() => show(original)}
          className="block w-full py-1 text-start hover:underline"
        >
          {sentence(original)}
          <code className="block text-12 text-muted md:hidden">{exactUtc(original.at)}</code>
        </button>
      ),
    }),
    column.accessor('actor', {
      header: t('record.column.actor'),
      meta: { className: 'w-44 max-lg:hidden' },
      cell: ({ row }) => <Actor event={row.original} />,
    }),
  ])
}

function Actor({ event: { actor, actorName, deviceId } }: { event: EventView }) {
  const { t } = useTranslation()
  if (actor.startsWith('operator:')) return <>{actorName ?? t('record.actor.operator')}</>
  if (actor.startsWith('device:') && deviceId !== null) return <DeviceLink deviceId={deviceId} />
  return (
    <span className="text-muted">
      {actor === 'command-line' ? t('record.actor.commandLine') : t('record.actor.server')}
    </span>
  )
}

function DeviceLink({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation()
  return (
    <Link
      to="/devices/$deviceId"
      params={{ deviceId }}
      className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
    >
      {t('record.actor.device')}
    </Link>
  )
}

function EventSheet({ event, onClose }: { event: EventView; onClose: () => void }) {
  const { t } = useTranslation()
  const sentence = useEventSentence()
  return (
    <Sheet open onClose={onClose} title={sentence(event)} note={<code>{event.type}</code>}>
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
              <DeviceLink deviceId={event.deviceId} />
            </dd>
          </>
        )}
        <dt className="text-muted">{t('record.leaf')}</dt>
        <dd>
          <Identifier value={event.leafHash} what={t('record.leaf')} keep={24} />
        </dd>
        {event.note !== null && (
          <>
            <dt className="text-muted">{t('record.noteOfOperator')}</dt>
            <dd>{event.note}</dd>
          </>
        )}
      </dl>
      <h3 className="mt-5 mb-2 text-13 font-semibold">{t('record.raw')}</h3>
      <CodeBlock>{JSON.stringify(event.data, null, 2)}</CodeBlock>
    </Sheet>
  )
}
