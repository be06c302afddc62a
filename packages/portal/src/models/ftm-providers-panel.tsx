import type { FtmProviderView } from '@sanad/protocol/operator-api/ftm-providers'
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { calendarDay } from '../i18n/time.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Identifier } from '../ui/identifier.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { FtmRevocationSheet, RevocationMark } from './ftm-revocation-sheet.tsx'
import { AddFtmProviderDialog } from './add-ftm-provider-dialog.tsx'
import { ftmProvidersQuery, ftmRevocationQuery, retireFtmProvider } from './model-queries.ts'
import { RetireDialog } from './retire-dialog.tsx'

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
      {isAdding && <AddFtmProviderDialog onClose={() => setAdding(false)} />}
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
        {t('models.ftm-lists.action')}
      </Button>
      {isTrusted && (
        <Button shape="quiet" refusal={refusal} onClick={onRetire}>
          {t('models.retire.action')}
        </Button>
      )}
    </li>
  )
}

function RetireProvider({ provider, onClose }: { provider: FtmProviderView; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <RetireDialog
      title={t('models.ftm.retire-title', { name: provider.name })}
      note={t('models.ftm.retire-note')}
      confirm={t('models.ftm.retire-confirm')}
      told={t('models.ftm.retired', { name: provider.name })}
      stale={stale('listFtmProviders', 'readFtmRevocation')}
      retire={(reason) => retireFtmProvider(provider.ftmProviderId, reason)}
      onClose={onClose}
    />
  )
}
