import type { FtmProviderView } from '@sanad/protocol/operator-api/ftm-providers'
import type { Reason } from '@sanad/protocol/domain/events'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { send } from '../api/request.ts'
import { calendarDay } from '../i18n/time.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, TextArea, TextInput } from '../ui/field.tsx'
import { Identifier } from '../ui/identifier.tsx'
import { tell } from '../ui/notices.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { FtmRevocationSheet, RevocationMark } from './ftm-revocation-sheet.tsx'
import { addFtmProvider, ftmProvidersQuery, ftmRevocationQuery } from './model-queries.ts'
import { RetireDialog } from './reason-dialog.tsx'

/** Whose chips count as genuine. */
export function FtmProvidersPanel() {
  const { t } = useTranslation()
  const [isAdding, setAdding] = useState(false)
  const [retiring, setRetiring] = useState<FtmProviderView>()
  const [looking, setLooking] = useState<FtmProviderView>()
  const refusal = usePermissionRefusal('ftm-provider:manage')
  const query = useQuery(ftmProvidersQuery)
  return (
    <Panel
      flush
      title={t('models.ftm.title')}
      note={t('models.ftm.note')}
      actions={
        <Button
          refusal={refusal}
          icon={<Plus aria-hidden="true" className="size-4" />}
          onClick={() => setAdding(true)}
        >
          {t('models.ftm.add')}
        </Button>
      }
    >
      {query.isPending && <SkeletonLines lines={2} label={t('ui.loading')} />}
      {query.isError && (
        <ProblemNote
          error={query.error}
          what={t('models.ftm.failed')}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.data?.items.length === 0 && (
        <p className="p-4 text-13 text-muted">{t('models.ftm.none')}</p>
      )}
      <ul className="divide-y divide-line text-13">
        {query.data?.items.map((provider) => (
          <FtmProviderRow
            key={provider.ftmProviderId}
            provider={provider}
            onRetire={() => setRetiring(provider)}
            onLook={() => setLooking(provider)}
          />
        ))}
      </ul>
      {isAdding && <AddDialog onClose={() => setAdding(false)} />}
      {looking !== undefined && (
        <FtmRevocationSheet provider={looking} onClose={() => setLooking(undefined)} />
      )}
      {retiring !== undefined && (
        <RetireProvider provider={retiring} onClose={() => setRetiring(undefined)} />
      )}
    </Panel>
  )
}

function FtmProviderRow({
  provider,
  onRetire,
  onLook,
}: {
  provider: FtmProviderView
  onRetire: () => void
  onLook: () => void
}) {
  const { t } = useTranslation()
  const revocation = useQuery(ftmRevocationQuery(provider.ftmProviderId)).data
  const refusal = usePermissionRefusal('ftm-provider:manage')
  const isTrusted = provider.state === 'trusted'
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="font-medium">{provider.name}</p>
        <p className="truncate text-12 text-muted">{provider.subject.replaceAll('\n', ', ')}</p>
      </div>
      <Identifier
        value={provider.certificateSha256}
        what={t('models.ftm.thumbprint')}
        keep={14}
        className="max-md:hidden"
      />
      <span className="text-muted max-sm:hidden">
        {t('models.ftm.until', { day: calendarDay(provider.notAfter) })}
      </span>
      <StateMark health={isTrusted ? 'good' : 'unknown'}>
        {t(`models.ftm.state.${provider.state}`)}
      </StateMark>
      {revocation !== undefined && <RevocationMark revocation={revocation} />}
      <Button shape="quiet" onClick={onLook}>
        {t('models.ftmLists.action')}
      </Button>
      {isTrusted && (
        <Button shape="quiet" refusal={refusal} onClick={onRetire}>
          {t('models.retire.action')}
        </Button>
      )}
    </li>
  )
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [certificatePem, setPem] = useState('')
  const add = useMutation({
    mutationFn: () => addFtmProvider({ name, certificatePem }),
    onSuccess: async () => {
      tell(t('models.ftm.added', { name }))
      onClose()
      await client.invalidateQueries({ queryKey: ['ftm-providers'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate()
  }
  return (
    <Dialog open onClose={onClose} title={t('models.ftm.add')} note={t('models.ftm.addNote')}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t('models.ftm.name')}>
          {(control) => (
            <TextInput
              {...control}
              required
              maxLength={128}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t('models.ftm.pem')} hint={t('models.ftm.pemHint')}>
          {(control) => (
            <TextArea
              {...control}
              required
              rows={8}
              className="font-mono text-12"
              value={certificatePem}
              onChange={(event) => setPem(event.target.value)}
            />
          )}
        </Field>
        {add.isError && <ProblemNote error={add.error} what={t('models.ftm.notAdded')} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape="primary" busy={add.isPending}>
            {t('models.ftm.confirm')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function RetireProvider({ provider, onClose }: { provider: FtmProviderView; onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const retire = useMutation({
    mutationFn: (reason: Reason) =>
      send(`/ftm-providers/${provider.ftmProviderId}/retire`, { method: 'POST', body: { reason } }),
    onSuccess: async () => {
      tell(t('models.ftm.retired', { name: provider.name }))
      onClose()
      await client.invalidateQueries({ queryKey: ['ftm-providers'] })
    },
  })
  return (
    <RetireDialog
      title={t('models.ftm.retireTitle', { name: provider.name })}
      note={t('models.ftm.retireNote')}
      confirm={t('models.ftm.retireConfirm')}
      isBusy={retire.isPending}
      error={retire.error}
      onClose={onClose}
      onConfirm={(reason) => retire.mutate(reason)}
    />
  )
}
