import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { createGroup } from '../policies/policy-queries.ts'
import { trustQuery } from '../trust/trust-query.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'

const ANY = 'any'

export function NewGroupDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [market, setMarket] = useState(ANY)
  const provider = useQuery(trustQuery).data?.providerCertificates ?? []
  const markets = [...new Set(provider.map((one) => `${one.country} ${one.environment}`))]
  const create = useMutation({
    mutationFn: () => {
      const [country = '', environment = ''] = market.split(' ')
      return createGroup({
        name: name.trim(),
        ...(market !== ANY && { country, environment }),
      })
    },
    onSuccess: async () => {
      tell(t('groups.list.done', { name: name.trim() }))
      onClose()
      await client.invalidateQueries({ queryKey: ['groups'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  return (
    <Dialog open onClose={onClose} title={t('groups.list.create')} note={t('groups.note')}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t('groups.list.column.name')}>
          {(control) => (
            <TextInput
              {...control}
              required
              maxLength={128}
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
          )}
        </Field>
        <Field label={t('groups.list.column.country')} hint={t('groups.list.country-hint')}>
          {(control) => (
            <Select
              {...control}
              value={market}
              onChange={setMarket}
              choices={[
                { value: ANY, label: t('groups.list.any-country') },
                ...markets.map((value) => ({ value, label: value.replace(' ', ' · ') })),
              ]}
            />
          )}
        </Field>
        {create.isError && <ProblemNote error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape="primary" busy={create.isPending}>
            {t('groups.list.create')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
