import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Download, ListChecks, Plus, Search, Upload } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { fileUrl } from '../api/call.ts'
import { SelectionBar } from '../bulk/selection-bar.tsx'
import { useRecentChanges } from '../api/recent-changes.ts'
import { usePages } from '../pages/use-pages.ts'
import { usePreferences } from '../ui/preferences.ts'
import { useMay, usePermissionRefusal } from '../session/session.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { DataTable, TableSkeleton } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Pager } from '../ui/pager.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { ApproveDeviceDialog } from './approve-device-dialog.tsx'
import { ColumnsMenu } from './columns-menu.tsx'
import { deviceColumns } from './device-columns.tsx'
import { devicesQuery } from './device-queries.ts'
import { isFiltered, toDeviceFilter, toDeviceQuery, type DeviceSearch } from './device-search.ts'
import { useSelecting } from '../bulk/selecting.tsx'
import { FilterBar } from './filter-bar.tsx'

const route = getRouteApi('/signed-in/devices')

export function DevicesPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = useNavigate()
  const show = (next: DeviceSearch) =>
    void navigate({ to: '/devices', search: next, replace: true })
  return (
    <Page
      name={t('devices.title')}
      note={<Summary search={search} />}
      actions={<Actions search={search} />}
    >
      <div className="flex items-start gap-2">
        <FilterBar search={search} onSearch={show} />
        <ColumnsMenu />
      </div>
      <Panel flush>
        <DeviceRows search={search} onSearch={show} />
      </Panel>
    </Page>
  )
}

function Summary({ search }: { search: DeviceSearch }) {
  const { t } = useTranslation()
  const total = useQuery(devicesQuery(toDeviceQuery(search))).data?.total
  if (total === undefined) return <span>&nbsp;</span>
  const key = isFiltered(search) ? 'devices.matching' : 'devices.count'
  return (
    <span role="status" className="tabular">
      {t(total.isExact ? key : `${key}-at-least`, { count: total.count })}
    </span>
  )
}

function Actions({ search }: { search: DeviceSearch }) {
  const { t } = useTranslation()
  const [isApproving, setApproving] = useState(false)
  const refusal = usePermissionRefusal('device:approve')
  const mayExport = useMay('device:export')
  const mayImport = useMay('import:read')
  const { sort } = search
  // By the last check-in no file is made: no index keeps that order.
  const order = sort === 'lastCheckInAt' || sort === '-lastCheckInAt' ? undefined : sort
  const query = { ...toDeviceFilter(search), ...(order !== undefined && { sort: order }) }
  const mayFollow = useMay('bulk-act:read')
  return (
    <>
      {mayFollow && (
        <Link to="/bulk-acts" className={buttonClass('quiet')}>
          <ListChecks aria-hidden="true" className="size-3.5" />
          {t('bulk.title')}
        </Link>
      )}
      {mayExport && (
        <a href={fileUrl('exportDevices', { query })} download className={buttonClass('secondary')}>
          <Download aria-hidden="true" className="size-3.5" />
          {t('devices.export')}
        </a>
      )}
      <Button
        icon={<Plus aria-hidden="true" className="size-3.5" />}
        refusal={refusal}
        onClick={() => setApproving(true)}
      >
        {t('devices.approve.open')}
      </Button>
      {mayImport && (
        <Link to="/imports" className={buttonClass('primary')}>
          <Upload aria-hidden="true" className="size-3.5" />
          {t('devices.import')}
        </Link>
      )}
      {isApproving && <ApproveDeviceDialog onClose={() => setApproving(false)} />}
    </>
  )
}

const NO_DEVICES: readonly DeviceListItem[] = []

interface DeviceRowsProps {
  readonly search: DeviceSearch
  readonly onSearch: (search: DeviceSearch) => void
}

function DeviceRows({ search, onSearch }: DeviceRowsProps) {
  const { t } = useTranslation()
  const list = useQuery(devicesQuery(toDeviceQuery(search)))
  const filter = toDeviceFilter(search)
  const selecting = useSelecting(filter, list.data?.items ?? NO_DEVICES)
  const mayAct = useMay('bulk-act:order')
  const columns = useMemo(
    () => deviceColumns(t, mayAct ? selecting : undefined),
    [t, mayAct, selecting],
  )
  const { hiddenDeviceColumns } = usePreferences()
  const changed = useRecentChanges()
  const pages = usePages(search, list.error)
  if (list.data === undefined) {
    if (!list.isError) return <TableSkeleton rows={14} label={t('ui.loading')} />
    return (
      <div className="p-4">
        <ProblemNote
          error={list.error}
          what={t('devices.not-loaded')}
          onRetry={() => void list.refetch()}
        />
      </div>
    )
  }
  const { items, next, total } = list.data
  if (items.length === 0 && !isFiltered(search)) return <NoDevices />
  if (items.length === 0) return <NoMatch onClear={() => onSearch({})} />
  return (
    <>
      {mayAct && <SelectionBar selecting={selecting} filter={filter} total={total} />}
      <DataTable
        label={t('devices.title')}
        columns={columns}
        rows={items}
        rowId={(device) => device.deviceId}
        hidden={hiddenDeviceColumns}
        changed={changed}
        sort={search.sort}
        onSort={(sort) => {
          const { after: _, page: __, ...rest } = search
          onSearch(readSorted(rest, sort))
        }}
        isStale={list.isPlaceholderData}
      />
      <Pager
        page={pages.page}
        hasNext={next !== null}
        onPrevious={pages.previous}
        onNext={() => next !== null && pages.next(next)}
      />
    </>
  )
}

function readSorted(search: DeviceSearch, sort: string): DeviceSearch {
  switch (sort) {
    case 'serialNo':
    case '-serialNo':
    case 'lastCheckInAt':
    case '-lastCheckInAt':
      return { ...search, sort }
    default:
      return search
  }
}

function NoDevices() {
  const { t } = useTranslation()
  const mayImport = useMay('import:manage')
  return (
    <Empty
      icon={<Upload aria-hidden="true" />}
      title={t('devices.empty.title')}
      actions={
        mayImport && (
          <>
            <Link to="/models" className={buttonClass('secondary')}>
              {t('devices.empty.models')}
            </Link>
            <Link to="/imports" className={buttonClass('primary')}>
              {t('devices.empty.import')}
            </Link>
          </>
        )
      }
    >
      {t('devices.empty.text')}
    </Empty>
  )
}

function NoMatch({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation()
  return (
    <Empty
      icon={<Search aria-hidden="true" />}
      title={t('devices.no-match.title')}
      actions={<Button onClick={onClear}>{t('devices.no-match.clear')}</Button>}
    >
      {t('devices.no-match.text')}
    </Empty>
  )
}
