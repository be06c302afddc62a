import type { ModelView } from '@sanad/protocol/operator-api/models'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Layers, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DeviceTypeIcon } from './device-type.tsx'
import { stale } from '../api/call.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { FtmProvidersPanel } from './ftm-providers-panel.tsx'
import { modelsQuery, retireModel } from './model-queries.ts'
import { NewModelDialog } from './new-model-dialog.tsx'
import { RetireDialog } from './retire-dialog.tsx'
import { SerialFormDialog } from './serial-form-dialog.tsx'

const route = getRouteApi('/signed-in/models')

/** Which models there are, how each proves itself, and who makes their chips. */
export function ModelsPage() {
  const { t } = useTranslation()
  const { add = false } = route.useSearch()
  const navigate = useNavigate()
  const setCreating = (isOpen: boolean) =>
    void navigate({ to: '/models', search: isOpen ? { add: true } : {}, replace: true })
  const [retiring, setRetiring] = useState<ModelView>()
  const [forming, setForming] = useState<ModelView>()
  const refusal = usePermissionRefusal('model:manage')
  const query = useQuery(modelsQuery)
  const columns = useColumns(setRetiring, setForming)
  const create = (
    <Button
      shape="primary"
      refusal={refusal}
      icon={<Plus aria-hidden="true" className="size-4" />}
      onClick={() => setCreating(true)}
    >
      {t('models.create.action')}
    </Button>
  )
  return (
    <Page name={t('models.title')} note={t('models.note')} actions={create}>
      <Panel flush>
        <QueryList
          query={query}
          failed={t('models.failed')}
          skeletonRows={4}
          empty={
            <Empty
              icon={<Layers aria-hidden="true" />}
              title={t('models.empty.title')}
              actions={create}
            >
              {t('models.empty.text')}
            </Empty>
          }
        >
          {(rows) => (
            <DataTable
              label={t('models.title')}
              columns={columns}
              rows={rows}
              rowId={(row) => row.modelId}
            />
          )}
        </QueryList>
      </Panel>
      <FtmProvidersPanel />
      {forming !== undefined && (
        <SerialFormDialog model={forming} onClose={() => setForming(undefined)} />
      )}
      {add && <NewModelDialog onClose={() => setCreating(false)} />}
      {retiring !== undefined && (
        <RetireModel model={retiring} onClose={() => setRetiring(undefined)} />
      )}
    </Page>
  )
}

const column = dataColumns<ModelView>()

function useColumns(retire: (model: ModelView) => void, form: (model: ModelView) => void) {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('model', {
      header: t('models.column.model'),
      cell: ({ row: { original } }) => (
        <span className="flex items-center gap-2.5 py-1">
          <DeviceTypeIcon type={original.deviceType} className="size-4 shrink-0 text-muted" />
          <span className="wrap-anywhere">
            <span className="text-muted">{original.make}</span> {original.model}
            {/* The columns of actions have no room on a telephone. */}
            <span className="-ms-3 flex flex-wrap md:hidden">
              <FormAction model={original} onForm={form} />
              <span className="sm:hidden">
                <RetireAction model={original} onRetire={retire} />
              </span>
            </span>
          </span>
        </span>
      ),
    }),
    column.accessor('deviceType', {
      header: t('models.column.type'),
      meta: { className: 'max-md:hidden' },
      cell: ({ row: { original } }) => (
        <>
          {original.deviceType} <span className="text-muted">{original.deviceSubType}</span>
        </>
      ),
    }),
    column.accessor('level', {
      header: t('models.column.level'),
      meta: { className: 'w-16' },
      cell: ({ row }) => <code>{row.original.level}</code>,
    }),
    column.display({
      id: 'proof',
      header: t('models.column.proof'),
      meta: { className: 'max-sm:hidden' },
      cell: ({ row: { original } }) =>
        original.ftmProvider?.name ?? t(`models.policy.${original.l0Policy ?? 'enrolment-secret'}`),
    }),
    column.accessor('serialNoForm', {
      header: t('models.column.form'),
      meta: { className: 'max-md:hidden' },
      cell: ({ row: { original } }) => (
        <span className="flex items-center gap-2">
          <code className="[font-variant-ligatures:none]">{original.serialNoForm ?? '–'}</code>
          <FormAction model={original} onForm={form} />
        </span>
      ),
    }),
    column.accessor('deviceProviderId', {
      header: t('models.column.provider'),
      meta: { className: 'max-lg:hidden' },
      cell: ({ row }) => <code className="text-muted">{row.original.deviceProviderId}</code>,
    }),
    column.accessor('state', {
      header: t('models.column.state'),
      meta: { className: 'w-28' },
      cell: ({ row }) => (
        <StateMark health={row.original.state === 'approved' ? 'good' : 'unknown'}>
          {t(`models.state.${row.original.state}`)}
        </StateMark>
      ),
    }),
    column.display({
      id: 'retire',
      header: () => <span className="sr-only">{t('models.retire.action')}</span>,
      meta: { className: 'w-24 text-end max-sm:hidden' },
      cell: ({ row }) => <RetireAction model={row.original} onRetire={retire} />,
    }),
  ])
}

interface FormActionProps {
  readonly model: ModelView
  readonly onForm: (model: ModelView) => void
}

function FormAction({ model, onForm }: FormActionProps) {
  const { t } = useTranslation()
  const refusal = usePermissionRefusal('model:manage')
  if (model.state !== 'approved') return null
  return (
    <Button shape="quiet" refusal={refusal} onClick={() => onForm(model)}>
      {t(model.serialNoForm === null ? 'models.form.set' : 'models.form.change')}
      <span className="sr-only">
        : {t('models.form.title', { name: `${model.make} ${model.model}` })}
      </span>
    </Button>
  )
}

interface RetireActionProps {
  readonly model: ModelView
  readonly onRetire: (model: ModelView) => void
}

function RetireAction({ model, onRetire }: RetireActionProps) {
  const { t } = useTranslation()
  const refusal = usePermissionRefusal('model:manage')
  if (model.state !== 'approved') return null
  return (
    <Button shape="quiet" refusal={refusal} onClick={() => onRetire(model)}>
      {t('models.retire.action')}
    </Button>
  )
}

function RetireModel({ model, onClose }: { model: ModelView; onClose: () => void }) {
  const { t } = useTranslation()
  const name = `${model.make} ${model.model}`
  return (
    <RetireDialog
      title={t('models.retire.title', { name })}
      note={t('models.retire.note')}
      confirm={t('models.retire.confirm')}
      told={t('models.retire.done', { name })}
      stale={stale('listModels')}
      retire={(reason) => retireModel(model.modelId, reason)}
      onClose={onClose}
    />
  )
}
