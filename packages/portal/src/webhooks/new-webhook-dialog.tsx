import type { CreatedWebhook, NewWebhook } from '@sanad/protocol/operator-api/webhooks'
import type { EventType } from '@sanad/protocol/domain/events'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { EventTypesField } from './event-types-field.tsx'
import { createWebhook } from './webhook-queries.ts'
import { WebhookSecret } from './webhook-secret.tsx'

/** What the server requires (protocol, NewWebhook). */
const HTTPS = /^https:\/\/\S+$/

export function NewWebhookDialog({ onClose }: { onClose: () => void }) {
  const [created, setCreated] = useState<CreatedWebhook>()
  return created === undefined ? (
    <NewWebhookForm onCreated={setCreated} onClose={onClose} />
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
  const [text, setText] = useState('')
  const [url, setUrl] = useState('')
  const [eventTypes, setEventTypes] = useState<readonly EventType[]>([])
  const name = text.trim()
  const isAddress = HTTPS.test(url)
  const webhook: NewWebhook = {
    name,
    url,
    ...(eventTypes.length > 0 && { eventTypes: [...eventTypes] }),
  }
  return (
    <FormDialog
      wide
      title={t('webhooks.add.title')}
      note={t('webhooks.add.note')}
      submit={t('webhooks.add.action')}
      failed={t('webhooks.add.failed')}
      input={name !== '' && isAddress ? webhook : undefined}
      send={createWebhook}
      onDone={onCreated}
      stale={stale('listWebhooks')}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <TextField
            label={t('webhooks.add.name')}
            error={isChecked && name === '' ? t('webhooks.add.name-missing') : undefined}
            value={text}
            maxLength={128}
            onChange={setText}
          />
          <TextField
            mono
            label={t('webhooks.add.url')}
            hint={t('webhooks.add.url-hint')}
            error={isChecked && !isAddress ? t('webhooks.add.url-wrong') : undefined}
            value={url}
            maxLength={500}
            onChange={(written) => setUrl(written.trim())}
          />
          <EventTypesField value={eventTypes} onChange={setEventTypes} />
        </>
      )}
    </FormDialog>
  )
}
