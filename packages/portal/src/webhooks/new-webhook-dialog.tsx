import type { CreatedWebhook } from '@sanad/protocol/operator-api/webhooks'
import type { EventType } from '@sanad/protocol/domain/events'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { EventTypesField } from './event-types-field.tsx'
import { createWebhook } from './webhook-queries.ts'
import { WebhookSecret } from './webhook-secret.tsx'

/** What the server requires (protocol, NewWebhook). */
const HTTPS = /^https:\/\/\S+$/

export function NewWebhookDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [created, setCreated] = useState<CreatedWebhook>()
  return created === undefined ? (
    <Dialog
      open
      wide
      onClose={onClose}
      title={t('webhooks.add.title')}
      note={t('webhooks.add.note')}
    >
      <NewWebhookForm onCreated={setCreated} onClose={onClose} />
    </Dialog>
  ) : (
    <WebhookSecret created={created} onClose={onClose} />
  )
}

interface NewWebhookFormProps {
  readonly onCreated: (created: CreatedWebhook) => void
  readonly onClose: () => void
}

function NewWebhookForm({ onCreated, onClose }: NewWebhookFormProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [isChecked, setChecked] = useState(false)
  const [name, setName] = useState('')
  const [url, setUrl] = useState('')
  const [eventTypes, setEventTypes] = useState<readonly EventType[]>([])
  const adding = useMutation({
    mutationFn: () =>
      createWebhook({
        name: name.trim(),
        url,
        ...(eventTypes.length > 0 && { eventTypes: [...eventTypes] }),
      }),
    onSuccess: async (created) => {
      onCreated(created)
      await client.invalidateQueries({ queryKey: ['webhooks'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (name.trim() === '' || !HTTPS.test(url) || adding.isPending) return
    adding.mutate()
  }
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      {adding.isError && <ProblemNote error={adding.error} what={t('webhooks.add.failed')} />}
      <Field
        label={t('webhooks.add.name')}
        error={isChecked && name.trim() === '' ? t('webhooks.add.name-missing') : undefined}
      >
        {(control) => (
          <TextInput
            {...control}
            value={name}
            maxLength={128}
            onChange={({ target }) => setName(target.value)}
          />
        )}
      </Field>
      <Field
        label={t('webhooks.add.url')}
        hint={t('webhooks.add.url-hint')}
        error={isChecked && !HTTPS.test(url) ? t('webhooks.add.url-wrong') : undefined}
      >
        {(control) => (
          <TextInput
            {...control}
            type="url"
            className="font-mono text-13"
            value={url}
            maxLength={500}
            onChange={({ target }) => setUrl(target.value.trim())}
          />
        )}
      </Field>
      <EventTypesField value={eventTypes} onChange={setEventTypes} />
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onClose}>{t('ui.cancel')}</Button>
        <Button type="submit" shape="primary" busy={adding.isPending}>
          {t('webhooks.add.action')}
        </Button>
      </div>
    </form>
  )
}
