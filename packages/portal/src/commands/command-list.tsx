import type { CommandListItem } from '@sanad/protocol/operator-api/commands'
import { COMMAND_TYPES, type CommandType } from '@sanad/protocol/domain/command-types'
import { COMMAND_STATES, type CommandState } from '@sanad/protocol/domain/command-lifecycle'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Send } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { usePages } from '../pages/use-pages.ts'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { Select } from '../ui/select.tsx'
import { commandsQuery } from './command-queries.ts'
import { CommandStateMark } from './command-state-mark.tsx'
import type { CommandSearch } from './command-search.ts'
import { CommandSheet } from './command-sheet.tsx'

const route = getRouteApi('/signed-in/commands')

export function CommandList() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = useNavigate()
  const show = (next: CommandSearch) => void navigate({ to: '/commands', search: next })
  const query = useQuery(
    commandsQuery({
      ...(search.state !== undefined && { state: [search.state] }),
      ...(search.type !== undefined && { type: [search.type] }),
      ...(search.campaign !== undefined && { campaignId: search.campaign }),
      ...(search.after !== undefined && { after: search.after }),
    }),
  )
  const pages = usePages(search, query.error)
  const columns = useColumns((commandId) => show({ ...search, shown: commandId }))
  return (
    <>
      <Filters search={search} onSearch={show} />
      <Panel flush>
        <QueryList
          query={query}
          failed={t('commands.failed')}
          empty={
            <Empty icon={<Send aria-hidden="true" />} title={t('commands.empty')}>
              {t('commands.empty-text')}
            </Empty>
          }
          pages={pages}
        >
          {(rows) => (
            <DataTable
              label={t('commands.title')}
              columns={columns}
              rows={rows}
              rowId={(row) => row.commandId}
              isStale={query.isPlaceholderData}
            />
          )}
        </QueryList>
      </Panel>
      {search.shown !== undefined && (
        <CommandSheet
          commandId={search.shown}
          onClose={() => {
            const { shown: _, ...rest } = search
            show(rest)
          }}
        />
      )}
    </>
  )
}

interface FiltersProps {
  readonly search: CommandSearch
  readonly onSearch: (search: CommandSearch) => void
}

function Filters({ search, onSearch }: FiltersProps) {
  const { t } = useTranslation()
  const { after: _, page: __, state, type, ...rest } = search
  return (
    <div className="flex flex-wrap gap-2">
      <Select<CommandState | 'every'>
        aria-label={t('commands.filter.state')}
        className="w-48"
        value={state ?? 'every'}
        onChange={(next) =>
          onSearch({
            ...rest,
            ...(type !== undefined && { type }),
            ...(next !== 'every' && { state: next }),
          })
        }
        choices={[
          { value: 'every', label: t('commands.filter.every-state') },
          ...COMMAND_STATES.map((value) => ({ value, label: t(`commands.state.${value}`) })),
        ]}
      />
      <Select<CommandType | 'every'>
        aria-label={t('commands.filter.type')}
        className="w-56"
        value={type ?? 'every'}
        onChange={(next) =>
          onSearch({
            ...rest,
            ...(state !== undefined && { state }),
            ...(next !== 'every' && { type: next }),
          })
        }
        choices={[
          { value: 'every', label: t('commands.filter.every-type') },
          ...COMMAND_TYPES.map((value) => ({ value, label: t(`commands.type.${value}`) })),
        ]}
      />
    </div>
  )
}

const column = dataColumns<CommandListItem>()

function useColumns(show: (commandId: string) => void) {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('state', {
      header: t('commands.column.state'),
      meta: { className: 'w-40' },
      cell: ({ row: { original } }) => <CommandStateMark command={original} />,
    }),
    column.accessor('type', {
      header: t('commands.column.command'),
      cell: ({ row: { original } }) => (
        <button
          type="button"
          data-row-link=""
          onClick={() => show(original.commandId)}
          className="block w-full py-1 text-start hover:underline"
        >
          {t(`commands.type.${original.type}`)}
          <code className="block text-12 text-muted md:hidden">{original.serialNo}</code>
        </button>
      ),
    }),
    column.accessor('serialNo', {
      header: t('commands.column.device'),
      meta: { className: 'max-md:hidden' },
      cell: ({ row: { original } }) => (
        <>
          <code>{original.serialNo}</code>{' '}
          <span className="text-muted">
            {original.make} {original.model}
          </span>
        </>
      ),
    }),
    column.accessor('orderedBy', {
      header: t('commands.column.by'),
      meta: { className: 'max-lg:hidden w-40' },
    }),
    column.accessor('orderedAt', {
      header: t('commands.column.ordered'),
      meta: { className: 'w-32' },
      cell: ({ row }) => <Moment at={row.original.orderedAt} className="text-muted" />,
    }),
    column.accessor('notAfter', {
      header: t('commands.column.until'),
      meta: { className: 'max-lg:hidden w-32' },
      cell: ({ row: { original } }) =>
        original.finishedAt === null ? (
          <Moment at={original.notAfter} className="text-muted" />
        ) : (
          <span className="text-faint">–</span>
        ),
    }),
  ])
}
