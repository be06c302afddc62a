import type { FtmProviderView } from '@sanad/protocol/operator-api/ftm-providers'
import {
  type FtmRevocationView,
  REVOCATION_POLICIES,
  type RevocationPolicy,
} from '@sanad/protocol/operator-api/ftm-revocation'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'
import { WaitsForSecond, isProposed } from '../ui/waits-for-second.tsx'
import { ftmRevocationQuery, importFtmList, setFtmRevocation } from './model-queries.ts'

/** What came back is what is known now. */
function useKeepView({ ftmProviderId }: FtmProviderView) {
  const client = useQueryClient()
  return (view: FtmRevocationView) =>
    client.setQueryData(ftmRevocationQuery(ftmProviderId).queryKey, view)
}

export function ImportListForm({ provider }: { provider: FtmProviderView }) {
  const { t } = useTranslation()
  const refusal = usePermissionRefusal('ftm-provider:manage')
  const keepView = useKeepView(provider)
  const [file, setFile] = useState<File>()
  const sending = useMutation({
    mutationFn: (chosen: File) => importFtmList(provider.ftmProviderId, chosen),
    onSuccess: (view) => {
      keepView(view)
      tell(t('models.ftm-lists.taken', { name: provider.name }))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (file !== undefined) sending.mutate(file)
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={t('models.ftm-lists.file')} hint={t('models.ftm-lists.file-hint')}>
        {(control) => (
          <input
            {...control}
            type="file"
            required
            accept=".crl,.pem,.der"
            className="text-13 file:me-3 file:h-8 file:cursor-pointer file:rounded-md file:border-0 file:bg-sunken file:px-3 file:text-ink"
            onChange={(event) => setFile(event.target.files?.[0])}
          />
        )}
      </Field>
      {sending.isError && (
        <ProblemNote error={sending.error} what={t('models.ftm-lists.not-imported')} />
      )}
      <Button type="submit" refusal={refusal} busy={sending.isPending} className="self-end">
        {t('models.ftm-lists.import')}
      </Button>
    </form>
  )
}

interface PolicyFormProps {
  readonly provider: FtmProviderView
  readonly revocation: FtmRevocationView
}

export function RevocationPolicyForm({ provider, revocation }: PolicyFormProps) {
  const { t } = useTranslation()
  const refusal = usePermissionRefusal('ftm-provider:manage')
  const client = useQueryClient()
  const keepView = useKeepView(provider)
  const [revocationPolicy, setPolicy] = useState(revocation.revocationPolicy)
  const [url, setUrl] = useState(revocation.url ?? '')
  const saving = useMutation({
    mutationFn: () =>
      setFtmRevocation(provider.ftmProviderId, {
        revocationPolicy,
        url: url.trim() === '' ? null : url.trim(),
      }),
    onSuccess: (answer) => {
      if (isProposed(answer)) return client.invalidateQueries({ queryKey: ['proposals'] })
      keepView(answer)
      return tell(t('models.ftm-lists.saved', { name: provider.name }))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    saving.mutate()
  }
  if (isProposed(saving.data))
    return <WaitsForSecond proposed={saving.data} onClose={saving.reset} />
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t('models.ftm-lists.policy')}>
        {(control) => (
          <Select<RevocationPolicy>
            {...control}
            value={revocationPolicy}
            onChange={setPolicy}
            choices={REVOCATION_POLICIES.map((value) => ({
              value,
              label: t(`models.ftm-lists.policies.${value}`),
            }))}
          />
        )}
      </Field>
      <Field label={t('models.ftm-lists.url')} hint={t('models.ftm-lists.url-hint')}>
        {(control) => (
          <TextInput
            {...control}
            type="url"
            pattern="https?://.+"
            maxLength={1024}
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
        )}
      </Field>
      {saving.isError && (
        <ProblemNote error={saving.error} what={t('models.ftm-lists.not-saved')} />
      )}
      <Button
        type="submit"
        shape="primary"
        refusal={refusal}
        busy={saving.isPending}
        className="self-end"
      >
        {t('models.ftm-lists.save')}
      </Button>
    </form>
  )
}
